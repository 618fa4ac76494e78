from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as oracle

from sigmask.evaluation.image_level_metrics import (
    MARK_AREA,
    equal_error_rate,
    expected_calibration_error,
    image_level_metrics,
    image_score,
)
from sigmask.evaluation.ranking_metrics import rank_map

SCORES = np.array([0.9, 0.6, 0.3, 0.8, 0.2, 0.1])
EDITED = np.array([True, True, True, False, False, False])


def test_the_score_is_what_just_over_a_thousandth_of_the_picture_reaches() -> None:
    probability = np.zeros((100, 20), np.float32)
    probability[0, :2] = 0.9  # 2 of 2,000 pixels are 0.1 %: not more than that
    assert image_score(probability) == 0.0
    probability[0, 2] = 0.75
    assert image_score(probability) == 0.75
    assert image_score(np.array([[0.25, 0.5]])) == 0.5  # in a small map a single pixel is more than 0.1 %


@given(
    probability=hnp.arrays(np.float32, (60, 50), elements=st.sampled_from([0, 0.2, 0.4]), fill=st.just(np.float32(0))),
    threshold=st.sampled_from([0.0, 0.1, 0.2, 0.3]),
)
def test_the_score_passes_a_threshold_where_the_pair_counts_as_marked(
    probability: np.ndarray, threshold: float
) -> None:
    threshold = float(np.float32(threshold))
    assert (image_score(probability) > threshold) == ((probability > threshold).mean() > MARK_AREA)


def test_metrics_by_hand() -> None:
    metrics = image_level_metrics(SCORES, EDITED)
    assert (metrics.edited_pairs, metrics.unedited_pairs) == (3, 3)
    assert metrics.auc == pytest.approx(7 / 9)  # of nine pairs (0.6, 0.8) and (0.3, 0.8) are the wrong way round
    assert metrics.balanced_accuracy == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert metrics.equal_error_rate == pytest.approx(1 / 3)  # from 0.6: one of three alarms, one of three missed


def test_balanced_accuracy_is_scikit_learns(rng: np.random.Generator) -> None:
    scores, edited = rng.random(50), rng.random(50) < 0.3
    expected = oracle.balanced_accuracy_score(edited, scores > 0.7)
    assert image_level_metrics(scores, edited, 0.7).balanced_accuracy == pytest.approx(expected, abs=1e-12)


def test_the_equal_error_rate_between_two_points() -> None:
    # All four tie: alarm 0, missed 1 before; alarm 1, missed 0 after. The line between crosses at one half.
    assert equal_error_rate(rank_map(np.full(4, 0.5), np.array([True, False, True, False]))) == 0.5
    assert equal_error_rate(rank_map(np.array([0.9, 0.1]), np.array([True, False]))) == 0.0
    assert equal_error_rate(rank_map(np.array([0.1, 0.9]), np.array([True, False]))) == 1.0


def test_the_calibration_error_by_hand() -> None:
    # 0.9 (edited) and 0.9 (not) share a bin: |0.9 - 0.5|, weight 2/3; 0.1 alone: |0.1 - 0|, weight 1/3.
    error = expected_calibration_error(np.array([0.9, 0.9, 0.1]), np.array([True, False, False]))
    assert error == pytest.approx(2 / 3 * 0.4 + 1 / 3 * 0.1)
    assert expected_calibration_error(np.array([1.0, 0.0]), np.array([True, False])) == 0.0


def test_with_one_kind_of_pair_all_are_undefined() -> None:
    metrics = image_level_metrics(SCORES, np.ones(6, bool))
    assert all(
        math.isnan(each)
        for each in (
            metrics.auc,
            metrics.balanced_accuracy,
            metrics.equal_error_rate,
            metrics.expected_calibration_error,
        )
    )


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        image_score(np.empty((0, 3), np.float32))
    with pytest.raises(ValueError, match="must lie in"):
        image_level_metrics(np.array([1.2, 0.1]), np.array([True, False]))
