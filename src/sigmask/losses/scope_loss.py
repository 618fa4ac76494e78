"""Scope loss: none, local or global, as cross-entropy."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

GLOBAL_AREA = 0.95
"""A mask that covers at least this share of the picture counts as global (our choice)."""


def scope_of_mask(mask: Tensor) -> Tensor:
    """(B,) int64 in the order of `models.heads.SCOPES`: 0 none, 1 local, 2 global; `mask` (B, H, W) in [0, 1]."""
    area = mask.mean((1, 2))
    return (area > 0).long() + (area >= GLOBAL_AREA).long()


def scope_loss(scope_logits: Tensor, mask: Tensor) -> Tensor:
    """Scalar cross-entropy of (B, 3) logits."""
    return F.cross_entropy(scope_logits.float(), scope_of_mask(mask))
