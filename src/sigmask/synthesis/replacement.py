"""Replacement: another object where one was, or the same object drawn anew inside its own outline."""

from __future__ import annotations

import numpy as np

from sigmask.synthesis.blending import VISIBLE_ALPHA, blend, insert, match_colour
from sigmask.synthesis.filling import fill_hole
from sigmask.synthesis.instruction_templates import vocabulary, write_instruction, write_replacement
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.placement import lay_object
from sigmask.synthesis.regeneration import regenerate
from sigmask.synthesis.region import bounding_box, close_gaps, dilate, largest_part, place_name, random_region
from sigmask.synthesis.removal import pick_object
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import ImageArray, MaskArray


def replace_object(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """An object is erased and another one, of its class or not, stands in its place."""
    chosen = pick_object(photo, rng, smallest=0.006, largest=0.5)
    if chosen is None:
        return None
    same = chosen.name if chosen.name is not None and rng.random() < 0.3 else None
    found = library.random_object(rng, name=same)
    if found is None:
        return None
    donor, newcomer = found
    image, shape = photo.image, photo.image.shape[:2]
    top, left, bottom, right = bounding_box(chosen.mask)
    stretch = float(np.exp(rng.normal(0, 0.15)))
    layer = lay_object(
        donor,
        newcomer,
        shape,
        centre=((top + bottom) / 2, (left + right) / 2),
        height=(bottom - top) * stretch,
        width=(right - left) * stretch * float(np.exp(rng.normal(0, 0.1))),
        mirrored=bool(rng.random() < 0.5),
        softness=float(rng.choice([0.7, 1.5, 3.0])),
    )
    hole = dilate(close_gaps(chosen.mask, 2), int(rng.integers(1, 5)))
    emptied = fill_hole(image, hole, rng)
    pixels = layer.pixels
    if rng.random() < 0.75:
        ring = dilate(chosen.mask, 12)
        pixels = match_colour(pixels, layer.solid, image, ring, float(rng.uniform(0.15, 0.6)))
    edited = blend(emptied, pixels, layer.alpha)
    mask = hole | (layer.alpha > VISIBLE_ALPHA)
    place = place_name(chosen.mask, rng)
    instruction = write_replacement(rng, original=chosen.name, edited=newcomer.name, place=place)
    others = photo.all_named(newcomer.name) & ~hole
    regions = NamedRegions(photo.all_like(chosen), edited=others | layer.solid)
    return settle(image, edited, mask, regions=regions, instruction=instruction, family="replacement", solid=True)


def redraw_object(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """The inside of an object's outline is drawn anew, partly like the old one (what GLIDE does with a polygon)."""
    chosen = pick_object(photo, rng, smallest=0.004, largest=0.75)
    if chosen is None:
        return None
    image, silhouette = photo.image, chosen.mask
    if chosen.name is not None and rng.random() < 0.2:
        for other in photo.instances:
            if other.name == chosen.name:
                silhouette = silhouette | other.mask
    chance = rng.random()
    if chance < 0.2:  # only a part: a face, a label, what is in the cup
        silhouette = _part(silhouette, rng)
    elif chance < 0.45:
        silhouette = dilate(silhouette, int(rng.integers(1, 6)))
    if silhouette.sum() < 60:
        return None
    new = _same_class(photo, chosen, library, rng) if rng.random() < 0.25 else None
    if new is None:
        new = regenerate(image, silhouette, library, rng)
    edited, mask = insert(image, new, silhouette, rng)
    place = place_name(silhouette, rng)
    if rng.random() < 0.5:
        instruction = write_instruction("vary", rng, original=chosen.name, place=place)
    else:
        other_name = str(rng.choice(vocabulary()["unlike"]))
        instruction = write_replacement(rng, original=chosen.name, edited=other_name, place=place)
    # the new content is drawn at random: no word for it must be learned from it
    regions = NamedRegions(original=photo.all_like(chosen))
    return settle(image, edited, mask, regions=regions, instruction=instruction, family="redraw", solid=True)


def _part(silhouette: MaskArray, rng: np.random.Generator) -> MaskArray:
    """A round or ragged part of `silhouette`."""
    top, left, bottom, right = bounding_box(silhouette)
    part = np.zeros_like(silhouette)
    part[top:bottom, left:right] = random_region((bottom - top, right - left), rng, (0.08, 0.45))
    return np.asarray(part & silhouette, dtype=bool)


def _same_class(photo: Photo, chosen: Instance, library: PhotoLibrary, rng: np.random.Generator) -> ImageArray | None:
    """Another object of the class stretched over the box, over a fill where its outline falls short."""
    found = library.random_object(rng, name=chosen.name) if chosen.name is not None else None
    if found is None:
        return None
    top, left, bottom, right = bounding_box(chosen.mask)
    layer = lay_object(
        Photo(found[0].image, ()),
        Instance(chosen.name, largest_part(found[1].mask)),
        photo.image.shape[:2],
        centre=((top + bottom) / 2, (left + right) / 2),
        height=(bottom - top) * 1.05,
        width=(right - left) * 1.05,
        mirrored=bool(rng.random() < 0.5),
    )
    pixels = match_colour(layer.pixels, layer.solid, photo.image, chosen.mask, float(rng.uniform(0.0, 0.7)))
    if rng.random() < 0.5:
        return pixels  # the donor's own surroundings show where its outline falls short
    return blend(fill_hole(photo.image, chosen.mask, rng), pixels, layer.alpha)
