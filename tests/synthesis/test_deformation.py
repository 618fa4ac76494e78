"""Deformation of one thing: where it goes, how large it gets, and that the mask is its old and its new place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sigmask.synthesis.deformation import deform_object
from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.region import bounding_box, dilate
from sigmask.synthesis.synthetic_edit import SyntheticEdit
from sigmask.types import Action, MaskArray
from tests.synthesis.one_thing import assert_nothing_else_changed, edits_of, photo_of_one

PHOTO = photo_of_one()
THING = PHOTO.instances[0].mask
STEPS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}


@pytest.fixture(scope="module")
def edits(library: PhotoLibrary) -> list[SyntheticEdit]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return edits_of(deform_object, PHOTO, library, monkeypatch, tries=80)


def _new_place(edit: SyntheticEdit) -> MaskArray:
    (named,) = edit.regions
    assert named.original is not None and np.array_equal(named.original, THING)
    assert named.edited is not None
    return named.edited


def test_the_thing_is_named_and_nothing_else_changes(edits: list[SyntheticEdit]) -> None:
    assert len(edits) >= 60
    for edit in edits:
        assert_nothing_else_changed(edit, PHOTO)
        assert edit.edit[0].original_concept in ("car", *vocabulary()["synonyms"]["car"])
        assert edit.edit[0].original_concept in edit.instruction


def test_it_moves_where_the_instruction_says_and_leaves_a_gap(edits: list[SyntheticEdit]) -> None:
    directions = set()
    for edit in (edit for edit in edits if edit.action is Action.MOVE):
        found = re.search(rf"\b({'|'.join(STEPS)})\b", edit.instruction)
        assert found is not None
        directions.add(found[1])
        new = _new_place(edit)
        moved = np.argwhere(new).mean(0) - np.argwhere(THING).mean(0)
        down, right = STEPS[found[1]]
        assert moved @ (down, right) >= 0.25 * 60 - 1 and abs(moved @ (right, down)) <= 1  # it is 60 pixels a side
        assert edit.mask[THING & ~new].mean() > 0.9  # where it was
        assert edit.mask[new & ~THING].mean() > 0.9  # and where it is
        assert not (edit.mask & ~dilate(THING | new, 5)).any()
    assert directions == set(STEPS)


def test_it_grows_or_shrinks_as_the_instruction_says_and_keeps_standing(edits: list[SyntheticEdit]) -> None:
    sizes = set()
    for edit in (edit for edit in edits if edit.action is Action.ATTRIBUTE):
        (size,) = edit.edit[0].attributes
        sizes.add(size)
        top, left, bottom, right = bounding_box(_new_place(edit))
        height, width = bottom - top, right - left
        tall, wide = size in {"taller", "longer", "shorter", "lower"}, size in {"fatter", "wider", "chubby"}
        wide = wide or size in {"thinner", "slimmer", "narrower"}
        larger = size in {"bigger", "larger", "huge", "giant", "taller", "longer", "fatter", "wider", "chubby"}
        for length, stays in ((height, wide), (width, tall)):
            assert abs(length - 60) <= 2 if stays else (length > 65 if larger else length < 55)
        assert abs(bottom - 110) <= 2
        assert abs((left + right) / 2 - 90) <= 2
    assert len(sizes) >= 5


def test_a_pose_changes_the_thing_or_what_is_beside_it(edits: list[SyntheticEdit]) -> None:
    posed = [edit for edit in edits if edit.action in (Action.ACTION_CHANGE, Action.REPLACE)]
    assert len(posed) >= 20
    for edit in posed:
        _new_place(edit)
        assert (edit.mask & dilate(THING, 4)).any()
        assert edit.mask.mean() < 2 * THING.mean()


def test_without_a_thing_of_some_size_there_is_none(library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = photo_of_one(box=(50, 60, 60, 70))  # 100 of 28,800 pixels
    assert edits_of(deform_object, tiny, library, monkeypatch, tries=10) == []
