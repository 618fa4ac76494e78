"""What changed spreads over places that show the same thing.

An editor that makes a dog a husky redraws its head and hardly its coat, and noise hides a change here and there all
over a thing; the mask is the thing. So difference tokens look at one another, not by what changed at them but by what
both images show there, near places before far ones. SIGMA says nothing of it: our choice, in the manner of attention
with a distance of its own in each head. What is handed on is a bias-free map of a difference, so that two equal images
still have none.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_NEAREST, _REACH_RATIO = 2.0, 2.0
"""The first head reaches so many tokens at first, and each further one so many times as far."""


class AffinityBlock(nn.Module):
    """d ← d + W A(Q(s, p, d), K(s, p), V d), with the difference d, what is shown s, the prior p and attention A.

    A head's attention to a place `r` tokens away loses r² / 2σ² of its logit, σ being the reach that the head learns.
    It adds nothing until it is trained, so that weights without it can go on with it.
    """

    def __init__(self, width: int, shown_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        seen = shown_width + 1
        self.query = nn.Linear(seen, width // 2)
        self.query_of_change = nn.Linear(width, width // 2, bias=False)
        self.key = nn.Linear(seen, width // 2)
        self.value = nn.Linear(width, width, bias=False)
        self.hand_on = nn.Linear(width, width, bias=False)
        self.log_reach = nn.Parameter(math.log(_NEAREST) + math.log(_REACH_RATIO) * torch.arange(heads).float())
        nn.init.zeros_(self.hand_on.weight)

    def forward(self, difference: Tensor, shown: Tensor, prior: Tensor, grid: tuple[int, int]) -> Tensor:
        """(B, N, D), the difference with what it took over.

        Args:
            difference: (B, N, D).
            shown: (B, N, S), see `shown_at`.
            prior: (B, N) in [0, 1].
            grid: (rows, columns), N = rows · columns.
        """
        seen = torch.cat([shown, prior[..., None].to(shown.dtype)], -1)
        query = self._by_head(self.query(seen) + self.query_of_change(difference))
        key, value = self._by_head(self.key(seen)), self._by_head(self.value(difference))
        nearness = -squared_distances(grid, self.log_reach) / (2 * (2 * self.log_reach).exp()[:, None, None])
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=nearness[None].to(query.dtype))
        taken_over: Tensor = difference + self.hand_on(attended.transpose(1, 2).flatten(2))
        return taken_over

    def _by_head(self, values: Tensor) -> Tensor:
        return torch.unflatten(values, -1, (self.heads, -1)).transpose(1, 2)


def shown_at(joint: tuple[Tensor, Tensor]) -> Tensor:
    """(B, N, 2 · J): what both images show at each token, from (B, J, h, w) each, of length 1 an image."""
    return torch.cat([F.normalize(each, dim=1) for each in joint], 1).flatten(2).transpose(1, 2)


def squared_distances(grid: tuple[int, int], like: Tensor) -> Tensor:
    """(N, N) squared distance of any two tokens of a grid of (rows, columns), in tokens."""
    rows, columns = (torch.arange(count, device=like.device, dtype=like.dtype) for count in grid)
    down, right = ((each[:, None] - each[None]).square() for each in (rows, columns))
    return (down[:, None, :, None] + right[None, :, None, :]).flatten(2).flatten(0, 1)
