"""Keypoint alignment, then semantic similarity: how PromptForge-350k made its masks, as far as its summary says.

The authors' code and weights are not released and we know the idea only, so keypoints, network and threshold are our
choice: SIFT and a homography, Lite0's features.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from sigmask.evaluation.baselines.keypoint_alignment import align
from sigmask.evaluation.baselines.lite0_cosine import lite0_distance, lite0_weights, missing_lite0
from sigmask.evaluation.baselines.rival import Need, Rival
from sigmask.types import EditPair, MapArray


def keypoint_semantic(pair: EditPair, *, block: int) -> MapArray:
    """1 - cosine of Lite0's features after alignment: (H, W) float32 in [0, 2]; 0 where the original does not reach."""
    alignment = align(pair)
    aligned = dataclasses.replace(pair, original=alignment.original)
    distance = lite0_distance()(aligned, block)
    return np.where(alignment.covered, distance, np.float32(0))


KEYPOINT_SEMANTIC = Rival(
    name="keypoint-semantic",
    idea="SIFT keypoints, a homography, then the cosine distance of an ImageNet network's features",
    source="PromptForge-350k: Wang et al., arXiv 2603.29386 (its summary; keypoints and network are our choice)",
    score=keypoint_semantic,
    threshold=0.2,
    parameters={"block": 3},
    needs=(Need.TORCH, Need.WEIGHTS),
    missing=missing_lite0,
    weights=lite0_weights,
)
