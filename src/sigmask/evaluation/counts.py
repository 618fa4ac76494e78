"""Counts first: tp, fp, fn and tn of a map against the true mask, from which every pixel metric follows.

A pixel is marked where its probability is *greater than* the threshold (our choice: a probability of exactly 0.5
says nothing either way, so it is not marked).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.types import MapArray, MaskArray

CountArray = npt.NDArray[np.int64]

_LEVELS = 1024
THRESHOLDS: npt.NDArray[np.float64] = np.arange(_LEVELS) / _LEVELS
"""(1024,) the fixed grid 0, 1/1024, …, 1023/1024. A power of two, so that scaling a probability to a bin is exact and
the histogram agrees with `probability > threshold` to the last pixel, in float32 and in float64; 0.5 is on it."""


@dataclass(frozen=True, slots=True)
class PixelCounts:
    """Pixels by what was predicted and what is true.

    Attributes:
        tp: marked and changed. All four are int64 arrays of one shape: () for one mask, (T,) over the grid of
            thresholds, (N, T) for N images.
        fp: marked, not changed.
        fn: not marked, though changed.
        tn: not marked, not changed.
    """

    tp: CountArray
    fp: CountArray
    fn: CountArray
    tn: CountArray

    def __post_init__(self) -> None:
        shapes = {self.tp.shape, self.fp.shape, self.fn.shape, self.tn.shape}
        if len(shapes) != 1:
            raise ValueError(f"tp, fp, fn and tn must have one shape, got {sorted(shapes)}")

    def pooled(self) -> PixelCounts:
        """The sums over the first axis: all images taken as one."""
        return PixelCounts(self.tp.sum(axis=0), self.fp.sum(axis=0), self.fn.sum(axis=0), self.tn.sum(axis=0))


def count_mask(predicted: MaskArray, mask: MaskArray) -> PixelCounts:
    """Counts, each of shape (), of a predicted (H, W) bool mask against the true one.

    Raises:
        ValueError: if the two do not have one two-dimensional shape, or one of them is not bool.
    """
    if predicted.dtype != np.bool_:
        raise ValueError(f"predicted must be bool, got {predicted.dtype}")
    _require_mask(mask, predicted.shape)
    marked, changed = np.count_nonzero(predicted), np.count_nonzero(mask)
    tp = np.count_nonzero(predicted & mask)
    fp, fn = marked - tp, changed - tp
    return PixelCounts(*(np.asarray(count, np.int64) for count in (tp, fp, fn, mask.size - tp - fp - fn)))


def count_thresholds(probability: MapArray, mask: MaskArray) -> PixelCounts:
    """Counts, each of shape (1024,), at every threshold of `THRESHOLDS` from one histogram of the map.

    Args:
        probability: (H, W) float32 or float64 in [0, 1], each taken as it is; anything else is made float32 first.
        mask: (H, W) bool, the true mask.

    Raises:
        ValueError: if shapes or types do not fit, or a probability is NaN or outside [0, 1].
    """
    _require_mask(mask, probability.shape)
    values = float_probability(probability)
    # p > k/1024 is the same as ceil(p · 1024) > k, so a pixel of bin b is marked at the thresholds 0 … b-1.
    bins = np.ceil(values * values.dtype.type(_LEVELS)).astype(np.intp)
    bins += mask * np.intp(_LEVELS + 1)
    histogram = np.bincount(bins.ravel(), minlength=2 * (_LEVELS + 1)).reshape(2, _LEVELS + 1)
    fp, tp = histogram[:, ::-1].cumsum(axis=1)[:, -2::-1].astype(np.int64)
    negatives, positives = histogram.sum(axis=1)
    return PixelCounts(tp, fp, positives - tp, negatives - fp)


def float_probability(probability: npt.NDArray[Any]) -> npt.NDArray[np.float32] | npt.NDArray[np.float64]:
    """The map as it is where it is float32 or float64, else as float32.

    Raises:
        ValueError: if a probability is NaN or outside [0, 1].
    """
    values = probability if probability.dtype in (np.float32, np.float64) else probability.astype(np.float32)
    if values.size and not (values.min() >= 0.0 and values.max() <= 1.0):
        raise ValueError(f"probability must lie in [0, 1], got {values.min()} to {values.max()}")
    return values


def stack_counts(counts: Sequence[PixelCounts]) -> PixelCounts:
    """Counts of N images, each of shape (…), as one of shape (N, …).

    Raises:
        ValueError: if there are none.
    """
    if not counts:
        raise ValueError("expected the counts of at least one image, got none")
    return PixelCounts(
        np.stack([each.tp for each in counts]),
        np.stack([each.fp for each in counts]),
        np.stack([each.fn for each in counts]),
        np.stack([each.tn for each in counts]),
    )


def _require_mask(mask: MaskArray, shape: tuple[int, ...]) -> None:
    if mask.dtype != np.bool_ or mask.ndim != 2 or mask.shape != shape:
        raise ValueError(
            f"the true mask must be (H, W) bool of the prediction's shape {shape}, got {mask.dtype} of {mask.shape}"
        )
