"""Redrawn surroundings: a looser region, faintly changed, and the edit itself untouched."""

from __future__ import annotations

import numpy as np

from sigmask.synthesis.edit import make_edit
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.region import dilate
from sigmask.synthesis.surroundings import LARGEST, RIM, STRENGTHS, redraw_surroundings
from sigmask.synthesis.synthetic_edit import SyntheticEdit, local_difference


def _edit(library: PhotoLibrary, seed: int) -> SyntheticEdit:
    for number in range(50):
        edit = make_edit(library, np.random.default_rng((seed, number)), size=192, weights={"redraw": 1.0})
        if edit.region is None:
            return edit
    raise AssertionError("50 edits, and all with redrawn surroundings")


def test_the_surroundings_change_faintly_and_the_edit_does_not(library: PhotoLibrary) -> None:
    loosened = 0
    for seed in range(8):
        edit = _edit(library, seed)
        loose = redraw_surroundings(edit, np.random.default_rng(seed))
        assert np.array_equal(loose.mask, edit.mask)
        assert np.array_equal(loose.edited[edit.mask], edit.edited[edit.mask])
        if loose.region is None:
            continue
        loosened += 1
        assert not (edit.mask & ~loose.region).any()
        assert loose.region.mean() <= LARGEST
        untouched = ~dilate(loose.region, RIM)
        assert np.array_equal(loose.edited[untouched], loose.original[untouched])
        faint = loose.region & ~loose.mask
        change = np.abs(loose.edited.astype(int) - loose.original).max(2)[faint]
        assert 0 < change.mean() < 4 * STRENGTHS[1]
    assert loosened >= 5


def test_a_region_that_would_fill_the_picture_is_left_alone(library: PhotoLibrary) -> None:
    edit = _edit(library, 0)
    large = np.ones_like(edit.mask)
    large[:2] = False
    whole = SyntheticEdit(edit.original, edit.edited, large, large, "", edit.edit, edit.action, "redraw")
    assert redraw_surroundings(whole, np.random.default_rng(0)) is whole


def test_the_same_seed_gives_the_same_surroundings(library: PhotoLibrary) -> None:
    edit = _edit(library, 3)
    first, second = (redraw_surroundings(edit, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first.edited, second.edited)
    assert local_difference(first.edited, second.edited).max() == 0
