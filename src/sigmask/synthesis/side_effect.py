"""A second change: a side-effect that nobody asked for, or one that the instruction asks for too.

A side-effect is in the mask, and not in the instruction.
"""

from __future__ import annotations

import dataclasses
import re

import numpy as np

from sigmask.synthesis.addition import add_object
from sigmask.synthesis.freeform import redraw_region
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.recolour import recolour_object
from sigmask.synthesis.removal import remove_object
from sigmask.synthesis.replacement import redraw_object
from sigmask.synthesis.synthetic_edit import SyntheticEdit
from sigmask.synthesis.tiny_edit import LARGEST as LARGEST_TINY

LARGEST = 0.12
"""The largest share of the picture a second change covers."""
LARGEST_SUM = 0.9
"""The largest share of the picture both changes cover."""


def add_side_effect(
    edit: SyntheticEdit, photo: Photo, library: PhotoLibrary, rng: np.random.Generator
) -> SyntheticEdit:
    """`edit` with a second, smaller change apart from the first one; unchanged if four tries find no room.

    Args:
        photo: the photograph `edit` was made from: its objects are what the side-effect may touch.
    """
    second = _second_change(edit, photo, library, rng)
    if second is None:
        return edit
    return dataclasses.replace(edit, edited=second.edited, mask=edit.mask | second.mask)


def add_second_edit(
    edit: SyntheticEdit, photo: Photo, library: PhotoLibrary, rng: np.random.Generator
) -> SyntheticEdit:
    """The same, and the instruction asks for both: "remove the cup and make the table red"."""
    second = _second_change(edit, photo, library, rng)
    if second is None:
        return edit
    joint = str(rng.choice([" and ", ", and ", ". Also, ", ", then "]))
    first_text = edit.instruction.rstrip(".?")
    return dataclasses.replace(
        edit,
        edited=second.edited,
        mask=edit.mask | second.mask,
        instruction=f"{first_text}{joint}{_within_sentence(second.instruction)}",
        edit=(*edit.edit, *second.edit),
        regions=(*edit.regions, *second.regions),
    )


def _within_sentence(text: str) -> str:
    """`text` with a small first letter; the word "I" stays, as in "I'd like"."""
    return text if re.match(r"I\b", text) else f"{text[0].lower()}{text[1:]}"


def _second_change(
    edit: SyntheticEdit, photo: Photo, library: PhotoLibrary, rng: np.random.Generator
) -> SyntheticEdit | None:
    """A change to `edit.edited` that leaves the first one alone; a tiny edit is still tiny with it."""
    largest_sum = LARGEST_TINY if edit.family == "tiny" else LARGEST_SUM
    makers = [redraw_object, redraw_region, recolour_object, remove_object, add_object]
    untouched = tuple(
        Instance(instance.name, instance.mask)
        for instance in photo.instances
        if (instance.mask & edit.mask).sum() < 0.1 * instance.mask.sum()
    )
    now = Photo(edit.edited, untouched, photo.caption)
    for _ in range(4):
        second = makers[int(rng.integers(len(makers)))](now, library, rng)
        if second is None or second.mask.mean() > LARGEST or (second.mask & edit.mask).any():
            continue
        if (edit.mask | second.mask).mean() <= largest_sum:
            return second
    return None
