"""Mask loss: binary cross-entropy per pixel plus soft Dice per image (our choice of the usual pair)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def mask_loss(logits: Tensor, mask: Tensor, valid: Tensor | None = None, *, smooth: float = 20.0) -> Tensor:
    """Scalar loss of a batch.

    Args:
        logits: (B, H, W).
        mask: (B, H, W) float in [0, 1].
        valid: (B, H, W) float weights, 0 where the truth is not known; all ones by default.
        smooth: pixels added to both sides of the Dice ratio, so that an empty mask has a gradient that fades.

    The cross-entropy of an image is its mean over all pixels plus a quarter of its mean over a band around the mask's
    boundary, since that is where F1 is lost. Dice = 1 − (2 Σpm + s) / (Σp + Σm + s).
    """
    weight = torch.ones_like(mask) if valid is None else valid
    entropy = F.binary_cross_entropy_with_logits(logits, mask, reduction="none") * weight
    band = _boundary_band(mask) * weight
    everywhere = entropy.sum((1, 2)) / weight.sum((1, 2)).clamp_min(1)
    at_boundary = (entropy * band).sum((1, 2)) / band.sum((1, 2)).clamp_min(1)
    return (everywhere + 0.25 * at_boundary + dice_loss(logits, mask, weight, smooth=smooth)).mean()


def dice_loss(logits: Tensor, mask: Tensor, weight: Tensor, *, smooth: float = 20.0) -> Tensor:
    """(B,) soft Dice loss: 0 for a perfect answer, → 1 for a disjoint one."""
    probability = torch.sigmoid(logits) * weight
    target = mask * weight
    overlap = (probability * target).sum((1, 2))
    return 1 - (2 * overlap + smooth) / (probability.sum((1, 2)) + target.sum((1, 2)) + smooth)


def _boundary_band(mask: Tensor, radius: int = 4) -> Tensor:
    """(B, H, W) 1 within `radius` pixels of the mask's boundary, else 0."""
    grown, shrunk = _highest_around(mask, radius), -_highest_around(-mask, radius)
    return (grown - shrunk).gt(0.5).to(mask.dtype)


def _highest_around(values: Tensor, radius: int) -> Tensor:
    """(B, H, W): the highest value of the 2 · `radius` + 1 pixels each way; found by columns and rows."""
    side = 2 * radius + 1
    of_columns = F.max_pool2d(values[:, None], (side, 1), stride=1, padding=(radius, 0))
    return F.max_pool2d(of_columns, (1, side), stride=1, padding=(0, radius))[:, 0]
