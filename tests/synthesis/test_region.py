from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.synthesis import region


def _box(top: int, left: int, bottom: int, right: int, side: int = 20) -> np.ndarray:
    mask = np.zeros((side, side), bool)
    mask[top:bottom, left:right] = True
    return mask


def test_distances_to_a_pixel_are_those_on_the_grid() -> None:
    distance = region.distance_to(_box(10, 10, 11, 11))
    assert distance[10, 10] == 0
    assert distance[10, 13] == 3
    assert distance[13, 14] == pytest.approx(5)  # 3² + 4² = 5²


def test_dilating_one_pixel_by_one_makes_a_plus() -> None:
    assert region.dilate(_box(10, 10, 11, 11), 1).sum() == 5


def test_eroding_takes_the_rim_away() -> None:
    assert np.array_equal(region.dilate(_box(5, 5, 10, 10), -1), _box(6, 6, 9, 9))


def test_holes_are_filled_up_to_their_limit_and_bays_are_not() -> None:
    mask = _box(2, 2, 18, 18)
    mask[5:7, 5:7] = False  # 4 pixels
    mask[10:14, 10:14] = False  # 16 pixels
    mask[0:4, 15] = False  # reaches the outside
    filled = region.fill_holes(mask, 4)
    assert filled.sum() - mask.sum() == 4
    assert not filled[12, 12]
    assert region.fill_holes(mask, 16).sum() - mask.sum() == 20


def test_a_narrow_gap_is_closed_and_a_wide_one_stays() -> None:
    mask = _box(5, 2, 15, 8) | _box(5, 10, 15, 16)
    assert region.close_gaps(mask, 2)[10, 8:10].all()
    assert not region.close_gaps(_box(5, 2, 15, 6) | _box(5, 14, 15, 18), 2)[10, 9]


def test_closing_reaches_the_border_without_growing_past_it() -> None:
    mask = _box(0, 0, 20, 20)
    assert np.array_equal(region.close_gaps(mask, 3), mask)


def test_specks_go_and_the_rest_stays() -> None:
    mask = _box(2, 2, 8, 8) | _box(15, 15, 17, 17)
    assert np.array_equal(region.drop_specks(mask, 5), _box(2, 2, 8, 8))
    assert np.array_equal(region.largest_part(mask), _box(2, 2, 8, 8))


def test_bounding_box_is_exclusive_at_its_end() -> None:
    assert region.bounding_box(_box(3, 4, 9, 11)) == (3, 4, 9, 11)


@pytest.mark.parametrize(("box", "word"), [((8, 0, 12, 4), "left"), ((8, 16, 12, 20), "right"), ((0, 8, 4, 12), "top")])
def test_the_place_is_named_by_the_side_it_lies_on(box: tuple[int, int, int, int], word: str) -> None:
    rng = np.random.default_rng(0)
    assert word in (region.place_name(_box(*box), rng) or "")


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_regions_keep_near_their_area(seed: int) -> None:
    mask = region.random_region((120, 160), np.random.default_rng(seed), (0.02, 0.2))
    assert mask.shape == (120, 160)
    assert mask.mean() < 0.5
