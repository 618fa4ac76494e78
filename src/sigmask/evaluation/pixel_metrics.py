"""Pixel metrics as pure functions of counts, over arrays of any shape.

Conventions for masks that are empty:

- Nothing is true (an authentic image, a null pair): F1, IoU, precision, recall and MCC say nothing of such an image
  and are NaN, so that no mean can fold them in as zero or one unseen. Such images are judged by
  `false_positive_share` and `specificity`.
- Something is true and nothing is marked: all five are 0, as scikit-learn has it (`zero_division=0`).
- Everything is true: `specificity` has nothing to judge and is NaN; MCC is 0, as in scikit-learn.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sigmask.evaluation.counts import PixelCounts

MetricArray = npt.NDArray[np.float64]


def f1(counts: PixelCounts) -> MetricArray:
    """2tp / (2tp + fp + fn), in [0, 1]; NaN where the true mask is empty."""
    return _where_changed(counts, _ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn))


def iou(counts: PixelCounts) -> MetricArray:
    """tp / (tp + fp + fn), in [0, 1]; NaN where the true mask is empty."""
    return _where_changed(counts, _ratio(counts.tp, counts.tp + counts.fp + counts.fn))


def precision(counts: PixelCounts) -> MetricArray:
    """tp / (tp + fp), in [0, 1]; 0 where nothing is marked, NaN where the true mask is empty."""
    return _where_changed(counts, _ratio(counts.tp, counts.tp + counts.fp))


def recall(counts: PixelCounts) -> MetricArray:
    """tp / (tp + fn), in [0, 1]; NaN where the true mask is empty."""
    return _where_changed(counts, _ratio(counts.tp, counts.tp + counts.fn))


def mcc(counts: PixelCounts) -> MetricArray:
    """Matthews' correlation coefficient, in [-1, 1]; 0 where marked or true is all or nothing; NaN as above."""
    tp, fp, fn, tn = (each.astype(np.float64) for each in (counts.tp, counts.fp, counts.fn, counts.tn))
    # The product of the four sums overflows int64 from 300 × 300 pixels on, so it is a product of two square roots.
    scale = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
    return _where_changed(counts, _ratio(tp * tn - fp * fn, scale))


def specificity(counts: PixelCounts) -> MetricArray:
    """tn / (tn + fp), in [0, 1]; NaN where no pixel is unchanged."""
    unchanged = counts.tn + counts.fp
    return np.where(unchanged > 0, _ratio(counts.tn, unchanged), np.nan)


def false_positive_share(counts: PixelCounts) -> MetricArray:
    """The share of the whole picture that is marked though it was not changed: fp / (tp + fp + fn + tn)."""
    return _ratio(counts.fp, counts.tp + counts.fp + counts.fn + counts.tn)


def _where_changed(counts: PixelCounts, values: MetricArray) -> MetricArray:
    return np.where(counts.tp + counts.fn > 0, values, np.nan)


def _ratio(numerator: npt.NDArray[np.generic], denominator: npt.NDArray[np.generic]) -> MetricArray:
    """The quotient, 0 where the denominator is 0."""
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    return np.divide(top, bottom, out=np.zeros(np.broadcast_shapes(top.shape, bottom.shape)), where=bottom > 0)
