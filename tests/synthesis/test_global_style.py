"""Styles: the whole picture changes, each in its own way, and the instruction says which."""

from __future__ import annotations

import numpy as np
import pytest

from sigmask.synthesis import global_style
from sigmask.synthesis.global_style import restyle
from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.synthetic_edit import visible_change
from sigmask.types import Action, ImageArray
from tests.synthesis.one_thing import edits_of, photo_of_one

PHOTO = photo_of_one()


def _drawn(style: str) -> list[ImageArray]:
    return [global_style._STYLES[style](PHOTO.image, np.random.default_rng(seed)) for seed in range(3)]


def _colours(image: ImageArray) -> int:
    return len(np.unique(image.reshape(-1, 3), axis=0))


def test_the_mask_is_everything_and_the_style_is_said(library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    edits = edits_of(restyle, PHOTO, library, monkeypatch, tries=20)
    assert len(edits) >= 15
    wordings = [wording for style in vocabulary()["styles"].values() for wording in style]
    for edit in edits:
        assert edit.mask.all() and edit.action is Action.STYLE
        assert any(wording in edit.instruction for wording in wordings)
        assert visible_change(edit.original, edit.edited).mean() >= 0.9


def test_a_style_that_shows_too_little_is_none(library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    half = PHOTO.image.copy()
    half[:80] = 255 - half[:80]
    weak = dict.fromkeys(global_style._STYLES, lambda image, rng: half)
    monkeypatch.setattr(global_style, "_STYLES", weak)
    assert edits_of(restyle, PHOTO, library, monkeypatch, tries=5) == []


@pytest.mark.parametrize("style", sorted(global_style._STYLES))
def test_a_style_keeps_the_size_and_is_the_same_for_a_generator(style: str) -> None:
    for image, again in zip(_drawn(style), _drawn(style), strict=True):
        assert (image.shape, image.dtype) == (PHOTO.image.shape, np.uint8)
        assert np.array_equal(image, again)


def test_every_style_has_words() -> None:
    assert set(global_style._STYLES) == set(vocabulary()["styles"])


def test_each_style_looks_as_it_is_called() -> None:
    means = {style: [image.mean((0, 1)) for image in _drawn(style)] for style in global_style._STYLES}
    assert all(mean.min() > 180 for mean in means["pencil"])  # mostly paper
    assert all(red > green > blue for red, green, blue in means["sepia"])
    assert all(blue > green > red and blue < 60 for red, green, blue in means["night"])
    assert all(3 <= _colours(image) <= 5 for image in _drawn("poster"))  # of so many inks
    # tiles of 7 pixels at least, (160 / 7) · (180 / 7) of them, each with a light and a dark colour
    assert all(_colours(image) <= 2 * 22 * 25 for image in _drawn("mosaic"))
    assert any(np.array_equal(image, 255 - PHOTO.image) for image in _drawn("neon"))
