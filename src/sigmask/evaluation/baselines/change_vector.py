"""Change-vector analysis, its magnitude refined along the edited image's edges by a guided filter."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.types import EditPair, MapArray

_FLATNESS = 0.03**2
"""The guided filter's ε, for a guide in [0, 1]: what varies less counts as flat and is averaged (our choice)."""


def change_vector(pair: EditPair, *, radius: int) -> MapArray:
    """Length of the colour change vector after the guided filter of `radius` pixels: (H, W) float32, grey levels."""
    matched = original_on_edited_grid(pair.original, pair.edited).astype(np.float32)
    magnitude = np.sqrt(((matched - pair.edited.astype(np.float32)) ** 2).sum(axis=2))
    guide = np.asarray(cv2.cvtColor(pair.edited, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    return np.maximum(guided_filter(guide, np.asarray(magnitude, np.float32), radius), 0)


def guided_filter(guide: MapArray, values: MapArray, radius: int) -> MapArray:
    """The guided filter of He, Sun and Tang (ECCV 2010), equations 5, 6 and 8, by box filters.

    Args:
        guide: (H, W) float32 in [0, 1], whose edges the result follows.
        values: (H, W) float32 in any unit; the result has it too.
        radius: of the box, in pixels.
    """

    def mean(array: MapArray) -> MapArray:
        side = 2 * radius + 1
        return np.asarray(cv2.blur(array, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    mean_guide, mean_values = mean(guide), mean(values)
    covariance = mean(guide * values) - mean_guide * mean_values
    variance = mean(guide * guide) - mean_guide * mean_guide
    slope = np.asarray(covariance / (variance + _FLATNESS), np.float32)
    offset = mean_values - slope * mean_guide
    return np.asarray(mean(slope) * guide + mean(offset), np.float32)


CHANGE_VECTOR = Rival(
    name="change-vector",
    idea="length of the colour change vector, refined by a guided filter along the edited image's edges",
    source="change-vector analysis: Malila, Purdue LARS 1980; guided filter: He, Sun and Tang, ECCV 2010",
    score=change_vector,
    threshold=30.0,
    parameters={"radius": 8},
    search={"radius": (2, 4, 8, 16)},
)
