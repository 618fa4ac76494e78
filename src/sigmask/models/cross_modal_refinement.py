"""Bidirectional cross-modal refinement: evidence and instruction correct each other.

SIGMA's idea: the instruction amplifies visual evidence where it is there, and is re-anchored to what the evidence
supports. How a block does it here is our choice:

*instruction → visual*   d ← d + d ⊙ tanh(p · A(d, c)),  d ← d + W₂ silu(W₁ (d ⊛ k) ⊙ (1 + tanh(U mean d)))
*visual → instruction*   c ← c + A(c, d | log p),  p ← σ(logit p + c·d) · (1 − exp(−‖E d‖²))

with difference tokens d, concept tokens c, prior p and attention A (whose logits log p is added to). Every update of d
is a product with d or a bias-free map of d, so that d = 0 stays 0 whatever the instruction says.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_EPSILON = 1e-4


class CrossModalRefinement(nn.Module):
    """A few `RefinementBlock`s. difference (B, N, D), concept (B, K, D), prior (B, N) → the same, refined."""

    def __init__(self, width: int, heads: int, blocks: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(RefinementBlock(width, heads) for _ in range(blocks))

    def forward(
        self, difference: Tensor, concept: Tensor, concept_valid: Tensor, prior: Tensor, grid: tuple[int, int]
    ) -> tuple[Tensor, Tensor, Tensor]:
        for block in self.blocks:
            difference, concept, prior = block(difference, concept, concept_valid, prior, grid)
        return difference, concept, prior


class RefinementBlock(nn.Module):
    """One round of both directions."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.visual_query = nn.Linear(width, width, bias=False)
        self.concept_key_value = nn.Linear(width, 2 * width, bias=False)
        self.amplify = nn.Linear(width, width)
        self.local = nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False)
        self.expand = nn.Linear(width, 2 * width, bias=False)
        self.contract = nn.Linear(2 * width, width, bias=False)
        self.context = nn.Linear(width, width, bias=False)
        self.concept_query = nn.Linear(width, width, bias=False)
        self.visual_key_value = nn.Linear(width, 2 * width, bias=False)
        self.absorb = nn.Linear(width, width, bias=False)
        self.support = nn.Linear(width, width, bias=False)
        self.evidence = nn.Linear(width, 8, bias=False)

    def forward(
        self, difference: Tensor, concept: Tensor, concept_valid: Tensor, prior: Tensor, grid: tuple[int, int]
    ) -> tuple[Tensor, Tensor, Tensor]:
        difference = self._instruction_to_visual(difference, concept, concept_valid, prior, grid)
        concept, prior = self._visual_to_instruction(difference, concept, concept_valid, prior)
        return difference, concept, prior

    def _instruction_to_visual(
        self, difference: Tensor, concept: Tensor, concept_valid: Tensor, prior: Tensor, grid: tuple[int, int]
    ) -> Tensor:
        key, value = self.concept_key_value(concept).chunk(2, -1)
        mask = concept_valid[:, None, None, :]
        attended = self._attend(self.visual_query(difference), key, value, mask)
        amplified = torch.tanh(prior[..., None].to(attended.dtype) * self.amplify(attended))
        difference = difference + difference * amplified
        local = self.local(torch.unflatten(difference.transpose(1, 2), 2, grid)).flatten(2).transpose(1, 2)
        # what the whole picture has in common (tone drift, sharpening) scales each token, and adds nothing to it
        local = local * (1 + torch.tanh(self.context(difference.mean(1, keepdim=True))))
        refined: Tensor = difference + self.contract(F.silu(self.expand(local)))
        return refined

    def _visual_to_instruction(
        self, difference: Tensor, concept: Tensor, concept_valid: Tensor, prior: Tensor
    ) -> tuple[Tensor, Tensor]:
        key, value = self.visual_key_value(difference).chunk(2, -1)
        log_prior = prior.clamp_min(_EPSILON).log()[:, None, None, :]
        concept = concept + self.absorb(self._attend(self.concept_query(concept), key, value, log_prior))
        valid = concept_valid[..., None].to(concept.dtype)
        mean_concept = (concept * valid).sum(1) / valid.sum(1)
        agreement = (self.support(difference) * mean_concept[:, None]).sum(-1) * concept.shape[-1] ** -0.5
        evidence = 1 - torch.exp(-self.evidence(difference).square().sum(-1))
        # in half precision the upper bound would round to 1, and no evidence could move the logit of a sure prior
        sure = prior.float().clamp(_EPSILON, 1 - _EPSILON)
        # its logit, in operators that every exporter knows
        prior = torch.sigmoid((sure / (1 - sure)).log() + agreement.float()) * evidence.float()
        return concept, prior

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (self._by_head(part) for part in (query, key, value))
        if mask.dtype != torch.bool:
            mask = mask.to(query.dtype)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return attended.transpose(1, 2).flatten(2)

    def _by_head(self, values: Tensor) -> Tensor:
        return torch.unflatten(values, -1, (self.heads, -1)).transpose(1, 2)
