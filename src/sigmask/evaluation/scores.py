"""The collector that makes a method's result on a benchmark, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sigmask.evaluation import pixel_metrics
from sigmask.evaluation.benchmark_result import (
    BenchmarkResult,
    EditedScores,
    ImageLevelScores,
    PairScore,
    PrecisionRecallCurve,
    UneditedScores,
)
from sigmask.evaluation.counts import THRESHOLDS, PixelCounts, stack_counts
from sigmask.evaluation.edited_sums import COUNT_METRICS, EditedSums
from sigmask.evaluation.image_level_metrics import MARK_AREA, image_level_metrics
from sigmask.evaluation.map_scores import MapScores
from sigmask.types import BadSample, EditPair

__all__ = [
    "MARK_AREA",
    "MASK_SIZES",
    "BenchmarkResult",
    "EditedScores",
    "ImageLevelScores",
    "PairScore",
    "PrecisionRecallCurve",
    "ScoreCollector",
    "UneditedScores",
    "image_level_scores",
    "mask_size",
    "unedited_scores",
]

MASK_SIZES: dict[str, float] = {"≤ 1 %": 0.01, "1–5 %": 0.05, "5–20 %": 0.2, "> 20 %": 1.0}
"""Groups of true masks by the share of the picture that they cover, each up to and including its number."""


class ScoreCollector:
    """Takes counts pair by pair and sums them up; keeps sums over the grid of thresholds and no map of any pair.

    Args:
        benchmark: its name in the result.
        method: its name in the result.
        threshold: the fixed threshold at which the pairs' counts were taken.
        rng: draws the resamples of the intervals; by default one of a fixed seed, made anew for each result, so that
            one set of scores has one result.
    """

    def __init__(
        self, benchmark: str, method: str, threshold: float, *, rng: np.random.Generator | None = None
    ) -> None:
        self._benchmark, self._method, self._threshold = benchmark, method, threshold
        self._rng = rng
        self._pairs: list[PairScore] = []
        self._bad: list[BadSample] = []
        self._unedited: list[PixelCounts] = []
        self._by_edit_type: dict[str, EditedSums] = {}
        self._by_mask_size: dict[str, EditedSums] = {}
        self._all_edited = EditedSums()

    def add(
        self,
        pair: EditPair,
        fixed: PixelCounts,
        grid: PixelCounts,
        seconds: float,
        maps: MapScores | None = None,
        quality: float | None = None,
    ) -> PairScore:
        """Add a pair.

        Args:
            pair: only its name, type and size are kept.
            fixed: the counts of the mask that the method hands out, shape ().
            grid: the counts of its probability over the grid, shape (1024,).
            seconds: what the method took.
            maps: what `score_map` says of the pair; without it the metrics that need the pixels stay None.
            quality: the IoU that the method expects of its mask.
        """
        edited = bool(fixed.tp + fixed.fn > 0)
        curves = {name: metric(grid) for name, metric in COUNT_METRICS.items()} if edited else {}
        score = _pair_score(pair, fixed, curves, seconds, maps, quality)
        self._pairs.append(score)
        if edited:
            by_type = self._by_edit_type.setdefault(pair.edit_type or "unknown", EditedSums())
            by_size = self._by_mask_size.setdefault(mask_size(score.true_share), EditedSums())
            for sums in (self._all_edited, by_type, by_size):
                sums.add(fixed, curves, grid, score)
        else:
            self._unedited.append(fixed)
        return score

    def add_bad(self, sample: BadSample) -> None:
        """Count a sample that could not be scored."""
        self._bad.append(sample)

    def result(self) -> BenchmarkResult:
        """All that was added, summed up."""
        rng = self._rng if self._rng is not None else np.random.default_rng(0)
        seconds = [pair.seconds for pair in self._pairs]
        sizes = {name: self._by_mask_size[name] for name in MASK_SIZES if name in self._by_mask_size}
        return BenchmarkResult(
            benchmark=self._benchmark,
            method=self._method,
            threshold=self._threshold,
            edited=self._all_edited.scores(rng) if self._all_edited.pairs else None,
            unedited=unedited_scores(self._unedited) if self._unedited else None,
            by_edit_type={name: sums.scores(rng) for name, sums in sorted(self._by_edit_type.items())},
            seconds_per_pair=float(np.mean(seconds)) if seconds else 0.0,
            pairs=tuple(self._pairs),
            bad=tuple(self._bad),
            by_mask_size={name: sums.scores(rng) for name, sums in sizes.items()},
            image_level=image_level_scores(self._pairs, self._threshold),
            curve=self._all_edited.curve() if self._all_edited.pairs else None,
        )


def mask_size(true_share: float) -> str:
    """The group of `MASK_SIZES` for a true mask that covers this share, in (0, 1], of its picture."""
    return next(name for name, largest in MASK_SIZES.items() if true_share <= largest)


def image_level_scores(pairs: Sequence[PairScore], threshold: float = 0.5) -> ImageLevelScores | None:
    """Image-level metrics of pairs, of one result or of several together (an edited bench and a null bench, say).

    None unless there are edited and unedited pairs that were scored by their maps.
    """
    scored = [(pair.image_score, pair.true_share > 0) for pair in pairs if pair.image_score is not None]
    edited = np.array([each for _, each in scored], np.bool_)
    if not edited.any() or edited.all():
        return None
    metrics = image_level_metrics(np.array([score for score, _ in scored], np.float64), edited, threshold)
    return ImageLevelScores(
        edited_pairs=metrics.edited_pairs,
        unedited_pairs=metrics.unedited_pairs,
        auc=metrics.auc,
        balanced_accuracy=metrics.balanced_accuracy,
        equal_error_rate=metrics.equal_error_rate,
        expected_calibration_error=metrics.expected_calibration_error,
    )


def unedited_scores(fixed: Sequence[PixelCounts]) -> UneditedScores:
    """Scores of pairs whose true mask is empty, from the counts of each, shape (), at the fixed threshold."""
    counts = stack_counts(fixed)
    shares = pixel_metrics.false_positive_share(counts)
    return UneditedScores(
        pairs=len(fixed),
        false_positive_share=float(shares.mean()),
        specificity=float(pixel_metrics.specificity(counts).mean()),
        marked_pairs=float((shares > MARK_AREA).mean()),
    )


def _pair_score(
    pair: EditPair,
    fixed: PixelCounts,
    curves: dict[str, pixel_metrics.MetricArray],
    seconds: float,
    maps: MapScores | None,
    quality: float | None,
) -> PairScore:
    """`curves` are the `COUNT_METRICS` over the grid; none for a pair of which nothing was edited."""
    height, width = pair.edited.shape[:2]
    best = int(curves["f1"].argmax()) if curves else 0
    at_fixed = {name: float(metric(fixed)) if curves else None for name, metric in COUNT_METRICS.items()}
    at_best = {f"best_{name}": float(curves[name][best]) if curves else None for name in COUNT_METRICS}
    return PairScore(
        sample_id=pair.sample_id,
        edit_type=pair.edit_type,
        height=height,
        width=width,
        true_share=float(fixed.tp + fixed.fn) / (height * width),
        marked_share=float(fixed.tp + fixed.fp) / (height * width),
        false_positive_share=float(pixel_metrics.false_positive_share(fixed)),
        **at_fixed,
        **at_best,
        best_threshold=float(THRESHOLDS[best]) if curves else None,
        seconds=seconds,
        auc=maps.auc if maps else None,
        average_precision=maps.average_precision if maps else None,
        boundary_f1=maps.boundary_f1 if maps else None,
        boundary_f1_2px=maps.boundary_f1_2px if maps else None,
        image_score=maps.image_score if maps else None,
        side_effect_recall=maps.side_effect_recall if maps else None,
        quality=quality,
    )
