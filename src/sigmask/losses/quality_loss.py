"""Quality loss: the head must say what IoU the mask at hand really has (our choice)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def true_iou(mask_logits: Tensor, mask: Tensor, valid: Tensor | None = None) -> Tensor:
    """(B,) IoU at probability 0.5 of `mask_logits` (B, H, W) with `mask` (B, H, W); 1 where both are empty.

    Pixels whose `valid` (B, H, W) is 0 do not count.
    """
    counts = torch.ones_like(mask, dtype=torch.bool) if valid is None else valid > 0.5
    marked, truth = (mask_logits.detach() > 0) & counts, (mask > 0.5) & counts
    union = (marked | truth).sum((1, 2))
    overlap = (marked & truth).sum((1, 2))
    return torch.where(union > 0, overlap / union.clamp_min(1), torch.ones_like(union, dtype=torch.float))


def quality_loss(quality_logits: Tensor, mask_logits: Tensor, mask: Tensor, valid: Tensor | None = None) -> Tensor:
    """Scalar cross-entropy of the predicted IoU against the true one (its minimum is at equality)."""
    return F.binary_cross_entropy_with_logits(quality_logits.float(), true_iou(mask_logits, mask, valid))
