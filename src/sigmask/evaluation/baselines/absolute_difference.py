"""Absolute difference: the oldest change detector, and what most edit corpora were masked with."""

from __future__ import annotations

import numpy as np

from sigmask.evaluation.baselines.rival_score import original_on_edited_grid, probability_from_score
from sigmask.types import ImageArray, MapArray

THRESHOLD = 25.0
"""Grey levels. A round number of our choice, not tuned on any bench."""


def absolute_difference(original: ImageArray, edited: ImageArray) -> MapArray:
    """The largest difference over the three channels, pixel by pixel; (H, W) float32 in [0, 1] on the edited grid.

    0.5 stands for a difference of `THRESHOLD` grey levels.
    """
    return probability_from_score(channel_difference(original, edited), THRESHOLD)


def channel_difference(original: ImageArray, edited: ImageArray) -> MapArray:
    """(H, W) float32, grey levels in [0, 255]: the largest difference over the three channels."""
    matched = original_on_edited_grid(original, edited)
    difference: MapArray = np.abs(matched.astype(np.float32) - edited.astype(np.float32)).max(axis=2)
    return difference
