"""A Gaussian over each image, then the absolute difference: noise of both signs cancels before it is taken."""

from __future__ import annotations

import numpy as np

from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid, smooth
from sigmask.types import EditPair, MapArray


def difference_of_blurred(pair: EditPair, *, sigma: float) -> MapArray:
    """The largest channel difference of the two images under a Gaussian of `sigma` pixels: (H, W) float32, grey levels.

    The Gaussian is linear, so it is laid once over the signed difference.
    """
    matched = original_on_edited_grid(pair.original, pair.edited)
    signed = matched.astype(np.float32) - pair.edited.astype(np.float32)
    return np.asarray(np.abs(smooth(signed, sigma)).max(axis=2), np.float32)


DIFFERENCE_OF_BLURRED = Rival(
    name="difference-of-blurred",
    idea="a Gaussian over both images, then the absolute difference",
    source="common practice; no paper that we know as the first",
    score=difference_of_blurred,
    threshold=15.0,
    parameters={"sigma": 3.0},
    search={"sigma": (1.0, 2.0, 3.0, 5.0, 8.0)},
)
