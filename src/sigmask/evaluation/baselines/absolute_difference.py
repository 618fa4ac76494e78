"""Absolute difference: the oldest change detector, and what most edit corpora were masked with."""

from __future__ import annotations

import numpy as np

from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.types import EditPair, ImageArray, MapArray


def absolute_difference(pair: EditPair) -> MapArray:
    """The largest difference over the three channels, pixel by pixel: (H, W) float32, grey levels."""
    return channel_difference(pair.original, pair.edited)


def channel_difference(original: ImageArray, edited: ImageArray) -> MapArray:
    """(H, W) float32, grey levels in [0, 255]: the largest difference over the three channels."""
    matched = original_on_edited_grid(original, edited)
    difference: MapArray = np.abs(matched.astype(np.float32) - edited.astype(np.float32)).max(axis=2)
    return difference


ABSOLUTE_DIFFERENCE = Rival(
    name="absolute-difference",
    idea="the largest difference of the three channels, one threshold for all pairs",
    source="image differencing; Singh, International Journal of Remote Sensing 1989, surveys it",
    score=absolute_difference,
    threshold=25.0,
)
