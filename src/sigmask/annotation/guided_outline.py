"""Lets the mask's outline follow the pixels' own difference, at the edited image's size.

The network sees a smaller picture and answers in a soft outline. Where exactly the change ends stands in the two
pictures themselves, and a guided filter (He, Sun and Tang, Guided Image Filtering, TPAMI 2013, equations 5, 6 and 8)
carries it over: within a small window the probability becomes a linear function of the guide, which is the pixels'
difference in units of the pair's own noise. Where the guide is flat (nothing to see, or noise everywhere) the
probability is only smoothed. The guide and all constants are our choice.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.types import ImageArray, MapArray

Guide = npt.NDArray[np.uint8]
"""(H, W): 0 where the two pictures are equal, 255 where they differ by far more than the pair's noise."""

_RADIUS = 6 / 512  # of the long side
_FLAT = 0.01  # the guide's variance, in [0, 1], under which a window counts as flat (the paper's epsilon)
_FAR = 60.0  # times the noise: a larger difference says no more
_CLEAN = 2.5  # grey levels: with more noise than this the difference is averaged over 3 × 3 pixels
_NOISE_STEP = 4
_OF_INTEREST = 0.05
_LARGEST = 256  # pixels of the long side at which the linear functions are found: as good as at full size, and fast
_AS_FRACTION = np.arange(256, dtype=np.float32) / 255


def outline_guide(original: ImageArray, edited: ImageArray) -> Guide:
    """The guide of two (H, W, 3) images of one size.

    min(asinh(d / n) / asinh(60), 1), with d the largest channel's difference in grey levels and n the pair's noise as
    in `models.semantic_difference.noise_level`.
    """
    channels = cv2.absdiff(original, edited)
    difference = cv2.extractChannel(channels, 0)
    for channel in (1, 2):
        cv2.max(difference, cv2.extractChannel(channels, channel), difference)
    noise = _noise(difference)
    levels = np.arcsinh(np.arange(256) / noise) / np.arcsinh(_FAR)
    table = np.rint(255 * np.minimum(levels, 1)).astype(np.uint8)
    if noise > _CLEAN:
        difference = cv2.blur(difference, (3, 3))
    return np.asarray(cv2.LUT(difference, table), np.uint8)


def follow_outline(probability: MapArray, guide: Guide) -> MapArray:
    """`probability` (H, W) in [0, 1], changed in place so that its outlines follow `guide` (H, W); in [0, 1] too.

    Only the bounding box of what is at least 5 % probable, and a margin of two windows, is looked at.
    """
    marked = (probability >= _OF_INTEREST).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(marked)
    if width == 0:
        return probability
    margin = 2 * _radius(probability.shape) + 1
    rows = slice(max(0, top - margin), top + height + margin)
    columns = slice(max(0, left - margin), left + width + margin)
    probability[rows, columns] = _guided(probability[rows, columns], guide[rows, columns], probability.shape)
    return probability


def _guided(probability: MapArray, guide: Guide, whole: tuple[int, ...]) -> MapArray:
    scale = min(1.0, _LARGEST / max(whole))
    radius = max(1, round(scale * _radius(whole)))
    height, width = (max(1, round(scale * side)) for side in guide.shape)
    small_guide = cv2.LUT(cv2.resize(guide, (width, height), interpolation=cv2.INTER_AREA), _AS_FRACTION)
    small = cv2.resize(probability, (width, height), interpolation=cv2.INTER_AREA)
    mean_guide, mean = _box(small_guide, radius), _box(small, radius)
    covariance = _box(small_guide * small, radius) - mean_guide * mean
    variance = _box(small_guide * small_guide, radius) - mean_guide * mean_guide
    slope = covariance / (np.maximum(variance, 0) + _FLAT)
    offset = mean - slope * mean_guide
    slope, offset = (
        cv2.resize(_box(each, radius), guide.shape[::-1], interpolation=cv2.INTER_LINEAR) for each in (slope, offset)
    )
    followed = cv2.add(cv2.multiply(slope, cv2.LUT(guide, _AS_FRACTION)), offset)
    return np.asarray(np.clip(followed, 0, 1, out=followed), np.float32)


def _box(values: npt.NDArray[Any], radius: int) -> MapArray:
    return np.asarray(cv2.blur(values, (2 * radius + 1, 2 * radius + 1)), np.float32)


def _radius(shape: tuple[int, ...]) -> int:
    return max(1, round(_RADIUS * max(shape)))


def _noise(difference: npt.NDArray[np.uint8]) -> float:
    """Geometric mean of one more than the difference, over the half of every 16th pixel that differs least."""
    seen = difference[::_NOISE_STEP, ::_NOISE_STEP].ravel()
    counts = np.bincount(seen, minlength=256)
    half = (len(seen) + 1) // 2
    taken = np.diff(np.minimum(np.cumsum(counts), half), prepend=0)
    return float(np.exp((taken * np.log1p(np.arange(256))).sum() / half))
