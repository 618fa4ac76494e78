"""Addition: an object from another photograph, or a drawn accessory, appears; its soft shadow is part of the change."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sigmask.synthesis.accessories import ACCESSORIES, draw_accessory
from sigmask.synthesis.blending import VISIBLE_ALPHA, blend, gradient_blend, match_colour, to_image
from sigmask.synthesis.instruction_templates import write_instruction
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.placement import Layer, lay_object
from sigmask.synthesis.region import bounding_box, dilate, place_name
from sigmask.synthesis.removal import pick_object
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import ImageArray, MaskArray


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A thing that is about to appear on a photograph; `name` is None if nobody knows what it is.

    Attributes:
        host: the object that it is put on or beside, if any.
    """

    layer: Layer
    name: str | None
    host: Instance | None = None


def add_object(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """An object of another photograph is pasted somewhere; None if no fitting object turns up."""
    return add_newcomer(photo, lay_newcomer(photo, library, rng), rng)


def add_accessory(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """A small thing is drawn on or beside an object (a hat on its head, beads round its neck), if there is one."""
    return add_newcomer(photo, draw_newcomer(photo, rng), rng)


def lay_newcomer(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> Newcomer | None:
    """An object of another photograph, laid somewhere; None if the library has none."""
    found = library.random_object(rng)
    if found is None:
        return None
    donor, instance = found
    shape = photo.image.shape[:2]
    host = pick_object(photo, rng, smallest=0.02) if rng.random() < 0.35 else None
    share, centre = _where(host, shape, rng)
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
    pixels = layer.pixels
    surroundings = dilate(solid, 14) & ~solid
    if rng.random() < 0.65:
        pixels = match_colour(pixels, solid, image, surroundings, float(rng.uniform(0.1, 0.5)))
    base, shadow = image, np.zeros(solid.shape, bool)
    if rng.random() < 0.35:
        base, shadow = cast_shadow(image, solid, rng)
    if host is None and rng.random() < 0.15:
        edited = gradient_blend(base, pixels, solid, float(rng.uniform(0.3, 0.9)))
    else:
        edited = blend(base, pixels, layer.alpha)
    mask = (layer.alpha > VISIBLE_ALPHA) | shadow
    instruction = write_instruction(
        "wear" if host else "add",
        rng,
        original=host.name if host else None,
        edited=name,
        place=place_name(solid, rng),
    )
    regions = NamedRegions(photo.all_like(host) if host else None, edited=solid | photo.all_named(name))
    return settle(image, edited, mask, regions=regions, instruction=instruction, family="addition")


def cast_shadow(image: ImageArray, solid: MaskArray, rng: np.random.Generator) -> tuple[ImageArray, MaskArray]:
    """`image` darkened by a soft shadow of `solid`, and where the shadow can be seen.

    The shadow is the silhouette moved aside, or a flat ellipse under its foot.
    """
    top, left, bottom, right = bounding_box(solid)
    size = np.hypot(bottom - top, right - left)
    if rng.random() < 0.5:
        move = np.array([[1, 0, rng.normal(0, 0.08) * size], [0, 1, rng.uniform(0.0, 0.08) * size]])
        cast = cv2.warpAffine(solid.astype(np.float32), move, (solid.shape[1], solid.shape[0]))
    else:
        cast = np.zeros(solid.shape, np.float32)
        centre = ((left + right) // 2 + int(rng.normal(0, 0.08) * size), bottom)
        axes = (max(2, round((right - left) * rng.uniform(0.4, 0.7))), max(2, round(0.1 * size)))
        cv2.ellipse(cast, centre, axes, 0, 0, 360, 1.0, -1)
    cast = cv2.GaussianBlur(cast, (0, 0), max(1.0, float(rng.uniform(0.02, 0.05) * size)))
    darkness = float(rng.uniform(0.3, 0.65)) * cast
    return to_image(image * (1 - darkness[:, :, None])), np.asarray(darkness > 0.07, dtype=bool)


def _where(
    host: Instance | None, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[float, tuple[float, float]]:
    """The newcomer's share of the picture and its centre: anywhere, or small and at the host's outline or on it."""
    if host is None:
        centre = (float(rng.uniform(0.15, 0.9) * shape[0]), float(rng.uniform(0.1, 0.9) * shape[1]))
        return float(np.exp(rng.uniform(np.log(0.0015), np.log(0.25)))), centre
    rows, columns = np.nonzero(host.mask & ~dilate(host.mask, -6) if rng.random() < 0.6 else host.mask)
    spot = int(rng.integers(rows.size))
    share = float(host.mask.mean()) * float(np.exp(rng.uniform(np.log(0.04), np.log(0.5))))
    return max(0.003, share), (float(rows[spot]), float(columns[spot]))


def _height_for_area(instance: Instance, shape: tuple[int, int], share: float) -> float:
    top, _, bottom, _ = bounding_box(instance.mask)
    scale = np.sqrt(share * shape[0] * shape[1] / max(1, int(instance.mask.sum())))
    return max(6.0, float((bottom - top) * scale))
