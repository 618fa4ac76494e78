from __future__ import annotations

import pytest

from sigmask.training.area_guard import AreaGuard


def test_masks_that_swell_or_vanish_close_it_until_they_are_normal_again() -> None:
    guard = AreaGuard(window=2, factor=2.0)
    assert guard.open and guard.mean == 0
    guard.add(0.1)
    guard.add(0.3)
    assert float(guard.normal) == pytest.approx(0.2) and guard.open
    guard.add(0.7)  # the last two: 0.3 and 0.7
    assert guard.mean == pytest.approx(0.5) and not guard.open
    guard.add(0.02)
    assert guard.mean == pytest.approx(0.36) and guard.open
    guard.add(0.02)
    assert not guard.open  # 0.02 < 0.2 / 2


def test_its_state_comes_back() -> None:
    guard, other = AreaGuard(window=2), AreaGuard(window=2)
    for area in (0.1, 0.3, 0.9):
        guard.add(area)
    other.load_state_dict(guard.state_dict())
    assert (other.mean, other.open) == (guard.mean, guard.open)


def test_a_guard_that_cannot_work_is_refused() -> None:
    with pytest.raises(ValueError, match="factor above 1"):
        AreaGuard(factor=1.0)


def test_masks_that_swell_from_two_thirds_close_it_too() -> None:
    guard = AreaGuard(window=1, factor=1.6)
    guard.add(0.68)
    assert guard.open
    guard.add(0.79)  # of 0.32 unmarked at first 0.21 are left, more than 0.32 / 1.6
    assert guard.open
    guard.add(0.81)
    assert not guard.open
