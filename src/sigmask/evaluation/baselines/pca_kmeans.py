"""Unsupervised change detection by PCA and k-means (Celik, IEEE Geoscience and Remote Sensing Letters 2009)."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.types import EditPair, MapArray

_COMPONENTS = 3
_SAMPLES = 20_000  # pixels from which the two centres are found; all are then assigned to them
_STOP = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-3)


def pca_kmeans(pair: EditPair, *, block: int) -> MapArray:
    """Distance to the centre of "unchanged" over that to the centre of "changed": (H, W) float32, 1 halfway.

    Each pixel's `block` × `block` neighbourhood (an odd number) in the absolute grey difference is projected on the
    three main components of the difference's own blocks; two clusters by k-means, of which the one that differs more
    is "changed". k-means always makes two, so this rival marks something on every pair that is not equal.
    """
    matched = original_on_edited_grid(pair.original, pair.edited)
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (matched, pair.edited)]
    difference = np.asarray(cv2.absdiff(*grey), np.float32)
    if (
        difference.max() == difference.min()
    ):  # nothing to split: equal images, or a shift of all grey levels by one step
        return np.zeros_like(difference)
    features = _features(difference, block)
    unchanged, changed = _centres(features, difference)
    to_unchanged = np.linalg.norm(features - unchanged, axis=2)
    to_changed = np.linalg.norm(features - changed, axis=2)
    return np.asarray(to_unchanged / np.maximum(to_changed, 1e-6), np.float32)


def _features(difference: MapArray, block: int) -> npt.NDArray[np.float32]:
    """(H, W, 3) float32. The components' projection is a correlation with each of them, so it is three filters."""
    padded = cv2.copyMakeBorder(
        difference, 0, -len(difference) % block, 0, -difference.shape[1] % block, cv2.BORDER_REFLECT
    )
    rows, columns = (side // block for side in padded.shape)
    blocks = padded.reshape(rows, block, columns, block).transpose(0, 2, 1, 3).reshape(-1, block * block)
    covariance = np.cov(blocks, rowvar=False, bias=True).reshape(block * block, block * block)
    _, vectors = np.linalg.eigh(covariance)  # in ascending order
    kernels = vectors[:, ::-1][:, :_COMPONENTS].T.reshape(-1, block, block).astype(np.float32)
    return np.dstack([cv2.filter2D(difference, -1, each, borderType=cv2.BORDER_REFLECT) for each in kernels])


def _centres(
    features: npt.NDArray[np.float32], difference: MapArray
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    step = max(1, features.shape[0] * features.shape[1] // _SAMPLES)
    samples = np.ascontiguousarray(features.reshape(-1, features.shape[2])[::step])
    strength = difference.ravel()[::step]
    if len(samples) < 2 or strength.max() == strength.min():
        samples, strength = np.ascontiguousarray(features.reshape(-1, features.shape[2])), difference.ravel()
    # The first labels are given, not drawn, so that a pair always gets the same map.
    labels = (strength > strength.mean()).astype(np.int32)[:, None]
    _, found, centres = cv2.kmeans(samples, 2, labels, _STOP, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    means = [float(strength[found.ravel() == label].mean()) if (found == label).any() else 0.0 for label in (0, 1)]
    changed = int(means[1] >= means[0])
    return centres[1 - changed], centres[changed]


PCA_KMEANS = Rival(
    name="pca-kmeans",
    idea="neighbourhoods of the grey difference, their three main components, two clusters",
    source="Celik, IEEE Geoscience and Remote Sensing Letters 2009",
    score=pca_kmeans,
    threshold=1.0,
    parameters={"block": 5},
    search={"block": (5, 9, 13, 17, 21)},
    self_thresholding=True,
)
