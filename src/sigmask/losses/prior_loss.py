"""Prior loss: the grounding of a named concept must light up the region of what is named (our choice)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def prior_loss(similarity_logits: Tensor, known: Tensor, target: Tensor, supervised: Tensor) -> Tensor:
    """Scalar: balanced cross-entropy and Dice of every known concept's map against the named region.

    Args:
        similarity_logits: (B, K, N), grounding before the sigmoid.
        known: (B, K) bool, which concepts there are.
        target: (B, K, N) in [0, 1], the share of each token that the concept's region covers.
        supervised: (B, K) bool, False where the region is not known or the instruction is another pair's.
    """
    chosen = known & supervised
    if not chosen.any():
        return similarity_logits.sum() * 0
    logits = similarity_logits[chosen]
    truth = target[chosen]
    share = truth.mean(1, keepdim=True).clamp(0.02, 0.98)
    weight = truth * (0.5 / share) + (1 - truth) * (0.5 / (1 - share))
    entropy = (F.binary_cross_entropy_with_logits(logits, truth, reduction="none") * weight).mean()
    probability = torch.sigmoid(logits)
    dice = 1 - (2 * (probability * truth).sum(1) + 1) / (probability.sum(1) + truth.sum(1) + 1)
    return entropy + dice.mean()


def pointing_loss(similarity_logits: Tensor, known: Tensor, target: Tensor, supervised: Tensor) -> Tensor:
    """Scalar: of all places, the brightest must lie on what is named; in nats a concept.

    The share, under a softmax over the tokens, of what lies on the region (our choice): small things count like large
    ones. Arguments as in `prior_loss`.
    """
    chosen = known & supervised & (target.amax(2) > 0)
    if not chosen.any():
        return similarity_logits.sum() * 0
    inside = (similarity_logits[chosen].softmax(1) * target[chosen]).sum(1)
    return -inside.clamp_min(1e-6).log().mean()


def presence_loss(similarity_logits: Tensor, share: float = 0.1) -> Tensor:
    """Scalar: a thing that is somewhere must light up a tenth of the picture, wherever that is.

    Args:
        similarity_logits: (K, N), of concepts that the picture shows; K may be 0.
    """
    if not len(similarity_logits):
        return similarity_logits.sum() * 0
    brightest = similarity_logits.topk(max(1, round(share * similarity_logits.shape[1])), dim=1).values.mean(1)
    return F.softplus(-brightest).mean()


def absence_loss(similarity_logits: Tensor) -> Tensor:
    """Scalar: a thing that is not there must light up nothing; the brightest token counts as much as all together.

    Args:
        similarity_logits: (K, N), of concepts that the picture lacks; K may be 0.
    """
    if not len(similarity_logits):
        return similarity_logits.sum() * 0
    everywhere = F.softplus(similarity_logits)
    return (everywhere.mean(1) + everywhere.amax(1)).mean() / 2


def naming_loss(tokens: Tensor, words: Tensor, named: Tensor, scale: Tensor) -> Tensor:
    """Scalar: each token must be nearest to the words that a classifier calls it by; cross-entropy, in nats a token.

    Args:
        tokens: (B, J, h, w), the joint space, not normalised; averaged onto the classifier's grid.
        words: (K, J), not normalised.
        named: (B, K, h', w'), sums to 1 over K.
        scale: scalar, what a cosine is multiplied with.
    """
    pooled = F.normalize(F.adaptive_avg_pool2d(tokens, (named.shape[-2], named.shape[-1])), dim=1)
    logits = scale * torch.einsum("kj,bjhw->bkhw", F.normalize(words, dim=-1), pooled)
    return -(named * logits.log_softmax(1)).sum(1).mean()
