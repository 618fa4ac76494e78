from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as oracle

from sigmask.evaluation import pixel_metrics
from sigmask.evaluation.counts import PixelCounts, count_mask, count_thresholds

METRICS = {
    "f1": pixel_metrics.f1,
    "iou": pixel_metrics.iou,
    "precision": pixel_metrics.precision,
    "recall": pixel_metrics.recall,
    "mcc": pixel_metrics.mcc,
}


def counts_of(tp: int, fp: int, fn: int, tn: int) -> PixelCounts:
    return PixelCounts(*(np.asarray(value, np.int64) for value in (tp, fp, fn, tn)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("f1", 12 / 18),
        ("iou", 6 / 12),
        ("precision", 6 / 8),
        ("recall", 6 / 10),
        ("mcc", (6 * 8 - 2 * 4) / math.sqrt(8 * 10 * 10 * 12)),
    ],
)
def test_by_hand(name: str, expected: float) -> None:
    assert METRICS[name](counts_of(6, 2, 4, 8)) == pytest.approx(expected, abs=1e-12)


def test_specificity_and_false_positive_share_by_hand() -> None:
    counts = counts_of(6, 2, 4, 8)
    assert pixel_metrics.specificity(counts) == pytest.approx(0.8)
    assert pixel_metrics.false_positive_share(counts) == pytest.approx(0.1)


@pytest.mark.parametrize("name", METRICS)
def test_where_nothing_was_edited_they_are_undefined(name: str) -> None:
    assert np.isnan(METRICS[name](counts_of(0, 0, 0, 16)))
    assert np.isnan(METRICS[name](counts_of(0, 4, 0, 12)))


@pytest.mark.parametrize("name", METRICS)
def test_where_an_edit_is_missed_wholly_they_are_zero(name: str) -> None:
    assert METRICS[name](counts_of(0, 0, 4, 12)) == 0.0


def test_a_wholly_edited_image() -> None:
    counts = counts_of(16, 0, 0, 0)
    assert pixel_metrics.f1(counts) == 1.0
    assert pixel_metrics.mcc(counts) == 0.0
    assert np.isnan(pixel_metrics.specificity(counts))


def test_mcc_of_a_hundred_megapixels_does_not_overflow() -> None:
    million = 1_000_000
    assert pixel_metrics.mcc(counts_of(30 * million, 0, 0, 70 * million)) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=60)
@given(data=st.data(), shape=hnp.array_shapes(min_dims=2, max_dims=2, max_side=10))
def test_equal_to_scikit_learn(data: st.DataObject, shape: tuple[int, int]) -> None:
    predicted = data.draw(hnp.arrays(np.bool_, shape))
    mask = data.draw(hnp.arrays(np.bool_, shape))
    assume(mask.any())
    counts = count_mask(predicted, mask)
    true, marked = mask.ravel(), predicted.ravel()
    labels: dict[str, object] = {"zero_division": 0.0}
    assert pixel_metrics.f1(counts) == pytest.approx(oracle.f1_score(true, marked, **labels), abs=1e-9)
    assert pixel_metrics.iou(counts) == pytest.approx(oracle.jaccard_score(true, marked, **labels), abs=1e-9)
    assert pixel_metrics.precision(counts) == pytest.approx(oracle.precision_score(true, marked, **labels), abs=1e-9)
    assert pixel_metrics.recall(counts) == pytest.approx(oracle.recall_score(true, marked, **labels), abs=1e-9)
    if len({*true, *marked}) == 2:  # else scikit-learn warns of a single label and says 0
        assert pixel_metrics.mcc(counts) == pytest.approx(oracle.matthews_corrcoef(true, marked), abs=1e-9)
    if not mask.all():
        expected = oracle.recall_score(~true, ~marked, **labels)
        assert pixel_metrics.specificity(counts) == pytest.approx(expected, abs=1e-9)


@given(data=st.data(), shape=hnp.array_shapes(min_dims=2, max_dims=2, max_side=8))
def test_curves_are_vectorised_and_in_range(data: st.DataObject, shape: tuple[int, int]) -> None:
    probability = data.draw(hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))
    mask = data.draw(hnp.arrays(np.bool_, shape))
    assume(mask.any())
    counts = count_thresholds(probability, mask)
    f1, iou = pixel_metrics.f1(counts), pixel_metrics.iou(counts)
    assert f1.shape == (1024,)
    assert ((f1 >= 0) & (f1 <= 1)).all()
    np.testing.assert_allclose(iou, f1 / (2 - f1), atol=1e-12)
    np.testing.assert_allclose(f1[512], pixel_metrics.f1(count_mask(probability > 0.5, mask)))
    assert (np.abs(pixel_metrics.mcc(counts)) <= 1 + 1e-12).all()
