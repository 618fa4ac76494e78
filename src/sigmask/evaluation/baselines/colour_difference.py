"""CIEDE2000, the colour difference that is made to follow the eye, on slightly blurred images."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid, smooth
from sigmask.types import EditPair, ImageArray, MapArray


def colour_difference(pair: EditPair, *, sigma: float) -> MapArray:
    """CIEDE2000 of the two images under a Gaussian of `sigma` pixels: (H, W) float32; 1 can just be seen.

    The blur before the colour difference is the idea of S-CIELAB: fine noise is not seen as colour.
    """
    # Imported here: scikit-image costs the command line a third of a second.
    from skimage.color import deltaE_ciede2000

    matched = original_on_edited_grid(pair.original, pair.edited)
    return np.asarray(deltaE_ciede2000(_lab(matched, sigma), _lab(pair.edited, sigma)), np.float32)


def _lab(image: ImageArray, sigma: float) -> MapArray:
    """(H, W, 3) float32 CIE L*a*b* under D65."""
    return np.asarray(
        cv2.cvtColor(smooth(image.astype(np.float32) / np.float32(255), sigma), cv2.COLOR_RGB2LAB), np.float32
    )


COLOUR_DIFFERENCE = Rival(
    name="ciede2000",
    idea="a Gaussian over both images, then the colour difference CIEDE2000",
    source="Sharma, Wu and Dalal, Color Research & Application 2005; the blur: Zhang and Wandell (S-CIELAB) 1997",
    score=colour_difference,
    threshold=8.0,
    parameters={"sigma": 3.0},
    search={"sigma": (1.0, 3.0, 5.0)},
)
