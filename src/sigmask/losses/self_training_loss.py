"""Self-training loss: the student learns the teacher's mask where the teacher is sure, from pairs without a mask.

SIGMA names EMA self-training; the form is our choice. Of each class the same share of pixels is believed, the surest
ones: thresholds in probability would let in nearly all unchanged pixels and few changed ones, and masks would shrink
(docs/decisions/0007). A pair counts by the IoU that the teacher's quality head expects of its mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Confidence:
    """Which pixels of a view the teacher is believed on: the surest `share` of each class, and none in between.

    Attributes:
        share: of the pixels that the teacher marks, and of those it does not, in [0, 1].
        changed: the least probability of a changed pixel that is believed.
        unchanged: the largest probability of an unchanged one.
    """

    share: float
    changed: float = 0.7
    unchanged: float = 0.3

    def pixels(self, probability: Tensor) -> Tensor:
        """(B, H, W) bool: where the teacher, (B, H, W) in [0, 1], is believed."""
        return torch.stack([self._of_view(view) for view in probability])

    def _of_view(self, probability: Tensor) -> Tensor:
        marked = probability > 0.5
        least = max(self.changed, -_value_at(-probability[marked], self.share))
        most = min(self.unchanged, _value_at(probability[~marked], self.share))
        return (probability >= least) | (probability <= most)


def _value_at(values: Tensor, share: float) -> float:
    """The value up to which `share` of `values` lie; −∞ if that is none of them."""
    number = math.ceil(share * values.numel())
    return float(values.kthvalue(number).values) if number else -math.inf


def moved_along(values: Tensor, displacement: Tensor) -> Tensor:
    """(B, H, W): what `values` (B, H, W) say of a picture, brought onto the same picture after a shift.

    Args:
        displacement: (B, 2, H, W), for every pixel of the shifted picture how many pixels to the right and below of it
            its content lay before; beyond the border the outermost values go on.
    """
    height, width = values.shape[-2:]
    ones = torch.ones_like(values)
    columns = (torch.arange(width, device=values.device) * ones + displacement[:, 0] + 0.5) * (2 / width) - 1
    rows = (torch.arange(height, device=values.device)[:, None] * ones + displacement[:, 1] + 0.5) * (2 / height) - 1
    grid = torch.stack([columns, rows], -1)
    return F.grid_sample(values[:, None], grid, padding_mode="border", align_corners=False)[:, 0]


def pair_weight(expected_iou: Tensor, least: float = 0.5, full: float = 0.9) -> Tensor:
    """(B,) in [0, 1]: 0 up to an expected IoU of `least`, 1 from `full` on, linear between."""
    return ((expected_iou - least) / (full - least)).clamp(0, 1)


def self_training_loss(logits: Tensor, teacher: Tensor, weight: Tensor, confidence: Confidence) -> Tensor:
    """Scalar, 0 where nothing counts.

    Args:
        logits: (B, H, W), the student's.
        teacher: (B, H, W) in [0, 1].
        weight: (B,) in [0, 1], see `pair_weight`.

    Each class is averaged on its own, so that a small mask is not drowned by what surrounds it; a view in which
    only one class is believed counts as nothing, since it would pull all masks one way.
    """
    target = (teacher > 0.5).to(logits.dtype)
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    sure = confidence.pixels(teacher)
    per_class, both = [], torch.ones_like(weight)
    for of_class in (target > 0.5, target <= 0.5):
        counted = (sure & of_class).to(logits.dtype)
        number = counted.sum((1, 2))
        per_class.append((entropy * counted).sum((1, 2)) / number.clamp_min(1))
        both = both * (number > 0)
    return (weight * both * (per_class[0] + per_class[1])).sum() / (2 * max(1, len(weight)))
