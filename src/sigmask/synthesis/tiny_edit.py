"""Tiny edits: a change of at most a hundredth of the picture, by any maker that can work so small."""

from __future__ import annotations

import dataclasses

import numpy as np

from sigmask.synthesis.addition import add_newcomer, lay_newcomer
from sigmask.synthesis.freeform import redraw_region
from sigmask.synthesis.photos import Photo, PhotoLibrary
from sigmask.synthesis.recolour import recolour_object
from sigmask.synthesis.removal import remove_object
from sigmask.synthesis.synthetic_edit import AREA_RANGE, SyntheticEdit
from sigmask.synthesis.vanishing import vanish_newcomer

LARGEST = 0.01
"""The largest share of the picture that a tiny edit covers."""
_SHARES = (1.2 * AREA_RANGE[0], 0.8 * LARGEST)  # of the thing itself; its shadow and a soft rim come on top
_TRIES = 4


def edit_little(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """A small thing appears, is gone, erased or recoloured, or a spot is drawn anew; None if four tries give none."""
    for _ in range(_TRIES):
        edit = _drawn(photo, library, rng)
        if edit is not None and edit.mask.mean() <= LARGEST:
            return dataclasses.replace(edit, family="tiny")
    return None


def _drawn(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    kind = str(rng.choice(["appear", "vanish", "erase", "recolour", "redraw"], p=[0.25, 0.3, 0.15, 0.1, 0.2]))
    if kind == "appear":
        return add_newcomer(photo, lay_newcomer(photo, library, rng, shares=_SHARES), rng)
    if kind == "vanish":
        return vanish_newcomer(photo, lay_newcomer(photo, library, rng, shares=_SHARES), rng)
    if kind == "erase":
        return remove_object(photo, library, rng, shares=_SHARES)
    if kind == "redraw":
        return redraw_region(photo, library, rng, shares=_SHARES)
    return recolour_object(_with_small_things(photo), library, rng)


def _with_small_things(photo: Photo) -> Photo:
    small = tuple(instance for instance in photo.instances if instance.mask.mean() <= LARGEST)
    return dataclasses.replace(photo, instances=small)
