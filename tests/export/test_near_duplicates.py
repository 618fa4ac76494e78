from __future__ import annotations

import numpy as np

from sigmask.export.near_duplicates import near_duplicates

REGION, MASK = 0x0F0F_0F0F_0F0F_0F0F, 0b1110


def dropped(rows: list[tuple[int, int, int, float]]) -> list[bool]:
    """Rows are (group, region hash, mask hash, quality)."""
    groups, regions, masks, qualities = zip(*rows, strict=True)
    return near_duplicates(
        np.array(groups, np.int64), np.array(regions, np.uint64), np.array(masks, np.uint64), np.array(qualities)
    ).tolist()


def test_the_better_one_stays_and_of_equals_the_first() -> None:
    assert dropped([(0, REGION, MASK, 0.5), (0, REGION, MASK, 0.9), (0, REGION, MASK, 0.9)]) == [True, False, True]
    assert dropped([(0, REGION, MASK, 0.5), (0, REGION ^ 0b11, MASK ^ 1, 0.9)]) == [True, False]


def test_other_originals_other_places_and_other_contents_stay() -> None:
    rows = [
        (0, REGION, MASK, 0.5),
        (1, REGION, MASK, 0.9),  # another original
        (0, ~REGION & (2**64 - 1), MASK, 0.9),  # something else in the same place
        (0, REGION, MASK << 20, 0.9),  # the same elsewhere
    ]
    assert dropped(rows) == [False, False, False, False]


def test_a_row_that_is_near_only_to_a_dropped_one_stays() -> None:
    first, second, third = REGION, REGION ^ 0b1111, REGION ^ 0b1111_1111  # each near the next, the ends apart
    assert dropped([(0, first, MASK, 0.9), (0, second, MASK, 0.8), (0, third, MASK, 0.7)]) == [False, True, False]


def test_no_rows() -> None:
    assert near_duplicates(*(np.zeros(0, kind) for kind in (np.int64, np.uint64, np.uint64, np.float64))).tolist() == []
