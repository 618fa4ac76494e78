"""Counting: there is one more, or one fewer, of a thing that the photograph shows already."""

from __future__ import annotations

import dataclasses

import numpy as np

from sigmask.synthesis.blending import VISIBLE_ALPHA, blend
from sigmask.synthesis.cast_light import cast_on
from sigmask.synthesis.filling import fill_hole
from sigmask.synthesis.instruction_templates import PLURAL_WORDS, plural, synonym, write_instruction
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.placement import Layer, lay_object
from sigmask.synthesis.region import bounding_box, close_gaps, dilate
from sigmask.synthesis.removal import pick_object
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import MaskArray

_TRIES = 8
_MOST_HIDDEN = 0.1
"""The share of the newcomer that may cover others of its name (our choice: it must be one more to see)."""
_FEWER_SHARE = 0.5
"""How often there is one fewer of what there are several of (our choice)."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def change_number(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """One of several named objects is erased, or a copy of a named object stands beside it.

    None if there is no such object, or no room.
    """
    instance = pick_object(photo, rng, smallest=0.004, largest=0.25)
    if instance is None or instance.name is None:
        return None
    if _can_be_counted(photo, instance) and rng.random() < _FEWER_SHARE:
        return _one_fewer(photo, instance, rng)
    return _one_more(photo, instance, rng)


def _can_be_counted(photo: Photo, instance: Instance) -> bool:
    """Whether there are a few of its name, all of them outlined, and the name has a plural."""
    count = _count(photo, instance)
    return 2 <= count < len(_NUMBERS) and instance.name not in photo.unclear | PLURAL_WORDS


def _count(photo: Photo, instance: Instance) -> int:
    return sum(each.name == instance.name for each in photo.instances)


def _one_fewer(photo: Photo, instance: Instance, rng: np.random.Generator) -> SyntheticEdit | None:
    """`instance` is erased; None where it hides behind others of its name, or they behind it."""
    others = np.zeros_like(instance.mask)
    for each in photo.instances:
        if each.name == instance.name and each is not instance:
            others |= each.mask
    if (instance.mask & others).sum() > _MOST_HIDDEN * instance.mask.sum():
        return None
    # as `remove_object` does: erasers work in a region a little larger than the object
    hole = dilate(close_gaps(instance.mask, int(rng.integers(1, 4))), int(rng.integers(1, 7))) & ~others
    edited = fill_hole(photo.image, hole, rng)
    before, word = _count(photo, instance), str(instance.name)  # no synonym: of three people one is a "man"
    numbered = {
        key: f"{_NUMBERS[count]} {word if count == 1 else plural(word)}"
        for key, count in (("left", before - 1), ("all", before))
    }
    text, edit = write_instruction(
        "count_fewer", rng, thing=word, things=plural(word), number=_NUMBERS[before - 1], **numbered
    )
    return settle(
        photo.image,
        edited,
        hole,
        regions=NamedRegions(original=photo.all_like(instance)),
        instruction=(text, dataclasses.replace(edit, original_concept=word)),
        family="counting",
    )


def _one_more(photo: Photo, instance: Instance, rng: np.random.Generator) -> SyntheticEdit | None:
    """A copy of `instance` stands beside it, perhaps mirrored and a little larger or smaller; None without room."""
    taken = photo.all_like(instance)
    layer = _beside(photo, instance, taken, rng)
    if layer is None:
        return None
    base, cast = cast_on(photo.image, layer, rng)
    edited = blend(base, layer.pixels, layer.alpha)
    word = synonym(str(instance.name), rng)
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
