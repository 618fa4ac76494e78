"""Absolute difference under the threshold that Otsu's method finds for each pair."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.evaluation.baselines.absolute_difference import channel_difference
from sigmask.evaluation.baselines.rival import Rival
from sigmask.types import EditPair, MapArray


def otsu_difference(pair: EditPair) -> MapArray:
    """The channel difference in units of its own Otsu threshold: (H, W) float32, 1 at the threshold.

    Otsu splits every histogram in two, so this rival marks something on every pair that is not equal.
    """
    difference = channel_difference(pair.original, pair.edited)
    levels = difference.astype(np.uint8)  # exact: differences of uint8 are whole numbers below 256
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    # Otsu's upper class starts one level above `threshold`; half a level puts the two sides of 1 in its classes.
    return np.asarray(difference / (threshold + 0.5), np.float32)


OTSU_DIFFERENCE = Rival(
    name="otsu-difference",
    idea="the largest difference of the three channels, a threshold for each pair by Otsu's method",
    source="Otsu, IEEE Transactions on Systems, Man, and Cybernetics 1979",
    score=otsu_difference,
    threshold=1.0,
    self_thresholding=True,
)
