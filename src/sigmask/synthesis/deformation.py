"""Pose, size and place: an object is bent, turned, opened, scaled or moved. The mask is the old and new silhouette."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.synthesis.blending import VISIBLE_ALPHA, blend, to_image
from sigmask.synthesis.filling import fill_hole
from sigmask.synthesis.instruction_templates import is_alive, vocabulary, write_instruction
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.placement import Layer, lay_object
from sigmask.synthesis.region import bounding_box, dilate, feather, place_name
from sigmask.synthesis.removal import pick_object
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import EditTuple, ImageArray, MaskArray

FAMILY = "deformation"


def deform_object(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """An object moves, grows, shrinks, turns a part of itself, bulges or opens its mouth."""
    chosen = pick_object(photo, rng, smallest=0.012, largest=0.5)
    if chosen is None:
        return None
    maker = {
        "move": _move,
        "resize": _resize,
        "turn": _turn_part,
        "push": _push,
        "mouth": _open_mouth,
    }[str(rng.choice(["move", "resize", "turn", "push", "mouth"], p=[0.22, 0.2, 0.26, 0.16, 0.16]))]
    return maker(photo, chosen, rng)


def _move(photo: Photo, chosen: Instance, rng: np.random.Generator) -> SyntheticEdit | None:
    top, left, bottom, right = bounding_box(chosen.mask)
    reach = float(rng.uniform(0.25, 1.2))
    direction = str(rng.choice(["left", "right", "up", "down"], p=[0.4, 0.4, 0.1, 0.1]))
    sign = -1 if direction in ("left", "up") else 1
    sideways = direction in ("left", "right")
    step = sign * reach * ((right - left) if sideways else (bottom - top))
    centre = ((top + bottom) / 2 + (0 if sideways else step), (left + right) / 2 + (step if sideways else 0))
    height, width = chosen.mask.shape
    if not (0.05 * height < centre[0] < 0.95 * height and 0.05 * width < centre[1] < 0.95 * width):
        return None
    layer = lay_object(photo, chosen, (height, width), centre=centre, height=bottom - top, softness=1.2)
    instruction = write_instruction("move", rng, original=chosen.name, direction=direction)
    return _lay_over_gap(photo, chosen, layer, instruction, rng)


def _resize(photo: Photo, chosen: Instance, rng: np.random.Generator) -> SyntheticEdit | None:
    top, left, bottom, right = bounding_box(chosen.mask)
    larger = bool(rng.random() < 0.5)
    scale = float(rng.uniform(1.15, 1.6) if larger else rng.uniform(0.5, 0.85))
    kind = str(rng.choice(["all", "tall", "wide"], p=[0.6, 0.2, 0.2]))
    tall, wide = (1.0 if kind == "wide" else scale), (1.0 if kind == "tall" else scale)
    words = {
        ("all", True): ["bigger", "larger", "huge", "giant"],
        ("all", False): ["smaller", "tiny", "little", "miniature"],
        ("tall", True): ["taller", "longer"],
        ("tall", False): ["shorter", "lower"],
        ("wide", True): ["fatter", "wider", "chubby"],
        ("wide", False): ["thinner", "slimmer", "narrower"],
    }[kind, larger]
    foot = bottom - (bottom - top) * tall / 2  # it keeps standing where it stood
    layer = lay_object(
        photo,
        chosen,
        chosen.mask.shape[:2],
        centre=(foot, (left + right) / 2),
        height=(bottom - top) * tall,
        width=(right - left) * wide,
        softness=1.2,
    )
    place = place_name(chosen.mask, rng)
    instruction = write_instruction("resize", rng, original=chosen.name, place=place, size=str(rng.choice(words)))
    return _lay_over_gap(photo, chosen, layer, instruction, rng)


def _turn_part(photo: Photo, chosen: Instance, rng: np.random.Generator) -> SyntheticEdit | None:
    """The part of the object beyond a line (a head, a limb, a tail) turns about the middle of the cut."""
    rows, columns = (index.astype(np.float64) for index in np.nonzero(chosen.mask))
    heading = float(rng.uniform(0, 2 * np.pi))
    axis = np.array([np.sin(heading), np.cos(heading)])
    along = rows * axis[0] + columns * axis[1]
    cut = float(np.quantile(along, rng.uniform(0.55, 0.9)))
    beyond = along >= cut
    near = np.abs(along - cut) < 3
    if beyond.sum() < 80 or near.sum() < 3:
        return None
    pivot = (float(columns[near].mean()), float(rows[near].mean()))
    degrees = float(rng.choice([-1, 1]) * rng.uniform(14, 55))
    part = np.zeros(chosen.mask.shape, bool)
    part[rows[beyond].astype(int), columns[beyond].astype(int)] = True
    matrix = cv2.getRotationMatrix2D(pivot, degrees, 1.0)
    size = (chosen.mask.shape[1], chosen.mask.shape[0])
    pixels = cv2.warpAffine(photo.image, matrix, size, borderMode=cv2.BORDER_REFLECT)
    alpha = cv2.GaussianBlur(cv2.warpAffine(part.astype(np.float32), matrix, size), (0, 0), 0.8)
    layer = Layer(np.asarray(pixels, np.uint8), np.asarray(alpha, np.float32))
    return _lay_over_gap(
        photo, Instance(chosen.name, part), layer, _pose_instruction(chosen, rng), rng, whole=chosen.mask
    )


def _push(photo: Photo, chosen: Instance, rng: np.random.Generator) -> SyntheticEdit | None:
    """A smooth local push, strongest on the object's outline, as a change of pose or expression moves things."""
    outline = chosen.mask & ~dilate(chosen.mask, -2)
    rows, columns = np.nonzero(outline)
    if rows.size < 10:
        return None
    spot = int(rng.integers(rows.size))
    radius = float(np.sqrt(chosen.mask.sum()) * rng.uniform(0.25, 0.6))
    grid_rows, grid_columns = np.mgrid[0 : chosen.mask.shape[0], 0 : chosen.mask.shape[1]].astype(np.float32)
    distance = np.hypot(grid_rows - rows[spot], grid_columns - columns[spot]) / radius
    bump = np.clip(1 - distance**2, 0, 1) ** 2
    heading, length = float(rng.uniform(0, 6.3)), radius * float(rng.uniform(0.3, 0.6))
    edited = cv2.remap(
        photo.image,
        (grid_columns - length * np.cos(heading) * bump).astype(np.float32),
        (grid_rows - length * np.sin(heading) * bump).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    mask = np.asarray(bump * length > 1.5, dtype=bool)
    near_object = mask & dilate(chosen.mask, round(length) + 2)
    edited = np.where(mask[:, :, None], edited, photo.image)
    instruction = _pose_instruction(chosen, rng)
    regions = NamedRegions(photo.all_like(chosen), photo.all_like(chosen))
    return settle(photo.image, edited, near_object, regions=regions, instruction=instruction, family=FAMILY)


def _open_mouth(photo: Photo, chosen: Instance, rng: np.random.Generator) -> SyntheticEdit | None:
    """A dark, reddish hole with a paler tongue or teeth in the upper part of the object."""
    top, _, bottom, _ = bounding_box(chosen.mask)
    size = float(np.sqrt(chosen.mask.sum())) * float(rng.uniform(0.07, 0.2))
    inner = dilate(chosen.mask, -max(2, round(size * 0.6)))
    inner[: int(top + 0.05 * (bottom - top))] = False
    inner[int(top + 0.6 * (bottom - top)) :] = False
    rows, columns = np.nonzero(inner)
    if rows.size < 10 or size < 5:
        return None
    spot = int(rng.integers(rows.size))
    centre, angle = (int(columns[spot]), int(rows[spot])), float(rng.normal(0, 20))
    axes = (max(3, round(size)), max(2, round(size * float(rng.uniform(0.3, 0.9)))))
    hole = np.zeros(chosen.mask.shape, np.uint8)
    cv2.ellipse(hole, centre, axes, angle, 0, 360, 1, -1)
    tongue = np.zeros_like(hole)
    below = (centre[0], centre[1] + axes[1] // 2)
    cv2.ellipse(tongue, below, (max(1, axes[0] * 2 // 3), max(1, axes[1] // 2)), angle, 0, 360, 1, -1)
    dark = np.array([rng.uniform(20, 90), rng.uniform(10, 35), rng.uniform(10, 40)])
    pale = np.array([rng.uniform(150, 235), rng.uniform(80, 225), rng.uniform(90, 215)])
    inside = feather((tongue & hole).astype(bool), 2.0)[:, :, None]
    colour = to_image(dark * (1 - inside) + pale * inside + rng.normal(0, 5, (*hole.shape, 1)))
    # The lips around it are stretched: the skin is pushed away from the hole.
    opened = blend(_stretch(photo.image, centre, float(max(axes))), colour, feather(hole.astype(bool), 1.5))
    mask = dilate(hole.astype(bool), max(1, round(0.7 * size)))
    edited = np.where(mask[:, :, None], opened, photo.image)
    doing = str(rng.choice(vocabulary()["mouth_actions" if is_alive(chosen.name) else "thing_openings"]))
    instruction = write_instruction("pose", rng, original=chosen.name, doing=doing)
    regions = NamedRegions(photo.all_like(chosen), photo.all_like(chosen))
    return settle(photo.image, edited, mask, regions=regions, instruction=instruction, family=FAMILY)


def _stretch(image: ImageArray, centre: tuple[int, int], radius: float) -> ImageArray:
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    down, right = rows - centre[1], columns - centre[0]
    distance = np.hypot(down, right) + 1e-3
    pull = np.clip(1 - distance / (1.9 * radius), 0, 1) * 0.6
    return np.asarray(cv2.remap(image, columns - right * pull, rows - down * pull, cv2.INTER_LINEAR), dtype=np.uint8)


def _lay_over_gap(
    photo: Photo,
    chosen: Instance,
    layer: Layer,
    instruction: tuple[str, EditTuple],
    rng: np.random.Generator,
    whole: MaskArray | None = None,
) -> SyntheticEdit | None:
    """`chosen` is erased and `layer` laid over; `whole` is the named object where `chosen` is only a part of it."""
    hole: MaskArray = dilate(chosen.mask, int(rng.integers(1, 4)))
    edited = blend(fill_hole(photo.image, hole, rng), layer.pixels, layer.alpha)
    mask = hole | (layer.alpha > VISIBLE_ALPHA)
    before = photo.all_named(chosen.name) | (chosen.mask if whole is None else whole)
    regions = NamedRegions(original=before, edited=before & ~chosen.mask | layer.solid)
    return settle(photo.image, edited, mask, regions=regions, instruction=instruction, family=FAMILY)


def _pose_instruction(chosen: Instance, rng: np.random.Generator) -> tuple[str, EditTuple]:
    place = place_name(chosen.mask, rng)
    if chosen.name is not None and not is_alive(chosen.name) and rng.random() < 0.7:
        return write_instruction("vary", rng, original=chosen.name, place=place)
    doing = str(rng.choice(vocabulary()["actions" if is_alive(chosen.name) else "thing_actions"]))
    return write_instruction("pose", rng, original=chosen.name, place=place, doing=doing)
