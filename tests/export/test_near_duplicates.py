from __future__ import annotations

import numpy as np

from sigmask.export.near_duplicates import near_duplicates

#               centre    spread  four quarters' RGB
SIGNATURE = np.array([100, 80, 16, 16, *([200, 60, 60] * 4)], np.uint8)


def changed(**bytes_: int) -> np.ndarray:
    """`SIGNATURE` with `x` and `y` moved, or all `colours` lifted."""
    moved = SIGNATURE.astype(int)
    moved[0] += bytes_.get("x", 0)
    moved[1] += bytes_.get("y", 0)
    moved[4:] += bytes_.get("colours", 0)
    return moved.astype(np.uint8)


def dropped(rows: list[tuple[int, np.ndarray, float]]) -> list[bool]:
    """Rows are (group, signature, quality)."""
    groups, signatures, qualities = zip(*rows, strict=True)
    return near_duplicates(np.array(groups, np.int64), np.stack(signatures), np.array(qualities)).tolist()


def test_the_better_one_stays_and_of_equals_the_first() -> None:
    assert dropped([(0, SIGNATURE, 0.5), (0, SIGNATURE, 0.9), (0, SIGNATURE, 0.9)]) == [True, False, True]
    assert dropped([(0, SIGNATURE, 0.5), (0, changed(x=-2, y=3, colours=5), 0.9)]) == [True, False]


def test_other_originals_other_places_and_other_contents_stay() -> None:
    rows = [
        (0, SIGNATURE, 0.5),
        (1, SIGNATURE, 0.9),  # another original
        (0, changed(colours=9), 0.9),  # something else in the same place
        (0, changed(x=5), 0.9),  # the same elsewhere: a spread of 16 allows 2 + 2
        (0, changed(y=-5), 0.9),
    ]
    assert dropped(rows) == [False] * 5


def test_a_row_that_is_near_only_to_a_dropped_one_stays() -> None:
    rows = [(0, SIGNATURE, 0.9), (0, changed(x=4), 0.8), (0, changed(x=8), 0.7)]  # each near the next, the ends apart
    assert dropped(rows) == [False, True, False]


def test_all_pairs_of_a_group_are_compared(rng: np.random.Generator) -> None:
    """Of 300 signatures of one group whose centres are alike in x, a repeat of each is found."""
    drawn = rng.integers(0, 256, (150, 16), dtype=np.uint8)
    drawn[:, 0] = rng.integers(100, 104, 150)
    rows = [(0, signature, 0.9) for signature in (*drawn, *np.clip(drawn.astype(int) + 1, 0, 255).astype(np.uint8))]
    assert dropped(rows) == [False] * 150 + [True] * 150


def test_no_rows() -> None:
    nothing = near_duplicates(np.zeros(0, np.int64), np.zeros((0, 16), np.uint8), np.zeros(0))
    assert nothing.tolist() == []
