"""A new background: the subject stays as it is, all around it is another place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sigmask.synthesis.background import replace_background
from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.palette import PALETTE
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.region import dilate
from sigmask.types import Action
from tests.synthesis.one_thing import assert_nothing_else_changed, edits_of, photo_of_one

PHOTO = photo_of_one()
SUBJECT = PHOTO.instances[0].mask
RIM = 8  # pixels, of the softest outline


def test_the_subject_stays_and_all_around_it_changes(library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    edits = edits_of(replace_background, PHOTO, library, monkeypatch, tries=40)
    assert len(edits) >= 30
    for edit in edits:
        assert_nothing_else_changed(edit, PHOTO)
        inside = dilate(SUBJECT, -RIM)
        assert inside.sum() > 1000 and np.array_equal(edit.edited[inside], PHOTO.image[inside])
        assert not edit.mask[inside].any()
        assert edit.mask[~dilate(SUBJECT, RIM)].mean() > 0.9


def test_the_instruction_names_the_scene_and_concepts_lie_where_they_are(
    library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {re.sub(r"^an? ", "", scene) for scene in vocabulary()["scenes"]}
    of_subject, located = set(), set()
    for edit in edits_of(replace_background, PHOTO, library, monkeypatch, tries=40):
        (said,), (named,) = edit.edit, edit.regions
        assert edit.action is Action.BACKGROUND and said.edited_concept is not None
        assert said.edited_concept in edit.instruction
        is_subject = said.original_concept != "background"
        assert named.original is not None
        assert np.array_equal(named.original, SUBJECT if is_subject else ~SUBJECT)
        is_colour = said.edited_concept.removesuffix(" wall") in PALETTE
        assert is_colour or said.edited_concept in places
        assert (named.edited is not None) == is_colour
        of_subject.add(is_subject)
        located.add(is_colour)
    assert of_subject == located == {True, False}


def test_without_a_subject_of_some_size_there_is_none(library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    small = photo_of_one(box=(50, 60, 90, 100))  # 1,600 of 28,800 pixels: less than a tenth
    assert edits_of(replace_background, small, library, monkeypatch, tries=10) == []
