"""What every rival needs around its idea: one pixel grid for both images, and its score as a probability."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.types import ImageArray, MapArray


def original_on_edited_grid(original: ImageArray, edited: ImageArray) -> ImageArray:
    """The original resized to the edited image's height and width; itself where they agree."""
    height, width = edited.shape[:2]
    if original.shape[:2] == (height, width):
        return original
    shrinks = original.shape[0] > height and original.shape[1] > width
    resized = cv2.resize(original, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def probability_from_score(score: MapArray, threshold: float) -> MapArray:
    """score / (score + threshold): 0 at 0, 0.5 at the threshold, monotone, so that no order of pixels is lost.

    Args:
        score: (H, W) float, zero or more.
        threshold: where the map crosses 0.5; above zero.
    """
    return np.asarray(score / (score + threshold), np.float32)
