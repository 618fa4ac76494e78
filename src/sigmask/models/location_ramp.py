"""Which side of the picture is meant, as a map that rises towards it. The form is our own choice."""

from __future__ import annotations

import torch
from torch import Tensor


def location_ramp(location: Tensor, grid: tuple[int, int]) -> Tensor:
    """(B, K, h · w) in [-1, 1]: 1 where a concept is said to be, -1 on the other side, 0 everywhere if nothing is said.

    With x and y of a token's centre in (-1, 1), rightwards and downwards, and the four numbers of a concept's side
    (`instruction.picture_side`), it is a x + b y + c (1 - 2 x²) + d (1 - 2 y²), clipped.

    Args:
        location: (B, K, 4) in [-1, 1].
        grid: (h, w) tokens.
    """
    rows, columns = grid
    y = _centres(rows, location)[:, None].expand(rows, columns)
    x = _centres(columns, location)[None].expand(rows, columns)
    planes = torch.stack([x, y, 1 - 2 * x.square(), 1 - 2 * y.square()]).flatten(1)
    return (location[..., None] * planes).sum(-2).clamp(-1, 1)


def _centres(count: int, like: Tensor) -> Tensor:
    """(count,) centres of tokens that share [-1, 1] equally."""
    return (torch.arange(count, device=like.device, dtype=like.dtype) * 2 + 1) / count - 1
