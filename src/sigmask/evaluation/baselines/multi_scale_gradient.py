"""Multi-scale gradient magnitude similarity: edges that came, went or moved.

The map and its constant are those of GMSD (Xue, Zhang, Mou and Bovik, IEEE TIP 2014); laying it over several scales and
averaging the maps for localisation follows RIAD (Zavrtanik, Kristan and Skočaj, Pattern Recognition 2021).
"""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid, smooth
from sigmask.types import EditPair, MapArray

_SCALES = 4
_STABILITY = 170.0  # of GMSD, for grey levels
_PREWITT = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]], np.float32) / 3


def multi_scale_gradient(pair: EditPair, *, sigma: float) -> MapArray:
    """1 - gradient magnitude similarity, the mean over four scales, under a Gaussian: (H, W) float32 in [0, 1].

    `sigma` is the Gaussian's, in pixels of the full size. A flat object that changes its colour shows at its outline
    alone, unless a coarse scale reaches its middle.
    """
    height, width = pair.edited.shape[:2]
    first = _grey(original_on_edited_grid(pair.original, pair.edited))
    second = _grey(pair.edited)
    total = np.zeros((height, width), np.float32)
    for scale in range(_SCALES):
        if scale:
            first, second = _half(first), _half(second)
        total += cv2.resize(_dissimilarity(first, second), (width, height), interpolation=cv2.INTER_LINEAR)
    return smooth(total / np.float32(_SCALES), sigma)


def _dissimilarity(first: MapArray, second: MapArray) -> MapArray:
    gradient_first, gradient_second = _gradient_magnitude(first), _gradient_magnitude(second)
    # 1 - (2ab + c) / (a² + b² + c), written so that equal gradients give exactly 0
    gap = (gradient_first - gradient_second) ** 2
    return np.asarray(gap / (gradient_first**2 + gradient_second**2 + _STABILITY), np.float32)


def _gradient_magnitude(grey: MapArray) -> MapArray:
    across = cv2.filter2D(grey, -1, _PREWITT, borderType=cv2.BORDER_REFLECT)
    down = cv2.filter2D(grey, -1, _PREWITT.T, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _half(grey: MapArray) -> MapArray:
    size = (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)


def _grey(image: np.ndarray) -> MapArray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


MULTI_SCALE_GRADIENT = Rival(
    name="multi-scale-gradient",
    idea="1 − gradient magnitude similarity at four scales, then a Gaussian",
    source="GMSD: Xue, Zhang, Mou and Bovik, IEEE TIP 2014; over scales: Zavrtanik, Kristan and Skočaj (RIAD) 2021",
    score=multi_scale_gradient,
    threshold=0.3,
    parameters={"sigma": 3.0},
    search={"sigma": (1.0, 3.0, 5.0, 8.0)},
)
