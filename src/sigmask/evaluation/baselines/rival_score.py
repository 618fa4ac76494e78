"""What every rival needs around its idea: one pixel grid for both images, and its score as a probability."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.data.geometry import fit_original_to_edited
from sigmask.types import ImageArray, MapArray


def original_on_edited_grid(original: ImageArray, edited: ImageArray) -> ImageArray:
    """The original in the edited image's height and width; itself where they agree.

    Fitted as the annotator does it (resized, cropped, stretched or padded), so that a table compares ideas and not
    ways of resizing.
    """
    fitted, _ = fit_original_to_edited(original, edited)
    return fitted


def probability_from_score(score: MapArray, threshold: float) -> MapArray:
    """score / (score + threshold): 0 at 0, 0.5 at the threshold, monotone, so that no order of pixels is lost.

    Args:
        score: (H, W) float, zero or more.
        threshold: where the map crosses 0.5; above zero.
    """
    return np.asarray(score / (score + threshold), np.float32)


def smooth(values: MapArray, sigma: float) -> MapArray:
    """(H, W) or (H, W, C) float32 under a Gaussian of `sigma` pixels; itself at 0."""
    if sigma == 0:
        return values
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)
