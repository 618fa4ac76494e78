"""Addition: an object of another photograph, or a drawn thing, appears; what it casts is part of the change."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from sigmask.synthesis.accessories import ACCESSORIES, draw_accessory
from sigmask.synthesis.blending import VISIBLE_ALPHA, blend, gradient_blend, match_colour
from sigmask.synthesis.cast_light import cast_on
from sigmask.synthesis.instruction_templates import write_instruction
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.placement import Layer, lay_object
from sigmask.synthesis.region import bounding_box, dilate, place_name
from sigmask.synthesis.removal import pick_object
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import ImageArray, MaskArray

SHARES = (0.0015, 0.25)
"""The share of the picture that a newcomer covers, drawn log-uniformly from this range."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A thing that is about to appear on a photograph; `name` is None if nobody knows what it is.

    Attributes:
        host: the object that it is put on or beside, if any.
        flat: it keeps its own colours and casts nothing, as a crack does.
    """

    layer: Layer
    name: str | None
    host: Instance | None = None
    flat: bool = False


def add_object(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """An object of another photograph is pasted somewhere; None if no fitting object turns up."""
    return add_newcomer(photo, lay_newcomer(photo, library, rng), rng)


def add_accessory(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """A small thing is drawn on or beside an object (a hat on its head, beads round its neck), if there is one."""
    edit = add_newcomer(photo, draw_newcomer(photo, rng), rng)
    return None if edit is None else dataclasses.replace(edit, family="accessory")


def lay_newcomer(
    photo: Photo, library: PhotoLibrary, rng: np.random.Generator, *, shares: tuple[float, float] | None = None
) -> Newcomer | None:
    """An object of another photograph, laid somewhere; None if the library has none.

    Args:
        shares: the least and the largest share of the picture that it covers, anywhere on it; by default `SHARES`, or
            now and then a size that suits a host.
    """
    found = library.random_object(rng)
    if found is None:
        return None
    donor, instance = found
    shape = photo.image.shape[:2]
    host = pick_object(photo, rng, smallest=0.02) if shares is None and rng.random() < 0.35 else None
    share, centre = _where(host, shape, rng, shares or SHARES)
    layer = lay_object(
        donor,
        instance,
        shape,
        centre=centre,
        height=_height_for_area(instance, shape, share),
        degrees=float(rng.normal(0, 8)) if rng.random() < 0.5 else 0.0,
        mirrored=bool(rng.random() < 0.5),
        softness=float(rng.choice([0.6, 1.2, 2.0, 4.0], p=[0.25, 0.4, 0.25, 0.1])),
    )
    return Newcomer(layer, instance.name, host)


def draw_newcomer(photo: Photo, rng: np.random.Generator) -> Newcomer | None:
    """An accessory drawn on or beside an object; None if there is no object, or no room."""
    host = pick_object(photo, rng, smallest=0.02, largest=0.7)
    if host is None:
        return None
    name = str(rng.choice(list(ACCESSORIES)))
    layer = draw_accessory(name, host.mask, photo.image, rng)
    return None if layer is None else Newcomer(layer, name, host)


def add_newcomer(photo: Photo, newcomer: Newcomer | None, rng: np.random.Generator) -> SyntheticEdit | None:
    """`newcomer` appears on the photograph, perhaps with a shadow; None if there is none, or nobody would see it."""
    if newcomer is None:
        return None
    image, layer, host, name = photo.image, newcomer.layer, newcomer.host, newcomer.name
    solid = layer.solid
    if solid.sum() < 20:
        return None
    edited, cast = _put(image, newcomer, rng)
    mask = (layer.alpha > VISIBLE_ALPHA) | cast
    instruction = write_instruction(
        "wear" if host else "add",
        rng,
        original=host.name if host else None,
        edited=name,
        place=place_name(solid, rng),
    )
    regions = NamedRegions(photo.all_like(host) if host else None, edited=solid | photo.all_named(name))
    return settle(image, edited, mask, regions=regions, instruction=instruction, family="addition")


def _put(image: ImageArray, newcomer: Newcomer, rng: np.random.Generator) -> tuple[ImageArray, MaskArray]:
    """`image` with the newcomer, and where what it casts can be seen."""
    layer = newcomer.layer
    if newcomer.flat:
        return blend(image, layer.pixels, layer.alpha), np.zeros_like(layer.solid)
    pixels, solid = layer.pixels, layer.solid
    if rng.random() < 0.65:
        pixels = match_colour(pixels, solid, image, dilate(solid, 14) & ~solid, float(rng.uniform(0.1, 0.5)))
    base, cast = cast_on(image, layer, rng)
    if newcomer.host is None and rng.random() < 0.15:
        return gradient_blend(base, pixels, solid, float(rng.uniform(0.3, 0.9))), cast
    return blend(base, pixels, layer.alpha), cast


def _where(
    host: Instance | None, shape: tuple[int, int], rng: np.random.Generator, shares: tuple[float, float]
) -> tuple[float, tuple[float, float]]:
    """The newcomer's share of the picture and its centre: anywhere, or small and at the host's outline or on it."""
    if host is None:
        centre = (float(rng.uniform(0.15, 0.9) * shape[0]), float(rng.uniform(0.1, 0.9) * shape[1]))
        return float(np.exp(rng.uniform(*np.log(shares)))), centre
    rows, columns = np.nonzero(host.mask & ~dilate(host.mask, -6) if rng.random() < 0.6 else host.mask)
    spot = int(rng.integers(rows.size))
    share = float(host.mask.mean()) * float(np.exp(rng.uniform(np.log(0.04), np.log(0.5))))
    return max(0.003, share), (float(rows[spot]), float(columns[spot]))


def _height_for_area(instance: Instance, shape: tuple[int, int], share: float) -> float:
    top, _, bottom, _ = bounding_box(instance.mask)
    scale = np.sqrt(share * shape[0] * shape[1] / max(1, int(instance.mask.sum())))
    return max(6.0, float((bottom - top) * scale))
