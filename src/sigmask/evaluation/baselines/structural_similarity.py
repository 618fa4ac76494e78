"""Structural dissimilarity: 1 - SSIM (Wang, Bovik, Sheikh and Simoncelli, IEEE TIP 2004)."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.types import EditPair, MapArray

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # the paper's constants for 8 bits
_TRUNCATE = 3.5  # sigmas at which scikit-image, our oracle, cuts the window


def structural_dissimilarity(pair: EditPair, *, sigma: float) -> MapArray:
    """1 - SSIM, the mean over the three channels: (H, W) float32 in [0, 2].

    `sigma` is that of the Gaussian window in pixels. Our own five blurs: scikit-image gives the same map in five times
    the time.
    """
    first = original_on_edited_grid(pair.original, pair.edited).astype(np.float32)
    second = pair.edited.astype(np.float32)
    mean_first, mean_second = _window(first, sigma), _window(second, sigma)
    variance_first = _window(first * first, sigma) - mean_first * mean_first
    variance_second = _window(second * second, sigma) - mean_second * mean_second
    covariance = _window(first * second, sigma) - mean_first * mean_second
    numerator = (2 * mean_first * mean_second + _C1) * (2 * covariance + _C2)
    denominator = (mean_first**2 + mean_second**2 + _C1) * (variance_first + variance_second + _C2)
    similarity = (numerator / denominator).mean(axis=2)
    return np.asarray(np.clip(1.0 - similarity, 0.0, 2.0), np.float32)


def _window(values: MapArray, sigma: float) -> MapArray:
    side = 2 * int(_TRUNCATE * sigma + 0.5) + 1
    return np.asarray(cv2.GaussianBlur(values, (side, side), sigma, borderType=cv2.BORDER_REFLECT), np.float32)


STRUCTURAL_SIMILARITY = Rival(
    name="ssim",
    idea="1 − SSIM with a Gaussian window, mean of the channels",
    source="Wang, Bovik, Sheikh and Simoncelli, IEEE Transactions on Image Processing 2004",
    score=structural_dissimilarity,
    threshold=0.5,
    parameters={"sigma": 3.0},
    search={"sigma": (1.5, 3.0, 5.0, 8.0)},
)
