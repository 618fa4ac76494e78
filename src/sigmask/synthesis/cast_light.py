"""What a new thing does to the light around it: a soft shadow, or its reflection in a floor or water below it."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.synthesis.blending import blend, to_image
from sigmask.synthesis.placement import Layer
from sigmask.synthesis.region import bounding_box
from sigmask.types import ImageArray, MapArray, MaskArray

SHADOW_SHARE, REFLECTION_SHARE = 0.35, 0.1
"""How often a new thing casts a shadow, and how often it is mirrored below (our choice)."""
_LEAST_OPACITY = 0.12  # from which a reflection is part of the change; `settle` drops what cannot be seen of it


def cast_on(image: ImageArray, layer: Layer, rng: np.random.Generator) -> tuple[ImageArray, MaskArray]:
    """`image` with the shadow or the reflection of `layer`, perhaps with neither, and where that can be seen."""
    chance = rng.random()
    if chance < SHADOW_SHARE:
        return cast_shadow(image, layer.solid, rng)
    if chance < SHADOW_SHARE + REFLECTION_SHARE:
        return cast_reflection(image, layer, rng)
    return image, np.zeros(image.shape[:2], dtype=bool)


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


def cast_reflection(image: ImageArray, layer: Layer, rng: np.random.Generator) -> tuple[ImageArray, MaskArray]:
    """`image` with `layer` upside down below its own foot, fainter with depth and rippled, and where that can be seen.

    A puddle, a lake and a polished floor do so. Where the thing stands at the picture's lower border nothing shows.
    """
    height, width = image.shape[:2]
    top, left, bottom, right = bounding_box(layer.solid)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    size = float(np.hypot(bottom - top, right - left))
    ripple = float(rng.choice([0.0, 1.0])) * float(rng.uniform(0.004, 0.02)) * size
    wave = ripple * np.sin(rows * float(rng.uniform(8, 20)) / size * 2 * np.pi + float(rng.uniform(0, 6.3)))
    squeeze = float(rng.uniform(1.0, 1.6))  # seen from above, a reflection is shorter than the thing
    source = (bottom - 1) - squeeze * (rows - bottom)
    maps = ((columns + wave).astype(np.float32), source.astype(np.float32))
    mirrored = cv2.remap(layer.pixels, *maps, cv2.INTER_LINEAR)
    alpha = cv2.remap(layer.alpha, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    blur = max(0.6, float(rng.uniform(0.003, 0.015)) * size)
    mirrored, alpha = cv2.GaussianBlur(mirrored, (0, 0), blur), cv2.GaussianBlur(alpha, (0, 0), blur)
    depth = np.clip((rows - bottom) / max(1, bottom - top), 0, 1)
    faded = alpha * float(rng.uniform(0.3, 0.7)) * (1 - float(rng.uniform(0.2, 0.9)) * depth)
    opacity: MapArray = np.where((rows >= bottom) & (layer.alpha <= 0), faded, 0).astype(np.float32)
    return blend(image, np.asarray(mirrored, dtype=np.uint8), opacity), opacity > _LEAST_OPACITY
