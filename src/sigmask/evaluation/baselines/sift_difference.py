"""SIFT alignment, then the absolute difference: what forensic scripts do for pairs that an editor shifted."""

from __future__ import annotations

import numpy as np

from sigmask.evaluation.baselines.absolute_difference import channel_difference
from sigmask.evaluation.baselines.keypoint_alignment import align
from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import smooth
from sigmask.types import EditPair, MapArray


def sift_difference(pair: EditPair, *, sigma: float) -> MapArray:
    """The channel difference after alignment, under a Gaussian of `sigma` pixels: (H, W) float32, grey levels.

    Zero where the aligned original does not reach: nothing is known there.
    """
    alignment = align(pair)
    difference = channel_difference(alignment.original, pair.edited)
    return smooth(np.where(alignment.covered, difference, np.float32(0)), sigma)


SIFT_DIFFERENCE = Rival(
    name="sift-difference",
    idea="SIFT keypoints, a homography by RANSAC, then the blurred absolute difference",
    source="scripts for the Pico-Banana corpus; SIFT: Lowe, IJCV 2004; RANSAC: Fischler and Bolles 1981",
    score=sift_difference,
    threshold=25.0,
    parameters={"sigma": 3.0},
    search={"sigma": (0.0, 2.0, 3.0, 5.0, 8.0)},
)
