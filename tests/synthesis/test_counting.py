from __future__ import annotations

import numpy as np

from sigmask.synthesis.counting import change_number
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.types import Action
from tests.synthesis.drawn_library import textured_ground


def _dogs(count: int, *, unclear: frozenset[str] = frozenset()) -> Photo:
    """So many dark squares in a row."""
    image = textured_ground(np.random.default_rng(0), 120, 60 * count + 60)
    masks = []
    for number in range(count):
        mask = np.zeros(image.shape[:2], bool)
        mask[40:80, 20 + 60 * number : 50 + 60 * number] = True
        image[mask] = (20, 10, 10)
        masks.append(mask)
    return Photo(image, tuple(Instance("dog", mask) for mask in masks), unclear=unclear)


def test_there_is_one_fewer_of_three_or_one_more(library: PhotoLibrary) -> None:
    photo, rng = _dogs(3), np.random.default_rng(0)
    edits = [edit for _ in range(60) if (edit := change_number(photo, library, rng))]
    fewer = [edit for edit in edits if edit.action is Action.REMOVE]
    assert len(fewer) >= 10 and any(edit.action is Action.ADD for edit in edits)
    for edit in fewer:
        gone = [instance.mask for instance in photo.instances if edit.mask[instance.mask].mean() > 0.9]
        untouched = [instance.mask for instance in photo.instances if not edit.mask[instance.mask].any()]
        assert (len(gone), len(untouched)) == (1, 2)
        assert edit.regions[0].original is not None and edit.regions[0].edited is None
        assert (edit.regions[0].original == photo.all_named("dog")).all()
    assert any("two" in edit.instruction.lower() for edit in fewer)


def test_what_cannot_be_counted_gets_only_more(library: PhotoLibrary) -> None:
    rng = np.random.default_rng(0)
    for photo in (_dogs(1), _dogs(3, unclear=frozenset({"dog"}))):
        edits = [edit for _ in range(20) if (edit := change_number(photo, library, rng))]
        assert edits and all(edit.action is Action.ADD for edit in edits)
