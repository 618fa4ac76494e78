"""Scope loss: none, local or global, as cross-entropy."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

UNKNOWN_SCOPE = -100
"""The label of a crop that does not show its picture's scope: all of it in a local edit, or a part in a global one."""
GLOBAL_AREA = 0.95
"""A mask that covers at least this share of the picture counts as global (our choice)."""


def scope_of_mask(mask: Tensor) -> Tensor:
    """(B,) int64 in the order of `types.SCOPES`: 0 none, 1 local, 2 global; `mask` (B, H, W) in [0, 1]."""
    area = mask.mean((1, 2))
    return (area > 0).long() + (area >= GLOBAL_AREA).long()


def scope_of_crop(crop: Tensor, whole: Tensor) -> Tensor:
    """(B,) int64, the scope that can be seen in a crop of a picture: none where it holds nothing changed.

    Args:
        crop: (B, H, W) mask of the crop.
        whole: (B,) the share of the whole picture that is changed.
    """
    seen = scope_of_mask(crop)
    everywhere = whole >= GLOBAL_AREA
    seen = torch.where((seen == 1) & everywhere, torch.full_like(seen, UNKNOWN_SCOPE), seen)
    return torch.where((seen == 2) & ~everywhere, torch.full_like(seen, UNKNOWN_SCOPE), seen)


def scope_loss(scope_logits: Tensor, scope: Tensor) -> Tensor:
    """Scalar cross-entropy of (B, 3) logits; `scope` (B,) int64, those of `UNKNOWN_SCOPE` do not count."""
    if (scope == UNKNOWN_SCOPE).all():
        return scope_logits.sum() * 0
    return F.cross_entropy(scope_logits.float(), scope, ignore_index=UNKNOWN_SCOPE)
