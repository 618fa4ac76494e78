"""Which instance a side names, and where the prior points, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sigmask.evaluation.location_accuracy import (
    LocatedPointing,
    Question,
    located_map,
    location_table,
    point_at_side,
    questions,
)
from sigmask.types import MaskArray


def _box(top: int, left: int) -> MaskArray:
    """(16, 16) bool, a box of 4 × 4."""
    mask = np.zeros((16, 16), bool)
    mask[top : top + 4, left : left + 4] = True
    return mask


def test_the_two_farthest_apart_are_asked_for_by_their_sides() -> None:
    left, middle, right = _box(4, 0), _box(4, 5), _box(6, 12)
    found = questions([middle, right, left])
    assert [each.side for each in found] == ["left", "right"]  # 2 of 16 rows apart are too few for top and bottom
    assert found[0].asked is left and found[0].other is right
    assert found[1].asked is right and found[1].other is left
    assert np.array_equal(found[0].every, left | middle | right)
    assert [each.side for each in questions([_box(0, 0), _box(4, 0)])] == ["top", "bottom"]  # exactly a quarter
    assert questions([_box(0, 0), _box(3, 0)]) == []
    assert questions([left]) == []


def test_the_brightest_token_falls_on_one_on_both_or_on_neither() -> None:
    asked, other = _box(4, 0), _box(4, 12)
    question = Question("left", asked, other, asked | other)
    found = np.full((4, 4), 0.1, np.float32)  # tokens of 4 × 4 pixels
    found[1, 0], found[1, 3] = 0.8, 0.9
    assert point_at_side(found, question) == LocatedPointing("left", False, True, True, pytest.approx(1 / 2))
    assert point_at_side(located_map(np.log(found / (1 - found)), "left", 1.0), question).on_asked
    both = Question("left", asked, asked, asked)
    assert point_at_side(found[:, ::-1], both) == LocatedPointing("left", False, False, True, pytest.approx(1 / 2))
    assert not point_at_side(found[::-1], question).on_class


def test_the_table_counts_only_what_falls_on_either() -> None:
    asked, other = _box(4, 0), _box(4, 12)
    logits = np.full((4, 4), -4, np.float32)
    logits[1, 0] = logits[1, 3] = 2
    either = [(logits, Question("left", asked, other, asked | other)), (logits, Question("right", other, asked, asked))]
    nothing = (np.where(np.arange(4)[:, None] == 3, 8, logits).astype(np.float32), either[0][1])
    lines = location_table([*either, nothing], [0.0, 1.0]).splitlines()
    assert lines[2] == "| 0 | 50.0 (2 of 3) | 50.0 (2 of 3) | - | 33.3 | 66.7 | 38.9 |"  # IoU 1/2, 1/2 and 1/6
    assert lines[3].startswith("| 1 | 100.0 (2 of 3) | 100.0 (2 of 3) | - | 66.7 |")
