from __future__ import annotations

import numpy as np

from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle, visible_change
from sigmask.types import Action, EditTuple

INSTRUCTION = ("remove it", EditTuple(action=Action.REMOVE))


def _settle(edited: np.ndarray, mask: np.ndarray, *, solid: bool = False) -> SyntheticEdit | None:
    original = np.full((*mask.shape, 3), 100, np.uint8)
    return settle(
        original, edited, mask, regions=NamedRegions(mask, mask), instruction=INSTRUCTION, family="test", solid=solid
    )


def _box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((100, 100), bool)
    mask[top:bottom, left:right] = True
    return mask


def _edited(changed: np.ndarray) -> np.ndarray:
    return np.where(changed[:, :, None], np.uint8(160), np.uint8(100)).repeat(3, 2).astype(np.uint8)


def test_the_rim_where_nothing_changed_leaves_the_mask() -> None:
    settled = _settle(_edited(_box(30, 30, 70, 70)), _box(20, 20, 80, 80))
    assert settled is not None
    # The means spread a change of 60 levels by one pixel.
    assert np.array_equal(settled.mask, _box(29, 29, 71, 71))


def test_an_edit_that_changes_nothing_is_none() -> None:
    assert _settle(_edited(_box(0, 0, 0, 0)), _box(20, 20, 80, 80)) is None


def test_an_edit_as_faint_as_an_autoencoders_noise_is_none() -> None:
    mask = _box(20, 20, 80, 80)
    faint = np.full((100, 100, 3), 100, np.uint8) + 10 * mask[:, :, None].astype(np.uint8)
    assert _settle(faint, mask) is None
    assert _settle(faint + 4 * mask[:, :, None].astype(np.uint8), mask) is not None


def test_an_edit_too_small_to_matter_is_none() -> None:
    assert _settle(_edited(_box(50, 50, 52, 52)), _box(50, 50, 52, 52)) is None


def test_what_lies_outside_the_mask_is_given_back_to_the_original() -> None:
    settled = _settle(_edited(_box(10, 10, 90, 90)), _box(30, 30, 70, 70))
    assert settled is not None
    assert (settled.edited[~settled.mask] == 100).all()
    assert (settled.edited[settled.mask] == 160).all()


def test_a_large_unchanged_part_is_cut_out_unless_the_region_was_redrawn_whole() -> None:
    changed = _box(20, 20, 80, 80) & ~_box(40, 40, 60, 60)
    cut, whole = (
        _settle(_edited(changed), _box(20, 20, 80, 80)),
        _settle(_edited(changed), _box(20, 20, 80, 80), solid=True),
    )
    assert cut is not None and whole is not None
    assert not cut.mask[50, 50]
    assert np.array_equal(whole.mask, _box(20, 20, 80, 80))


def test_visible_change_needs_more_than_its_threshold() -> None:
    original = np.full((20, 20, 3), 100, np.uint8)
    assert not visible_change(original, original + np.uint8(6)).any()
    assert visible_change(original, original + np.uint8(7)).all()
