"""Vanishing: a thing that was put on a photograph is gone again, so that what it hid is the photograph itself.

`removal` has to invent what lies behind an object, in a hole larger than it. Here the background is real and the mask
is the thing's own outline with its shadow, as fine as it was drawn.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from sigmask.synthesis.addition import Newcomer, add_newcomer, draw_newcomer, lay_newcomer
from sigmask.synthesis.instruction_templates import write_instruction
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.region import place_name
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit
from sigmask.types import MaskArray

_DRAWN_SHARE = 0.3


def vanish_object(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """The original shows a named thing, the edited image is the photograph without it; None if none fits."""
    newcomer = draw_newcomer(photo, rng) if rng.random() < _DRAWN_SHARE else lay_newcomer(photo, library, rng)
    return vanish_newcomer(photo, newcomer, rng)


def vanish_newcomer(photo: Photo, newcomer: Newcomer | None, rng: np.random.Generator) -> SyntheticEdit | None:
    """The same of that one thing; None if there is none, nobody knows its name, or nobody would see it."""
    if newcomer is None or newcomer.name is None:
        return None
    added = add_newcomer(photo, newcomer, rng)
    if added is None:
        return None
    thing = newcomer.layer.solid
    instruction, edit = write_instruction("remove", rng, original=newcomer.name, place=place_name(thing, rng))
    return dataclasses.replace(
        added,
        original=added.edited,
        edited=added.original,
        regions=(NamedRegions(original=thing | photo.all_named(newcomer.name)),),
        instruction=instruction,
        edit=(edit,),
        action=edit.action,
        family="vanishing",
        scene=_with_thing(photo, newcomer.name, thing),
    )


def _with_thing(photo: Photo, name: str, thing: MaskArray) -> tuple[Instance, ...]:
    """The outlined objects of a photograph with `thing` in front of them; none where not everything is outlined."""
    hidden = [Instance(part.name, part.mask & ~thing) for part in photo.outlined()]
    seen = [part for part in hidden if part.mask.any()]
    return (*seen, Instance(name, thing)) if photo.caption is None else ()
