"""A photograph with one thing on it, of which everything is known, and what a maker does to it."""

from __future__ import annotations

import numpy as np
import pytest

from sigmask.synthesis import instruction_templates
from sigmask.synthesis.edit import Family
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.synthetic_edit import SyntheticEdit
from tests.synthesis.drawn_library import textured_ground


def photo_of_one(name: str = "car", *, box: tuple[int, int, int, int] = (50, 60, 110, 120)) -> Photo:
    """A bluish thing in `box` (top, left, bottom, right) on 160 × 180 pixels, three times as bright at its right edge
    as at its left."""
    image = textured_ground(np.random.default_rng(0), 160, 180)
    top, left, bottom, right = box
    mask = np.zeros(image.shape[:2], bool)
    mask[top:bottom, left:right] = True
    light = np.linspace(0.5, 1.5, right - left)[None, :, None]
    grain = np.random.default_rng(1).normal(0, 3, (bottom - top, right - left, 1))
    image[top:bottom, left:right] = np.clip(np.array([60, 90, 140]) * light + grain, 0, 255).astype(np.uint8)
    return Photo(image, (Instance(name, mask),))


def edits_of(
    maker: Family, photo: Photo, library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch, *, tries: int
) -> list[SyntheticEdit]:
    """What comes of so many draws, with instructions without typos and polite words."""
    monkeypatch.setattr(instruction_templates, "_register", lambda text, _: text)
    rng = np.random.default_rng(0)
    return [edit for _ in range(tries) if (edit := maker(photo, library, rng)) is not None]


def assert_nothing_else_changed(edit: SyntheticEdit, photo: Photo) -> None:
    """The original is the photograph, and the edited image is it too outside the mask, in which most pixels change."""
    assert np.array_equal(edit.original, photo.image)
    assert np.array_equal(edit.edited[~edit.mask], photo.image[~edit.mask])
    assert (edit.edited != photo.image).any(2)[edit.mask].mean() > 0.7
