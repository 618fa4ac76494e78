"""Removal: an object is gone and the background goes on behind it."""

from __future__ import annotations

import numpy as np

from sigmask.synthesis.filling import fill_hole
from sigmask.synthesis.instruction_templates import write_instruction
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.region import close_gaps, dilate, place_name
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle

SHARES = (0.003, 0.45)
"""The least and the largest share of the picture of an object that is erased."""


def remove_object(
    photo: Photo, library: PhotoLibrary, rng: np.random.Generator, *, shares: tuple[float, float] = SHARES
) -> SyntheticEdit | None:
    """An object (now and then all of its kind) is erased; None without an object whose share lies in `shares`."""
    chosen = pick_object(photo, rng, smallest=shares[0], largest=shares[1])
    if chosen is None:
        return None
    silhouette = chosen.mask
    if rng.random() < 0.15 and chosen.name is not None:
        for other in photo.instances:
            if other.name == chosen.name:
                silhouette = silhouette | other.mask
        if silhouette.mean() > shares[1]:
            return None
    # Erasers work in a region a little larger than the object, which then changes too.
    hole = dilate(close_gaps(silhouette, int(rng.integers(1, 4))), int(rng.integers(1, 7)))
    edited = fill_hole(photo.image, hole, rng)
    instruction = write_instruction("remove", rng, original=chosen.name, place=place_name(silhouette, rng))
    regions = NamedRegions(original=photo.all_like(chosen))
    return settle(photo.image, edited, hole, regions=regions, instruction=instruction, family="removal")


def pick_object(
    photo: Photo, rng: np.random.Generator, *, smallest: float = 0.003, largest: float = 0.6
) -> Instance | None:
    """An object of `photo` whose share of the picture lies between the two bounds; None if there is none.

    Large ones are drawn a little more often: a photograph's many tiny objects would crowd them out.
    """
    areas = np.array([float(instance.mask.mean()) for instance in photo.instances])
    weights = np.where((areas >= smallest) & (areas <= largest), np.maximum(areas, 1e-6) ** 0.4, 0.0)
    if not areas.size or weights.sum() == 0:
        return None
    return photo.instances[int(rng.choice(areas.size, p=weights / weights.sum()))]
