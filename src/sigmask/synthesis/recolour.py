"""Attribute changes: an object keeps its shape and shading and gets another colour, pattern or material."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.synthesis.blending import VISIBLE_ALPHA, FloatImage, blend, to_image
from sigmask.synthesis.instruction_templates import vocabulary, write_instruction
from sigmask.synthesis.palette import PALETTE, colour_name, move_to_colour
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.regeneration import other_content
from sigmask.synthesis.region import bounding_box, drop_specks, feather, place_name, similar_colour_part
from sigmask.synthesis.removal import pick_object
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import ImageArray, MaskArray

GARMENTS = ("shirt", "dress", "jacket", "coat", "clothes", "top", "sweater", "outfit")


def recolour_object(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """An object, its main-coloured part or a person's clothes get another colour; luminance structure stays."""
    found = _part_to_colour(photo, rng)
    if found is None:
        return None
    chosen, region = found
    image = photo.image
    colour = str(rng.choice(list(PALETTE)))
    kind = rng.random()
    if kind < 0.12:
        edited = _turn_hue(image, rng)
        colour = colour_name(edited[region].mean(0).tolist())
    elif kind < 0.2:
        factor = float(rng.uniform(0.35, 0.75)) if rng.random() < 0.6 else float(rng.uniform(1.25, 1.7))
        edited = to_image(image.astype(np.float32) * factor)
        colour = "darker" if factor < 1 else "brighter"
    else:
        edited = move_to_colour(
            image,
            region,
            PALETTE[colour],
            keep_lightness=float(rng.choice([1.0, 0.6, 0.2, 0.0], p=[0.25, 0.2, 0.25, 0.3])),
            flatten=float(rng.uniform(0.4, 1.0)),
        )
    strength = 1.0 if rng.random() < 0.7 else float(rng.uniform(0.45, 1.0))  # mild ones too
    alpha = feather(region, float(rng.uniform(0.8, 3.5)))
    edited = blend(image, edited, alpha * strength)
    instruction = write_instruction("colour", rng, original=chosen.name, place=place_name(region, rng), colour=colour)
    mask = alpha > VISIBLE_ALPHA
    regions = NamedRegions(photo.all_like(chosen), edited=chosen.mask)
    return settle(image, edited, mask, regions=regions, instruction=instruction, family="recolour")


def change_material(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """An object gets another photograph's texture, a drawn pattern or metal's shine; its shading stays."""
    found = _part_to_colour(photo, rng)
    if found is None:
        return None
    chosen, region = found
    image = photo.image
    shading = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = max(30.0, float(shading[region].mean()))
    kind = rng.random()
    if kind < 0.45:
        covering = other_content(image.shape[:2], region, library, rng).astype(np.float32)
        name = str(rng.choice(vocabulary()["materials"]))
    elif kind < 0.85:
        covering = _pattern(image.shape[:2], rng).astype(np.float32)
        name = str(rng.choice(vocabulary()["patterns"]))
    else:
        covering = _sheen(shading, rng)
        name = str(rng.choice(["gold", "chrome", "metal", "silver", "glass"]))
    depth = float(rng.uniform(0.6, 1.0))
    textured = to_image(covering * (1 - depth + depth * shading / mean)[:, :, None])
    alpha = feather(region, float(rng.uniform(0.8, 3.0)))
    edited = blend(image, textured, alpha * float(rng.uniform(0.7, 1.0)))
    instruction = write_instruction("material", rng, original=chosen.name, place=place_name(region, rng), material=name)
    mask = alpha > VISIBLE_ALPHA
    regions = NamedRegions(photo.all_like(chosen), edited=chosen.mask)
    return settle(image, edited, mask, regions=regions, instruction=instruction, family="material", solid=True)


def _part_to_colour(photo: Photo, rng: np.random.Generator) -> tuple[Instance, MaskArray] | None:
    """A named thing, and the part of it that takes the colour."""
    chosen = pick_object(photo, rng, smallest=0.004, largest=0.7)
    if chosen is None:
        return None
    if chosen.name == "person" and rng.random() < 0.6:
        garment = _garment(chosen.mask, rng)
        if garment is not None:
            return Instance(str(rng.choice(GARMENTS)), garment), garment
    if rng.random() < 0.4:
        part = similar_colour_part(photo.image, chosen.mask, rng)
        if part is not None:
            return chosen, part
    return chosen, chosen.mask


def _garment(person: MaskArray, rng: np.random.Generator) -> MaskArray | None:
    """The band of an upright person between neck and hip, or neck and knee."""
    top, left, bottom, right = bounding_box(person)
    if bottom - top < 1.4 * (right - left) or bottom - top < 60:
        return None
    rows = np.arange(person.shape[0])[:, None]
    tilt = (np.arange(person.shape[1])[None, :] - (left + right) / 2) * float(rng.normal(0, 0.1))
    begin = top + (bottom - top) * float(rng.uniform(0.17, 0.24)) + tilt
    end = top + (bottom - top) * float(rng.uniform(0.48, 0.8)) + tilt
    band = drop_specks(person & (rows > begin) & (rows < end), 60)
    return band if band.sum() > 150 else None


def _turn_hue(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.int32)
    hsv[:, :, 0] = (hsv[:, :, 0] + int(rng.integers(25, 155))) % 180
    hsv[:, :, 1] = np.clip(hsv[:, :, 1] + int(rng.integers(0, 90)), 0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB), dtype=np.uint8)


def _pattern(shape: tuple[int, int], rng: np.random.Generator) -> ImageArray:
    """Stripes, checks, dots or blotches in two or three colours, (H, W, 3)."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    angle, period = float(rng.uniform(0, np.pi)), float(rng.uniform(7, 36))
    along = (np.cos(angle) * columns + np.sin(angle) * rows) / period
    across = (-np.sin(angle) * columns + np.cos(angle) * rows) / period
    kind = rng.choice(["stripes", "checks", "dots", "blotches"])
    if kind == "stripes":
        level = np.mod(along, 1) < rng.uniform(0.3, 0.7)
    elif kind == "checks":
        level = (np.mod(along, 1) < 0.5) ^ (np.mod(across, 1) < 0.5)
    elif kind == "dots":
        level = (np.mod(along, 1) - 0.5) ** 2 + (np.mod(across, 1) - 0.5) ** 2 < rng.uniform(0.04, 0.14)
    else:
        level = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), period / 3) > 0
    names = list(PALETTE)
    first, second = (np.array(PALETTE[str(rng.choice(names))], np.float32) for _ in range(2))
    soft = cv2.GaussianBlur(np.asarray(level, np.float32), (0, 0), 0.8)[:, :, None]
    return to_image(first * soft + second * (1 - soft))


def _sheen(shading: FloatImage, rng: np.random.Generator) -> FloatImage:
    """A metal's look: brightness folded several times over a base colour."""
    folds = float(rng.uniform(1.5, 4))
    shine = 0.5 + 0.5 * np.sin(cv2.GaussianBlur(shading, (0, 0), 2) / 255 * folds * 2 * np.pi + rng.uniform(0, 6.3))
    base = np.array(PALETTE[str(rng.choice(["gold", "silver", "gray", "brown", "light blue"]))], np.float32)
    return np.asarray(base * (0.45 + 0.75 * shine[:, :, None]), dtype=np.float32)
