"""Counting: there is one more of a thing that the photograph shows already."""

from __future__ import annotations

import dataclasses

import numpy as np

from sigmask.synthesis.blending import VISIBLE_ALPHA, blend
from sigmask.synthesis.cast_light import cast_on
from sigmask.synthesis.instruction_templates import synonym, write_instruction
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.placement import Layer, lay_object
from sigmask.synthesis.region import bounding_box
from sigmask.synthesis.removal import pick_object
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import MaskArray

_TRIES = 8
_MOST_HIDDEN = 0.1
"""The share of the newcomer that may cover others of its name (our choice: it must be one more to see)."""


def multiply_object(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """A copy of a named object stands beside it, perhaps mirrored and a little larger or smaller.

    None if there is no such object, or no room.
    """
    instance = pick_object(photo, rng, smallest=0.004, largest=0.25)
    if instance is None or instance.name is None:
        return None
    taken = photo.all_like(instance)
    layer = _beside(photo, instance, taken, rng)
    if layer is None:
        return None
    base, cast = cast_on(photo.image, layer, rng)
    edited = blend(base, layer.pixels, layer.alpha)
    word = synonym(instance.name, rng)
    text, edit = write_instruction("count", rng, thing=word)
    return settle(
        photo.image,
        edited,
        (layer.alpha > VISIBLE_ALPHA) | cast,
        regions=NamedRegions(edited=layer.solid | taken),
        instruction=(text, dataclasses.replace(edit, edited_concept=word.lower())),
        family="counting",
    )


def _beside(photo: Photo, instance: Instance, taken: MaskArray, rng: np.random.Generator) -> Layer | None:
    """The copy at about the height at which the object stands, clear of others of its name."""
    top, _, bottom, _ = bounding_box(instance.mask)
    height, width = taken.shape
    for _ in range(_TRIES):
        scale = float(rng.uniform(0.75, 1.25))
        layer = lay_object(
            photo,
            instance,
            taken.shape,
            centre=((top + bottom) / 2 + float(rng.normal(0, 0.05)) * height, float(rng.uniform(0.1, 0.9)) * width),
            height=scale * (bottom - top),
            mirrored=bool(rng.random() < 0.5),
            softness=float(rng.choice([0.6, 1.2, 2.0])),
        )
        solid = layer.solid
        whole = scale * scale * float(instance.mask.sum())
        if solid.sum() > 0.7 * whole and (solid & taken).sum() < _MOST_HIDDEN * solid.sum():
            return layer
    return None
