"""Recolouring of one thing: the colour that is said comes nearer, the shading and everything else stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.palette import PALETTE, move_to_colour
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.recolour import GARMENTS, change_material, recolour_object
from sigmask.synthesis.region import dilate
from sigmask.types import Action, ImageArray
from tests.synthesis.one_thing import assert_nothing_else_changed, edits_of, photo_of_one

PHOTO = photo_of_one()
THING = PHOTO.instances[0].mask


def _lab(image: ImageArray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float64)


def test_the_colour_that_is_said_comes_nearer_and_the_shading_stays(
    library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = edits_of(recolour_object, PHOTO, library, monkeypatch, tries=60)
    assert len(edits) >= 50
    nearer, said = [], set()
    for edit in edits:
        assert_nothing_else_changed(edit, PHOTO)
        assert not (edit.mask & ~dilate(THING, 3)).any()
        (colour,) = edit.edit[0].attributes
        assert edit.action is Action.ATTRIBUTE and colour in edit.instruction
        assert edit.edit[0].edited_concept == f"{colour} {edit.edit[0].original_concept}"
        before, after = (_lab(image)[edit.mask & THING] for image in (edit.original, edit.edited))
        assert np.corrcoef(before[:, 0], after[:, 0])[0, 1] > 0.7
        said.add(colour)
        if colour in PALETTE:
            aim = _lab(np.array([[PALETTE[colour]]], np.uint8))[0, 0, 1:]
            distances = [np.linalg.norm(pixels[:, 1:].mean(0) - aim) for pixels in (before, after)]
            nearer.append(distances[1] < distances[0])
        else:
            assert colour == ("darker" if after[:, 0].mean() < before[:, 0].mean() else "brighter")
    assert np.mean(nearer) >= 0.95  # a hue that is turned a little may fall short of the name that is nearest to it
    assert len(said) >= 10


@pytest.mark.parametrize("colour", ["red", "green", "light blue", "brown"])
def test_the_mean_becomes_the_colour_or_the_lightness_stays(colour: str) -> None:
    moved = move_to_colour(PHOTO.image, THING, PALETTE[colour], keep_lightness=0.0, flatten=1.0)
    aim = _lab(np.array([[PALETTE[colour]]], np.uint8))[0, 0]
    assert _lab(moved)[THING].mean(0) == pytest.approx(aim, abs=12)
    kept = move_to_colour(PHOTO.image, THING, PALETTE[colour], keep_lightness=1.0, flatten=1.0)
    before, after = (_lab(image)[THING][:, 0] for image in (PHOTO.image, kept))
    assert np.abs(after - before).mean() < 10  # of 255; what RGB cannot hold is cut


def test_a_material_covers_the_thing_and_keeps_its_light(
    library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = edits_of(change_material, PHOTO, library, monkeypatch, tries=40)
    assert len(edits) >= 30
    known = {*vocabulary()["materials"], *vocabulary()["patterns"], "gold", "chrome", "metal", "silver", "glass"}
    brighter = 0
    for edit in edits:
        assert_nothing_else_changed(edit, PHOTO)
        assert not (edit.mask & ~dilate(THING, 3)).any()
        (material,) = edit.edit[0].attributes
        assert material in known and material in edit.instruction
        left, right = (_lab(edit.edited)[55:105, columns, 0].mean() for columns in (slice(65, 90), slice(90, 115)))
        brighter += right > left
    assert brighter >= 0.75 * len(edits)  # a covering has light and dark places of its own


def test_clothes_are_a_band_of_an_upright_person(library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    person = photo_of_one("person", box=(10, 70, 150, 120))  # 140 pixels tall: from 17 to 24 % down to 48 to 80 %
    edits = edits_of(recolour_object, person, library, monkeypatch, tries=30)
    clothed = [edit for edit in edits if edit.edit[0].original_concept in GARMENTS]
    assert 8 <= len(clothed) < len(edits)
    for edit in clothed:
        rows = np.flatnonzero(edit.mask.any(1))
        assert rows[0] > 10 + 0.1 * 140 and rows[-1] < 10 + 0.9 * 140
