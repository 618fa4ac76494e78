"""Self-training loss: the student learns the teacher's mask where the teacher is sure, from pairs without a mask.

SIGMA names EMA self-training; the form is our choice. A pixel counts if the teacher's probability is beyond a threshold
that differs by class, since "changed" is rare and over-confident; a pair counts by the IoU that the teacher's quality
head expects of its mask.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Confidence:
    """From which probabilities on the teacher is believed: at least `changed`, or at most `unchanged`."""

    changed: float
    unchanged: float

    def pixels(self, probability: Tensor) -> Tensor:
        """(B, H, W) bool: where the teacher is sure."""
        return (probability >= self.changed) | (probability <= self.unchanged)


def pair_weight(expected_iou: Tensor, least: float = 0.5, full: float = 0.9) -> Tensor:
    """(B,) in [0, 1]: 0 up to an expected IoU of `least`, 1 from `full` on, linear between."""
    return ((expected_iou - least) / (full - least)).clamp(0, 1)


def self_training_loss(logits: Tensor, teacher: Tensor, weight: Tensor, confidence: Confidence) -> Tensor:
    """Scalar, 0 where nothing counts.

    Args:
        logits: (B, H, W), the student's.
        teacher: (B, H, W) in [0, 1].
        weight: (B,) in [0, 1], see `pair_weight`.

    Each class is averaged on its own, so that a small mask is not drowned by what surrounds it.
    """
    target = (teacher > 0.5).to(logits.dtype)
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    sure = confidence.pixels(teacher)
    per_class = []
    for of_class in (target > 0.5, target <= 0.5):
        counted = (sure & of_class).to(logits.dtype)
        number = counted.sum((1, 2))
        per_class.append(torch.where(number > 0, (entropy * counted).sum((1, 2)) / number.clamp_min(1), 0.0 * number))
    return (weight * (per_class[0] + per_class[1])).sum() / (2 * max(1, len(weight)))
