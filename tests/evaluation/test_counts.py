from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigmask.evaluation.counts import THRESHOLDS, PixelCounts, count_mask, count_thresholds, stack_counts

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=8)


def numbers(counts: PixelCounts) -> tuple[int, int, int, int]:
    return int(counts.tp), int(counts.fp), int(counts.fn), int(counts.tn)


def test_counts_of_a_mask_by_hand() -> None:
    predicted = np.array([[1, 1, 1, 0], [0, 0, 0, 0]], bool)
    mask = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool)
    assert numbers(count_mask(predicted, mask)) == (2, 1, 2, 3)


def test_counts_over_the_grid_by_hand() -> None:
    probability = np.array([[0.0, 0.25, 0.5, 1.0]], np.float32)
    mask = np.array([[False, True, False, True]])
    counts = count_thresholds(probability, mask)
    by_threshold = {
        t: (int(counts.tp[i]), int(counts.fp[i]), int(counts.fn[i]), int(counts.tn[i]))
        for i, t in enumerate(THRESHOLDS)
    }
    assert by_threshold[0.0] == (2, 1, 0, 1)  # a probability of zero is not marked even there
    assert by_threshold[0.25 - 1 / 1024] == (2, 1, 0, 1)
    assert by_threshold[0.25] == (1, 1, 1, 1)  # strictly greater
    assert by_threshold[0.5] == (1, 0, 1, 2)
    assert by_threshold[1023 / 1024] == (1, 0, 1, 2)


@given(data=st.data(), shape=SHAPES)
def test_the_histogram_agrees_with_comparing_at_every_threshold(data: st.DataObject, shape: tuple[int, int]) -> None:
    on_the_grid = st.integers(0, 1024).map(lambda k: k / 1024)
    anywhere = st.floats(0, 1, width=32)
    probability = data.draw(hnp.arrays(np.float32, shape, elements=on_the_grid | anywhere))
    mask = data.draw(hnp.arrays(np.bool_, shape))
    counts = count_thresholds(probability, mask)
    for index in data.draw(st.lists(st.integers(0, 1023), min_size=1, max_size=20)):
        expected = count_mask(probability > THRESHOLDS[index], mask)
        assert (counts.tp[index], counts.fp[index]) == (expected.tp, expected.fp)
        assert (counts.fn[index], counts.tn[index]) == (expected.fn, expected.tn)


def test_a_float64_map_is_counted_as_it_is() -> None:
    just_above = np.array([[0.5 + 1e-12]])  # in float32 this is 0.5, which is not marked
    counts = count_thresholds(just_above, np.array([[True]]))
    assert counts.tp[512] == 1 and counts.tp[513] == 0


@given(data=st.data(), shape=SHAPES)
def test_counts_add_up_and_fall_with_the_threshold(data: st.DataObject, shape: tuple[int, int]) -> None:
    probability = data.draw(hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))
    mask = data.draw(hnp.arrays(np.bool_, shape))
    counts = count_thresholds(probability, mask)
    assert (counts.tp + counts.fp + counts.fn + counts.tn == mask.size).all()
    assert (counts.tp + counts.fn == mask.sum()).all()
    assert (np.diff(counts.tp) <= 0).all() and (np.diff(counts.fp) <= 0).all()


def test_stack_and_pool() -> None:
    mask = np.array([[True, False]])
    right, wrong = count_mask(mask, mask), count_mask(~mask, mask)
    stacked = stack_counts([right, wrong, right])
    assert stacked.tp.tolist() == [1, 0, 1]
    assert numbers(stacked.pooled()) == (2, 1, 1, 2)


@pytest.mark.parametrize(
    ("probability", "mask", "message"),
    [
        (np.full((2, 2), np.nan, np.float32), np.zeros((2, 2), bool), "must lie in"),
        (np.full((2, 2), 1.5, np.float32), np.zeros((2, 2), bool), "got 1.5 to 1.5"),
        (np.full((2, 2), -0.1, np.float32), np.zeros((2, 2), bool), "must lie in"),
        (np.zeros((2, 2), np.float32), np.zeros((2, 3), bool), "the prediction's shape"),
        (np.zeros((2, 2), np.float32), np.zeros((2, 2), np.uint8), "got uint8"),
    ],
)
def test_what_does_not_fit_is_refused(probability: np.ndarray, mask: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        count_thresholds(probability, mask)


def test_a_predicted_mask_must_be_bool() -> None:
    with pytest.raises(ValueError, match="predicted must be bool"):
        count_mask(np.zeros((2, 2)), np.zeros((2, 2), bool))  # type: ignore[arg-type]


def test_no_image_cannot_be_stacked() -> None:
    with pytest.raises(ValueError, match="at least one"):
        stack_counts([])
