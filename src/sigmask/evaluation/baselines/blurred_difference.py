"""Two ways of averaging an editor's noise away with a Gaussian before a threshold is laid."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.evaluation.baselines.absolute_difference import channel_difference
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid, probability_from_score
from sigmask.types import ImageArray, MapArray

SIGMA = 3.0
"""Pixels, for both. Our choice, made by looking at `cocoglide_vae` itself, which flatters these rivals there."""
BLURRED_DIFFERENCE_THRESHOLD = 25.0
"""Grey levels. A round number of our choice, not tuned on any bench."""
DIFFERENCE_OF_BLURRED_THRESHOLD = 15.0
"""Grey levels; lower, because noise of both signs cancels before the difference is taken."""


def blurred_difference(original: ImageArray, edited: ImageArray) -> MapArray:
    """The absolute difference, then a Gaussian: the noise keeps its mean but loses its spread.

    Returns (H, W) float32 in [0, 1] on the edited grid; 0.5 stands for `BLURRED_DIFFERENCE_THRESHOLD`.
    """
    blurred = cv2.GaussianBlur(channel_difference(original, edited), (0, 0), SIGMA)
    return probability_from_score(blurred, BLURRED_DIFFERENCE_THRESHOLD)


def difference_of_blurred(original: ImageArray, edited: ImageArray) -> MapArray:
    """A Gaussian over each image, then the absolute difference: the noise itself is averaged towards zero.

    The strongest of the rivals without learned features on `cocoglide_vae`, and the reason to keep it here.
    Returns (H, W) float32 in [0, 1] on the edited grid; 0.5 stands for `DIFFERENCE_OF_BLURRED_THRESHOLD`.
    """
    matched = original_on_edited_grid(original, edited)
    smooth_original = cv2.GaussianBlur(matched.astype(np.float32), (0, 0), SIGMA)
    smooth_edited = cv2.GaussianBlur(edited.astype(np.float32), (0, 0), SIGMA)
    difference = np.abs(smooth_original - smooth_edited).max(axis=2)
    return probability_from_score(difference, DIFFERENCE_OF_BLURRED_THRESHOLD)
