from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as oracle

from sigmask.evaluation.ranking_metrics import auc, average_precision, rank_map

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)


def test_counts_by_hand() -> None:
    probability = np.array([[0.9, 0.5, 0.5], [0.5, 0.0, -0.0]], np.float32)
    mask = np.array([[True, True, False], [False, True, False]])
    ranked = rank_map(probability, mask)
    np.testing.assert_array_equal(ranked.values, np.float32([0.9, 0.5, 0.0]))
    assert ranked.tp.tolist() == [1, 2, 3]
    assert ranked.fp.tolist() == [0, 2, 3]  # -0 and +0 are one value
    assert (ranked.positives, ranked.negatives) == (3, 3)


def test_metrics_by_hand() -> None:
    ranked = rank_map(np.array([[0.9, 0.5, 0.5, 0.1]]), np.array([[True, True, False, False]]))
    # Four pairs: (0.9, 0.5), (0.9, 0.1), (0.5, 0.1) won, (0.5, 0.5) tied.
    assert auc(ranked) == 3.5 / 4
    # Recall rises to 1/2 at precision 1, then to 1 at precision 2/3.
    assert average_precision(ranked) == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)


def test_a_constant_map_says_nothing_whatever_the_order() -> None:
    for mask in ([[True, False, False]], [[False, False, True]]):
        ranked = rank_map(np.full((1, 3), 0.7, np.float32), np.array(mask))
        assert auc(ranked) == 0.5
        assert average_precision(ranked) == pytest.approx(1 / 3)


def test_perfect_and_inverted() -> None:
    mask = np.array([[True, False, True, False]])
    assert auc(rank_map(mask, mask)) == average_precision(rank_map(mask, mask)) == 1.0
    assert auc(rank_map(~mask, mask)) == 0.0


def test_where_a_class_is_empty_they_are_undefined() -> None:
    probability = np.array([[0.2, 0.8]])
    nothing, everything = np.zeros((1, 2), bool), np.ones((1, 2), bool)
    assert math.isnan(auc(rank_map(probability, nothing))) and math.isnan(auc(rank_map(probability, everything)))
    assert math.isnan(average_precision(rank_map(probability, nothing)))
    assert average_precision(rank_map(probability, everything)) == 1.0
    assert math.isnan(auc(rank_map(np.empty((0, 0)), np.empty((0, 0), bool))))


@given(data=st.data(), shape=SHAPES, width=st.sampled_from([32, 64]))
def test_equal_to_scikit_learn(data: st.DataObject, shape: tuple[int, int], width: int) -> None:
    few = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    dtype = np.float32 if width == 32 else np.float64
    probability = data.draw(hnp.arrays(dtype, shape, elements=few | st.floats(0, 1, width=width)))
    mask = data.draw(hnp.arrays(np.bool_, shape))
    assume(mask.any())
    ranked = rank_map(probability, mask)
    assert average_precision(ranked) == pytest.approx(
        oracle.average_precision_score(mask.ravel(), probability.ravel()), abs=1e-9
    )
    if not mask.all():
        assert auc(ranked) == pytest.approx(oracle.roc_auc_score(mask.ravel(), probability.ravel()), abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("decimals", [2, 16])
def test_equal_to_scikit_learn_on_a_large_map(dtype: type, decimals: int, rng: np.random.Generator) -> None:
    probability = np.round(rng.random((512, 512)), decimals).astype(dtype)
    mask = rng.random((512, 512)) < 0.3 * probability
    ranked = rank_map(probability, mask)
    assert auc(ranked) == pytest.approx(oracle.roc_auc_score(mask.ravel(), probability.ravel()), abs=1e-9)
    expected = oracle.average_precision_score(mask.ravel(), probability.ravel())
    assert average_precision(ranked) == pytest.approx(expected, abs=1e-9)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="must lie in"):
        rank_map(np.array([np.nan]), np.array([True]))
    with pytest.raises(ValueError, match="bool of the prediction's shape"):
        rank_map(np.zeros((1, 2)), np.zeros((2, 1), bool))
