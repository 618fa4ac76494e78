from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigmask.evaluation.boundary_metrics import boundary_f1, contour, contour_distances
from sigmask.types import MaskArray


def square(top: int, left: int, side: int, shape: tuple[int, int] = (12, 12)) -> MaskArray:
    mask = np.zeros(shape, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_the_contour_of_a_square_is_its_rim() -> None:
    assert np.array_equal(contour(square(2, 3, 5)), square(2, 3, 5) & ~square(3, 4, 3))


def test_the_frame_is_no_contour() -> None:
    left_half = np.zeros((3, 4), bool)
    left_half[:, :2] = True
    assert contour(left_half).tolist() == [[False, True, False, False]] * 3
    assert not contour(np.ones((3, 3), bool)).any()


def test_a_square_beside_the_true_one_by_hand() -> None:
    # A rim of a 3 × 3 square has 8 pixels. Shifted by one column, 6 of them fall on the true square's rim or centre:
    # columns 4 and 5 of the shifted rim (2 + 3 pixels at rows 4..6) against the true rim in columns 3, 4, 5.
    distances = contour_distances(square(4, 4, 3), square(4, 3, 3))
    assert sorted(distances.predicted_to_true.tolist()) == [0.0] * 4 + [1.0] * 4
    assert boundary_f1(distances, pixels=0) == pytest.approx(4 / 8)
    assert boundary_f1(distances, pixels=0.9) == pytest.approx(4 / 8)
    assert boundary_f1(distances, pixels=1) == 1.0


def test_precision_and_recall_by_hand() -> None:
    true, stray = square(1, 1, 1), square(9, 9, 1)
    # Of two predicted points one is right; the one true point is found: precision 1/2, recall 1.
    assert boundary_f1(contour_distances(true | stray, true), pixels=2) == pytest.approx(2 / 3)
    assert boundary_f1(contour_distances(true, true | stray), pixels=2) == pytest.approx(2 / 3)


def test_a_tolerance_of_the_diagonal() -> None:
    distances = contour_distances(square(0, 0, 1, (30, 40)), square(0, 3, 1, (30, 40)))
    assert distances.diagonal == 50.0
    assert boundary_f1(distances, diagonal_share=0.06) == 1.0  # 3 pixels
    assert boundary_f1(distances, diagonal_share=0.059) == 0.0


def test_distances_are_euclidean() -> None:
    distances = contour_distances(square(0, 0, 1), square(3, 4, 1))
    assert distances.predicted_to_true.tolist() == [pytest.approx(5.0, abs=1e-4)]
    diagonal_step = contour_distances(square(0, 0, 1), square(1, 1, 1))
    assert boundary_f1(diagonal_step, pixels=math.sqrt(2)) == 1.0
    assert boundary_f1(diagonal_step, pixels=1.41) == 0.0


def test_conventions_of_empty_masks() -> None:
    nothing, everything, some = np.zeros((12, 12), bool), np.ones((12, 12), bool), square(2, 2, 4)
    assert math.isnan(boundary_f1(contour_distances(some, nothing), pixels=2))
    assert math.isnan(boundary_f1(contour_distances(everything, everything), pixels=2))
    assert boundary_f1(contour_distances(nothing, some), pixels=2) == 0.0
    assert boundary_f1(contour_distances(everything, some), pixels=2) == 0.0


@given(data=st.data(), shape=hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), pixels=st.floats(0, 6))
def test_agrees_with_measuring_every_pair_of_pixels(data: st.DataObject, shape: tuple[int, int], pixels: float) -> None:
    predicted, mask = data.draw(hnp.arrays(np.bool_, shape)), data.draw(hnp.arrays(np.bool_, shape))
    ours, theirs = np.argwhere(contour(predicted)), np.argwhere(contour(mask))
    score = boundary_f1(contour_distances(predicted, mask), pixels=pixels)
    if not len(theirs):
        assert math.isnan(score)
        return
    between = np.sqrt(((ours[:, None] - theirs[None]) ** 2).sum(axis=2))
    near = between <= pixels + 1e-4
    precision = near.any(axis=1).mean() if len(ours) else 0.0
    recall = near.any(axis=0).mean() if len(ours) else 0.0
    assert score == pytest.approx(2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def test_what_does_not_fit_is_refused() -> None:
    distances = contour_distances(square(2, 2, 4), square(2, 2, 4))
    with pytest.raises(ValueError, match="either in pixels"):
        boundary_f1(distances)
    with pytest.raises(ValueError, match="either in pixels"):
        boundary_f1(distances, pixels=1, diagonal_share=0.1)
    with pytest.raises(ValueError, match="0 or more"):
        boundary_f1(distances, pixels=-1)
    with pytest.raises(ValueError, match="of one shape"):
        contour_distances(np.zeros((2, 2), bool), np.zeros((2, 3), bool))
