"""Side-effects: a second change that nobody asked for. It is in the mask, but not in the instruction's target."""

from __future__ import annotations

import dataclasses

import numpy as np

from sigmask.synthesis.addition import add_object
from sigmask.synthesis.freeform import redraw_region
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.recolour import recolour_object
from sigmask.synthesis.removal import remove_object
from sigmask.synthesis.replacement import redraw_object
from sigmask.synthesis.synthetic_edit import SyntheticEdit

LARGEST = 0.12
"""The largest share of the picture a side-effect covers."""


def add_side_effect(
    edit: SyntheticEdit, photo: Photo, library: PhotoLibrary, rng: np.random.Generator
) -> SyntheticEdit:
    """`edit` with a second, smaller change apart from the first one; unchanged if four tries find no room.

    Args:
        photo: the photograph `edit` was made from: its objects are what the side-effect may touch.
    """
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
        mask = edit.mask | second.mask
        if mask.mean() <= 0.9:
            return dataclasses.replace(edit, edited=second.edited, mask=mask)
    return edit
