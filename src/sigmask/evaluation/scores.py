"""The result of a method on a benchmark, and the collector that makes it pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sigmask.evaluation import pixel_metrics
from sigmask.evaluation.counts import THRESHOLDS, PixelCounts, stack_counts
from sigmask.types import BadSample, EditPair

MARK_AREA = 0.001
"""An unedited pair counts as marked when more than this share of its picture is (our choice: 0.1 %)."""


@dataclass(frozen=True, slots=True)
class PairScore:
    """One pair. `f1` to `mcc` are at the fixed threshold and None where nothing was edited."""

    sample_id: str
    edit_type: str | None
    height: int
    width: int
    true_share: float
    marked_share: float
    false_positive_share: float
    f1: float | None
    iou: float | None
    precision: float | None
    recall: float | None
    mcc: float | None
    best_f1: float | None
    best_threshold: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class EditedScores:
    """Pairs with a true mask. All metrics in [0, 1] (mcc from -1).

    `f1` to `mcc` are means over images at the fixed threshold; `pooled_*` take all pixels as one image;
    `best_threshold` is the one of the whole set that gives the highest mean F1, `best_f1`, and `best_iou` is the mean
    IoU there: it is chosen on the set it is reported for, so it flatters.
    """

    pairs: int
    f1: float
    iou: float
    precision: float
    recall: float
    mcc: float
    pooled_f1: float
    pooled_iou: float
    best_f1: float
    best_iou: float
    best_threshold: float


@dataclass(frozen=True, slots=True)
class UneditedScores:
    """Pairs whose true mask is empty. Shares in [0, 1]; `marked_pairs` is the share of pairs over `MARK_AREA`."""

    pairs: int
    false_positive_share: float
    specificity: float
    marked_pairs: float


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """A method on a benchmark; `edited` or `unedited` is None where the benchmark has no such pair."""

    benchmark: str
    method: str
    threshold: float
    edited: EditedScores | None
    unedited: UneditedScores | None
    by_edit_type: dict[str, EditedScores]
    seconds_per_pair: float
    pairs: tuple[PairScore, ...]
    bad: tuple[BadSample, ...]


class ScoreCollector:
    """Takes counts pair by pair and sums them up; keeps sums over the grid of thresholds, not every image's."""

    def __init__(self, benchmark: str, method: str, threshold: float) -> None:
        self._benchmark, self._method, self._threshold = benchmark, method, threshold
        self._pairs: list[PairScore] = []
        self._bad: list[BadSample] = []
        self._unedited: list[PixelCounts] = []
        self._groups: dict[str, _EditedGroup] = {}
        self._all_edited = _EditedGroup()

    def add(self, pair: EditPair, fixed: PixelCounts, grid: PixelCounts, seconds: float) -> PairScore:
        """Add a pair by its counts at the fixed threshold, shape (), and over the grid, shape (1024,)."""
        height, width = pair.edited.shape[:2]
        edited = bool(fixed.tp + fixed.fn > 0)
        curve = pixel_metrics.f1(grid)
        best = int(curve.argmax()) if edited else 0
        score = PairScore(
            sample_id=pair.sample_id,
            edit_type=pair.edit_type,
            height=height,
            width=width,
            true_share=float(fixed.tp + fixed.fn) / (height * width),
            marked_share=float(fixed.tp + fixed.fp) / (height * width),
            false_positive_share=float(pixel_metrics.false_positive_share(fixed)),
            f1=float(pixel_metrics.f1(fixed)) if edited else None,
            iou=float(pixel_metrics.iou(fixed)) if edited else None,
            precision=float(pixel_metrics.precision(fixed)) if edited else None,
            recall=float(pixel_metrics.recall(fixed)) if edited else None,
            mcc=float(pixel_metrics.mcc(fixed)) if edited else None,
            best_f1=float(curve[best]) if edited else None,
            best_threshold=float(THRESHOLDS[best]) if edited else None,
            seconds=seconds,
        )
        self._pairs.append(score)
        if edited:
            for group in (self._all_edited, self._groups.setdefault(pair.edit_type or "unknown", _EditedGroup())):
                group.add(fixed, grid)
        else:
            self._unedited.append(fixed)
        return score

    def add_bad(self, sample: BadSample) -> None:
        """Count a sample that could not be scored."""
        self._bad.append(sample)

    def result(self) -> BenchmarkResult:
        """All that was added, summed up."""
        seconds = [pair.seconds for pair in self._pairs]
        return BenchmarkResult(
            benchmark=self._benchmark,
            method=self._method,
            threshold=self._threshold,
            edited=self._all_edited.scores() if self._all_edited.fixed else None,
            unedited=_unedited_scores(self._unedited) if self._unedited else None,
            by_edit_type={name: group.scores() for name, group in sorted(self._groups.items())},
            seconds_per_pair=float(np.mean(seconds)) if seconds else 0.0,
            pairs=tuple(self._pairs),
            bad=tuple(self._bad),
        )


class _EditedGroup:
    """Counts of edited pairs: each one's at the fixed threshold, and the sums of F1 and IoU over the grid."""

    def __init__(self) -> None:
        self.fixed: list[PixelCounts] = []
        self._f1_sum = np.zeros(len(THRESHOLDS))
        self._iou_sum = np.zeros(len(THRESHOLDS))

    def add(self, fixed: PixelCounts, grid: PixelCounts) -> None:
        self.fixed.append(fixed)
        self._f1_sum += pixel_metrics.f1(grid)
        self._iou_sum += pixel_metrics.iou(grid)

    def scores(self) -> EditedScores:
        counts = stack_counts(self.fixed)
        pooled = counts.pooled()
        best = int(self._f1_sum.argmax())
        return EditedScores(
            pairs=len(self.fixed),
            f1=float(pixel_metrics.f1(counts).mean()),
            iou=float(pixel_metrics.iou(counts).mean()),
            precision=float(pixel_metrics.precision(counts).mean()),
            recall=float(pixel_metrics.recall(counts).mean()),
            mcc=float(pixel_metrics.mcc(counts).mean()),
            pooled_f1=float(pixel_metrics.f1(pooled)),
            pooled_iou=float(pixel_metrics.iou(pooled)),
            best_f1=float(self._f1_sum[best] / len(self.fixed)),
            best_iou=float(self._iou_sum[best] / len(self.fixed)),
            best_threshold=float(THRESHOLDS[best]),
        )


def _unedited_scores(fixed: Sequence[PixelCounts]) -> UneditedScores:
    counts = stack_counts(fixed)
    shares = pixel_metrics.false_positive_share(counts)
    return UneditedScores(
        pairs=len(fixed),
        false_positive_share=float(shares.mean()),
        specificity=float(pixel_metrics.specificity(counts).mean()),
        marked_pairs=float((shares > MARK_AREA).mean()),
    )
