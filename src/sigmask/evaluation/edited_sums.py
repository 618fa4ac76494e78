"""Running sums over edited pairs, from which the means of a set follow; none of them grows with the pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sigmask.evaluation import pixel_metrics
from sigmask.evaluation.benchmark_result import EditedScores, PairScore, PrecisionRecallCurve
from sigmask.evaluation.counts import THRESHOLDS, CountArray, PixelCounts, stack_counts
from sigmask.evaluation.pixel_metrics import MetricArray
from sigmask.evaluation.significance import Interval, bootstrap_interval

COUNT_METRICS: dict[str, Callable[[PixelCounts], MetricArray]] = {
    "f1": pixel_metrics.f1,
    "iou": pixel_metrics.iou,
    "precision": pixel_metrics.precision,
    "recall": pixel_metrics.recall,
    "mcc": pixel_metrics.mcc,
}
"""The metrics that follow from counts, by name."""

CURVE_STEP = 8
"""The curve takes every eighth threshold of the grid: 128 points."""


class EditedSums:
    """Edited pairs: the counts of each at the fixed threshold, and the sums of metrics and counts over the grid."""

    def __init__(self) -> None:
        self.pairs = 0
        self._fixed: list[PixelCounts] = []
        self._curves = {name: np.zeros(len(THRESHOLDS)) for name in COUNT_METRICS}
        self._pooled = PixelCounts(*(np.zeros(len(THRESHOLDS), np.int64) for _ in range(4)))
        self._scores: list[PairScore] = []

    def add(self, fixed: PixelCounts, curves: dict[str, MetricArray], grid: PixelCounts, score: PairScore) -> None:
        """Add a pair by its counts, shape (), its `COUNT_METRICS` and counts over the grid, shape (1024,)."""
        self.pairs += 1
        self._fixed.append(fixed)
        for name, curve in curves.items():
            self._curves[name] += curve
        for total, counts in zip(_counts(self._pooled), _counts(grid), strict=True):
            total += counts
        self._scores.append(score)

    def scores(self, rng: np.random.Generator) -> EditedScores:
        """The means of all that was added; the intervals' resamples are drawn from `rng`.

        Raises:
            ValueError: if nothing was added.
        """
        counts = stack_counts(self._fixed)
        pooled = counts.pooled()
        each = {name: metric(counts) for name, metric in COUNT_METRICS.items()}
        best = int(self._curves["f1"].argmax())
        return EditedScores(
            pairs=self.pairs,
            **{name: float(values.mean()) for name, values in each.items()},
            f1_interval=_interval(each["f1"], rng),
            iou_interval=_interval(each["iou"], rng),
            **{f"pooled_{name}": float(metric(pooled)) for name, metric in COUNT_METRICS.items()},
            **{f"best_{name}": float(curve[best] / self.pairs) for name, curve in self._curves.items()},
            best_threshold=float(THRESHOLDS[best]),
            **{f"image_best_{name}": self._required_mean(f"best_{name}") for name in COUNT_METRICS},
            auc=self._mean("auc"),
            average_precision=self._mean("average_precision"),
            boundary_f1=self._mean("boundary_f1"),
            boundary_f1_2px=self._mean("boundary_f1_2px"),
            side_effect_pairs=sum(score.side_effect_recall is not None for score in self._scores),
            side_effect_recall=self._mean("side_effect_recall"),
        )

    def curve(self) -> PrecisionRecallCurve:
        """The pooled precision-recall curve of all that was added."""
        shown = [i for i in range(0, len(THRESHOLDS), CURVE_STEP) if self._pooled.tp[i] + self._pooled.fp[i] > 0]
        precision, recall = pixel_metrics.precision(self._pooled), pixel_metrics.recall(self._pooled)
        return PrecisionRecallCurve(
            thresholds=tuple(float(THRESHOLDS[index]) for index in shown),
            precision=tuple(float(precision[index]) for index in shown),
            recall=tuple(float(recall[index]) for index in shown),
        )

    def _mean(self, name: str) -> float | None:
        values = [value for score in self._scores if (value := getattr(score, name)) is not None]
        return float(np.mean(values)) if values else None

    def _required_mean(self, name: str) -> float:
        return float(np.mean([getattr(score, name) for score in self._scores]))


def _counts(counts: PixelCounts) -> tuple[CountArray, ...]:
    return counts.tp, counts.fp, counts.fn, counts.tn


def _interval(values: MetricArray, rng: np.random.Generator) -> Interval | None:
    return bootstrap_interval(values, rng) if values.size > 1 else None
