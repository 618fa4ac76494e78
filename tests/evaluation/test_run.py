from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import BadReason
from sigmask.evaluation.baselines import create_baseline
from sigmask.evaluation.benchmark import Benchmark, Sample, load_benchmark
from sigmask.evaluation.instruction_condition import without_instructions
from sigmask.evaluation.run import evaluate
from sigmask.evaluation.scores import PairScore
from sigmask.types import Annotation, BadSample, EditPair, MapArray, MaskArray, Scope


def pair(sample_id: str, mask: list[list[int]] | None, edit_type: str | None = None) -> EditPair:
    shape = (2, 4)
    image = np.zeros((*shape, 3), np.uint8)
    true = None if mask is None else np.array(mask, bool)
    return EditPair(sample_id, image, image, "do it", edit_type, true)


def benchmark_of(*samples: Sample) -> Benchmark:
    def read() -> Iterator[Sample]:
        yield from samples

    return Benchmark("tiny bench", Path("memory"), read, len(samples))


LEFT = [[1, 1, 0, 0], [1, 1, 0, 0]]
FIRST = [[1, 0, 0, 0], [0, 0, 0, 0]]
EMPTY = [[0, 0, 0, 0], [0, 0, 0, 0]]


def left_half(_: EditPair) -> MapArray:
    """0.9 on one pixel, 0.6 on the rest of the left half, 0.2 on the right."""
    probability = np.full((2, 4), 0.2, np.float32)
    probability[:, :2] = 0.6
    probability[0, 0] = 0.9
    return probability


def test_scores_by_hand() -> None:
    bench = benchmark_of(pair("wide", LEFT, "add"), pair("narrow", FIRST, "remove"), pair("unedited", EMPTY))
    (result,) = evaluate(left_half, [bench], name="left")
    assert (result.benchmark, result.method) == ("tiny bench", "left")
    edited = result.edited
    assert edited is not None and edited.pairs == 2
    # wide: tp 4 → F1 1, IoU 1. narrow: tp 1, fp 3 → F1 2/5, IoU 1/4.
    assert edited.f1 == pytest.approx((1 + 0.4) / 2)
    assert edited.iou == pytest.approx((1 + 0.25) / 2)
    assert edited.pooled_f1 == pytest.approx(2 * 5 / (2 * 5 + 3))
    assert edited.pooled_iou == pytest.approx(5 / 8)
    # From 0.6 on only the 0.9 is marked: wide F1 2/5 (IoU 1/4), narrow 1: the same mean; the lower threshold is told.
    assert edited.best_f1 == pytest.approx(0.7)
    assert edited.best_threshold == pytest.approx(0.2, abs=1 / 1024)
    assert {name: scores.f1 for name, scores in result.by_edit_type.items()} == pytest.approx({"add": 1, "remove": 0.4})
    unedited = result.unedited
    assert unedited is not None and unedited.pairs == 1
    assert (unedited.false_positive_share, unedited.specificity, unedited.marked_pairs) == (0.5, 0.5, 1.0)
    assert [score.f1 for score in result.pairs] == [pytest.approx(1.0), pytest.approx(0.4), None]
    assert result.pairs[1].best_f1 == 1.0
    assert result.pairs[1].best_threshold == pytest.approx(0.6, abs=1 / 1024)


def test_the_best_threshold_is_one_for_the_whole_set() -> None:
    bench = benchmark_of(pair("a", FIRST), pair("b", FIRST), pair("c", LEFT))
    (result,) = evaluate(left_half, [bench])
    assert result.edited is not None
    assert result.edited.best_threshold == pytest.approx(0.6, abs=1 / 1024)
    assert result.edited.best_f1 == pytest.approx((1 + 1 + 0.4) / 3)
    assert result.edited.best_iou == pytest.approx((1 + 1 + 0.25) / 3)


def test_null_pairs_are_not_folded_into_f1() -> None:
    (alone,) = evaluate(left_half, [benchmark_of(pair("wide", LEFT))])
    (mixed,) = evaluate(left_half, [benchmark_of(pair("wide", LEFT), pair("unedited", EMPTY))])
    (null,) = evaluate(left_half, [benchmark_of(pair("unedited", EMPTY))])
    assert alone.edited == mixed.edited and alone.unedited is None
    assert null.edited is None


def test_an_annotation_is_scored_by_its_own_mask() -> None:
    def cleaned(_: EditPair) -> Annotation:
        mask = np.array(FIRST, bool)
        return Annotation(mask, left_half(_), np.full((2, 4), 0.5, np.float32), 0.9, Scope.LOCAL)

    (result,) = evaluate(cleaned, [benchmark_of(pair("narrow", FIRST))])
    assert result.edited is not None and result.edited.f1 == 1.0


def test_bad_samples_and_pairs_without_a_mask_are_counted() -> None:
    bad = BadSample("torn", BadReason.TRUNCATED, "cut short")
    (result,) = evaluate(left_half, [benchmark_of(bad, pair("no mask", None), pair("wide", LEFT))])
    assert [(sample.sample_id, sample.reason) for sample in result.bad] == [
        ("torn", BadReason.TRUNCATED),
        ("no mask", BadReason.BAD_MASK),
    ]
    assert result.edited is not None and result.edited.pairs == 1


def test_limit_prepare_threshold_and_progress() -> None:
    told: list[str | None] = []
    seen: list[tuple[str, bool]] = []

    def method(each: EditPair) -> MapArray:
        told.append(each.instruction)
        return left_half(each)

    def observe(sample: Sample, predicted: MaskArray | None, score: PairScore | None) -> None:
        assert predicted is not None
        seen.append((sample.sample_id, score is not None and score.f1 == 1.0))

    bench = benchmark_of(pair("a", FIRST), pair("b", LEFT), pair("c", LEFT))
    evaluate(method, [bench], threshold=0.7, limit=2, prepare=without_instructions, progress=observe)
    assert told == [None, None]
    assert seen == [("a", True), ("b", False)]


def test_a_map_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="the prediction's shape"):
        evaluate(lambda _: np.zeros((3, 3), np.float32), [benchmark_of(pair("wide", LEFT))])
    with pytest.raises(ValueError, match="limit must be 1 or more"):
        evaluate(left_half, [benchmark_of(pair("wide", LEFT))], limit=0)


def test_rivals_score_as_the_benchmarks_makers_state(shared_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their statement: one best threshold for the set, mean F1 per image, 65.7 and 77.7 (SSIM, 82.7, is slower)."""
    monkeypatch.setenv("SIGMASK_SHARED", str(shared_folder))
    bench = benchmark_of(*load_benchmark("cocoglide_vae").read())
    for name, stated in (("absolute-difference", 65.7), ("blurred-difference", 77.7)):
        (result,) = evaluate(create_baseline(name), [bench])
        assert result.edited is not None
        assert 100 * result.edited.best_f1 == pytest.approx(stated, abs=0.1)
