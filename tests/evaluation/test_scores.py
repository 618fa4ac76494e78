from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from sigmask.evaluation.counts import count_mask, count_thresholds
from sigmask.evaluation.map_scores import score_map
from sigmask.evaluation.scores import (
    MASK_SIZES,
    BenchmarkResult,
    PairScore,
    ScoreCollector,
    image_level_scores,
    mask_size,
)
from sigmask.types import EditPair, MapArray, MaskArray


def add(
    collector: ScoreCollector,
    name: str,
    probability: MapArray,
    mask: MaskArray,
    kind: str | None = None,
    side_effect: MaskArray | None = None,
) -> PairScore:
    image = np.zeros((*mask.shape, 3), np.uint8)
    predicted = probability > 0.5
    maps = score_map(probability, predicted, mask, side_effect)
    counts = count_mask(predicted, mask)
    pair = EditPair(name, image, image, None, kind, mask)
    return collector.add(pair, counts, count_thresholds(probability, mask), 0.01, maps)


def row(*values: float) -> MapArray:
    return np.array([values], np.float32)


def collected() -> BenchmarkResult:
    """Two edited pairs of four pixels and one unedited."""
    collector = ScoreCollector("bench", "method", 0.5)
    first = np.array([[True, False, False, False]])
    half = np.array([[True, True, False, False]])
    add(collector, "a", row(0.9, 0.2, 0.1, 0.1), first, "add", side_effect=first)
    add(collector, "b", row(0.9, 0.25, 0.75, 0.1), half, "remove")
    add(collector, "null", row(0.3, 0.2, 0.2, 0.2), np.zeros((1, 4), bool))
    return collector.result()


def test_means_by_hand() -> None:
    edited = collected().edited
    assert edited is not None and edited.pairs == 2
    # At 0.5: a is perfect; b has tp 1, fp 1, fn 1, tn 1.
    assert edited.f1 == pytest.approx((1 + 1 / 2) / 2)
    assert edited.iou == pytest.approx((1 + 1 / 3) / 2)
    assert (edited.precision, edited.recall) == pytest.approx((3 / 4, 3 / 4))
    assert edited.mcc == pytest.approx((1 + 0) / 2)
    # Pooled: tp 2, fp 1, fn 1, tn 4.
    assert (edited.pooled_f1, edited.pooled_iou) == pytest.approx((4 / 6, 2 / 4))
    assert (edited.pooled_precision, edited.pooled_recall) == pytest.approx((2 / 3, 2 / 3))
    assert edited.pooled_mcc == pytest.approx((2 * 4 - 1) / (3 * 3 * 5 * 5) ** 0.5)
    # a: 3 of 3 pairs of pixels in order; b: (0.9, 0.75), (0.9, 0.1), (0.25, 0.1) of 4.
    assert edited.auc == pytest.approx((1 + 3 / 4) / 2)
    assert edited.average_precision == pytest.approx((1 + (1 / 2 + 1 / 2 * 2 / 3)) / 2)
    assert (edited.side_effect_pairs, edited.side_effect_recall) == (1, 1.0)


def test_best_thresholds_by_hand() -> None:
    result = collected()
    edited = result.edited
    assert edited is not None
    # For the set: from 0.2 to 0.25 a is perfect and b has tp 2, fp 1: F1 4/5, IoU 2/3, MCC 1/√3.
    assert edited.best_threshold == pytest.approx(0.2, abs=1 / 1024)
    assert (edited.best_f1, edited.best_iou) == pytest.approx(((1 + 4 / 5) / 2, (1 + 2 / 3) / 2))
    assert (edited.best_precision, edited.best_recall) == pytest.approx(((1 + 2 / 3) / 2, 1.0))
    assert edited.best_mcc == pytest.approx((1 + 3**-0.5) / 2)
    # Per image the same is best for both.
    assert (edited.image_best_f1, edited.image_best_iou) == pytest.approx((0.9, (1 + 2 / 3) / 2))
    assert result.pairs[1].best_threshold == pytest.approx(0.1, abs=1 / 1024)
    assert result.pairs[1].best_recall == 1.0


def test_each_image_may_have_its_own_best_threshold() -> None:
    collector = ScoreCollector("bench", "method", 0.5)
    half = np.array([[True, False]])
    add(collector, "low", row(0.2, 0.1), half)
    add(collector, "high", row(0.9, 0.8), half)
    edited = collector.result().edited
    assert edited is not None
    assert edited.image_best_f1 == edited.image_best_mcc == 1.0
    assert edited.best_f1 == pytest.approx((1 + 2 / 3) / 2)


def test_the_curve_is_pooled() -> None:
    curve = collected().curve
    assert curve is not None
    points = dict(zip(curve.thresholds, zip(curve.precision, curve.recall, strict=True), strict=True))
    assert points[0.0] == pytest.approx((3 / 8, 1.0))
    assert points[0.5] == pytest.approx((2 / 3, 2 / 3))
    assert points[0.75] == pytest.approx((1.0, 2 / 3))
    assert max(points) < 0.9  # beyond, nothing is marked, and precision is no number


def test_pairs_are_grouped_by_the_size_of_their_mask() -> None:
    assert [mask_size(share) for share in (0.001, 0.01, 0.011, 0.05, 0.2, 0.201, 1.0)] == [
        *("≤ 1 %", "≤ 1 %", "1–5 %", "1–5 %", "5–20 %", "> 20 %", "> 20 %")
    ]
    collector = ScoreCollector("bench", "method", 0.5)
    for name, size in (("large", 40), ("tiny", 1), ("large too", 50)):
        mask = np.arange(100).reshape(10, 10) < size
        add(collector, name, mask.astype(np.float32) if name != "large too" else np.zeros((10, 10), np.float32), mask)
    by_size = collector.result().by_mask_size
    assert list(by_size) == ["≤ 1 %", "> 20 %"] and set(by_size) <= set(MASK_SIZES)
    assert by_size["≤ 1 %"].pairs == 1 and by_size["≤ 1 %"].f1 == 1.0
    assert by_size["> 20 %"].pairs == 2 and by_size["> 20 %"].f1 == 0.5


def test_image_level_scores_need_both_kinds_of_pairs() -> None:
    result = collected()
    assert result.image_level is not None
    assert (result.image_level.edited_pairs, result.image_level.unedited_pairs) == (2, 1)
    assert (result.image_level.auc, result.image_level.balanced_accuracy) == (1.0, 1.0)
    edited, unedited = result.pairs[:2], result.pairs[2:]
    assert image_level_scores(edited) is None and image_level_scores(unedited) is None
    assert image_level_scores([*unedited, *edited]) == result.image_level


def test_intervals() -> None:
    collector = ScoreCollector("bench", "method", 0.5)
    half = np.array([[True, False]])
    add(collector, "one", row(0.9, 0.1), half)
    alone = collector.result().edited
    assert alone is not None and alone.f1_interval is None
    for index in range(8):
        add(collector, str(index), row(0.9, 0.9), half)
    result = collector.result()
    assert result.edited is not None and result.edited.f1_interval is not None
    assert result.edited.f1_interval.low <= result.edited.f1 <= result.edited.f1_interval.high
    assert collector.result() == result  # one set of scores, one result
    other = ScoreCollector("bench", "method", 0.5, rng=np.random.default_rng(1))
    assert other.result().edited is None


def test_without_maps_the_counts_alone_are_scored() -> None:
    collector = ScoreCollector("bench", "method", 0.5)
    mask = np.array([[True, False]])
    image = np.zeros((1, 2, 3), np.uint8)
    grid = count_thresholds(mask.astype(np.float32), mask)
    score = collector.add(EditPair("a", image, image, None, None, mask), count_mask(mask, mask), grid, 0.0)
    assert score.f1 == 1.0 and score.auc is None and score.image_score is None
    result = collector.result()
    assert result.edited is not None and result.edited.auc is None and result.image_level is None


def test_what_is_kept_does_not_grow_with_the_picture() -> None:
    collector = ScoreCollector("bench", "method", 0.5)
    mask = np.zeros((600, 600), bool)
    mask[:100] = True
    score = add(collector, "large", mask.astype(np.float32), mask)
    assert sys.getsizeof(json.dumps(collector.result().to_dict())) < 20_000
    assert all(not isinstance(getattr(score, name), np.ndarray) for name in score.__slots__)


def test_a_result_goes_through_json_and_back() -> None:
    result = collected()
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert BenchmarkResult.from_dict(json.loads(text)) == result
