"""What is drawn anew around an edit: most beside it, nothing far away, and the edit itself stays where it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sigmask.synthesis import leakage
from sigmask.synthesis.leakage import MOST_REACH, leak_around, leak_shares
from sigmask.synthesis.synthetic_edit import local_difference
from tests.drawing import draw_photo

PHOTO = draw_photo(np.random.default_rng(2), 400, 480)
MASK = np.zeros((400, 480), bool)
MASK[40:120, 40:140] = True


def _distance(mask: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def test_shares_are_full_beside_the_edit_and_fall_with_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leakage, "smooth_shares", lambda shape, rng: np.ones((*shape, 1), np.float32))
    monkeypatch.setattr(leakage, "REACH", (0.2, 0.2))
    shares = leak_shares(np.array([[0.0, 8.0, 20.0, 40.0]], np.float32), 100.0, np.random.default_rng(0))
    # reach 20: 1.5 · exp(-8 / 20) = 1.005 is cut to 1, 1.5 / e = 0.5518, 1.5 / e² = 0.2030
    assert shares.tolist() == [pytest.approx([1.0, 1.0, 0.5518, 0.2030], abs=1e-4)]


@pytest.mark.parametrize(("size", "reach"), [(1.0, 5.0), (1e6, 80.0)])
def test_reach_is_bounded(size: float, reach: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leakage, "smooth_shares", lambda shape, rng: np.ones((*shape, 1), np.float32))
    shares = leak_shares(np.array([[reach]], np.float32), size, np.random.default_rng(0))
    assert float(shares[0, 0]) == pytest.approx(1.5 / np.e)


def test_most_changes_beside_the_edit_and_nothing_far_from_it() -> None:
    distance = _distance(MASK)
    near, far = ((distance > 4) & (distance < 20)), distance > 3 * MOST_REACH
    changes = []
    for seed in range(8):
        before = PHOTO.copy()
        leaked = leak_around(PHOTO, MASK, np.random.default_rng(seed))
        assert np.array_equal(PHOTO, before)
        assert (leaked.shape, leaked.dtype) == (PHOTO.shape, np.uint8)
        assert np.array_equal(leaked, leak_around(PHOTO, MASK, np.random.default_rng(seed)))
        change = local_difference(PHOTO, leaked)
        assert np.median(change[far]) < 2
        changes.append((float(change[near].mean()), float(change[far].mean())))
    beside, away = np.mean(changes, axis=0)
    assert 2 < beside < 40 and away < 0.2 * beside


def test_the_edit_stays_where_it_is() -> None:
    """Its outline does not move with what lies beside it: a white box on black is still one."""
    box = np.where(MASK[:, :, None], np.uint8(255), np.uint8(0)).repeat(3, 2)
    for seed in range(8):
        leaked = leak_around(box, MASK, np.random.default_rng(seed)).mean(2)
        inner, outer = cv2.erode(MASK.astype(np.uint8), np.ones((25, 25))) > 0, _distance(MASK) > 12
        assert leaked[inner].mean() > leaked[outer].mean() + 100


@pytest.mark.parametrize("fill", [False, True])
def test_nothing_lies_around_an_empty_mask_or_one_of_the_whole_picture(fill: bool) -> None:
    assert np.array_equal(leak_around(PHOTO, np.full(MASK.shape, fill), np.random.default_rng(0)), PHOTO)


def test_the_smallest_pictures_pass() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (8, 30, 3), dtype=np.uint8)
    mask = np.zeros((8, 30), bool)
    mask[3, 3] = True
    assert leak_around(photo, mask, np.random.default_rng(0)).shape == photo.shape
