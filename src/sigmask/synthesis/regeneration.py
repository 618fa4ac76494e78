"""New content for a region that is partly like the old, as an inpainting model draws it: the hard case for masks."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.synthesis.blending import match_colour, to_image
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.region import bounding_box
from sigmask.types import ImageArray, MaskArray


def regenerate(image: ImageArray, mask: MaskArray, library: PhotoLibrary, rng: np.random.Generator) -> ImageArray:
    """A picture of `image`'s shape whose content inside `mask` is new; outside it means nothing.

    Kinds: the region bent and recoloured, mirrored, taken from elsewhere in the photograph, from another photograph,
    or its own shading with another photograph's texture.
    """
    kind = rng.choice(
        ["bent", "mirrored", "elsewhere", "other", "retextured", "detail"], p=[0.2, 0.12, 0.13, 0.25, 0.18, 0.12]
    )
    if kind == "bent":
        new = bend(image, mask, rng, strength=float(rng.uniform(0.08, 0.25)))
    elif kind == "mirrored":
        new = _mirror_in_box(image, mask, rng)
    elif kind == "elsewhere":
        shift = rng.uniform(0.2, 0.8, 2) * np.array(image.shape[:2])
        new = np.roll(image, (int(shift[0]), int(shift[1])), (0, 1))
    elif kind == "other":
        new = other_content(image.shape[:2], mask, library, rng)
    elif kind == "retextured":
        new = retexture(image, other_content(image.shape[:2], mask, library, rng), rng)
    else:
        new = retexture(image, bend(image, mask, rng, strength=0.35), rng)
    if kind in ("other", "elsewhere") and rng.random() < 0.85:
        new = match_colour(new, mask, image, mask, float(rng.uniform(0.3, 1.0)))
    elif rng.random() < 0.75:
        new = jitter_colour(new, rng, float(rng.uniform(3, 22)))
    if rng.random() < 0.25:  # models often draw a little softer, or crisper, than the camera
        blurred = cv2.GaussianBlur(new, (0, 0), float(rng.uniform(0.7, 1.8)))
        new = blurred if rng.random() < 0.7 else to_image(new + 0.7 * (new.astype(np.float32) - blurred))
    return np.ascontiguousarray(new)


def bend(image: ImageArray, mask: MaskArray, rng: np.random.Generator, *, strength: float) -> ImageArray:
    """`image` bent by a smooth random field whose size is about `strength` of the masked region's."""
    top, left, bottom, right = bounding_box(mask)
    size = float(np.sqrt((bottom - top) * (right - left)))
    height, width = mask.shape
    cells = max(3, round(max(height, width) / max(size * float(rng.uniform(0.2, 0.6)), 8)))
    field = rng.normal(0, 1, (cells, cells, 2)).astype(np.float32) * strength * size
    field += rng.normal(0, 0.4, 2).astype(np.float32) * strength * size
    flow = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.asarray(
        cv2.remap(image, columns + flow[:, :, 0], rows + flow[:, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    )


def other_content(
    shape: tuple[int, int], mask: MaskArray, library: PhotoLibrary, rng: np.random.Generator
) -> ImageArray:
    """A crop of another photograph laid over the box of `mask`, on a grid of (H, W) `shape`."""
    donor = library.random(rng)
    source = donor.image
    top, left, bottom, right = bounding_box(mask)
    height, width = bottom - top, right - left
    zoom = min(source.shape[0] / height, source.shape[1] / width) * float(rng.uniform(0.4, 1.0))
    crop = max(4, int(height * zoom)), max(4, int(width * zoom))
    crop = min(crop[0], source.shape[0]), min(crop[1], source.shape[1])
    row = int(rng.integers(source.shape[0] - crop[0] + 1))
    column = int(rng.integers(source.shape[1] - crop[1] + 1))
    patch = source[row : row + crop[0], column : column + crop[1]]
    method = cv2.INTER_AREA if crop[0] > height else cv2.INTER_CUBIC
    out = np.zeros((*shape, 3), np.uint8)
    out[top:bottom, left:right] = cv2.resize(patch, (width, height), interpolation=method)
    return out


def retexture(image: ImageArray, texture: ImageArray, rng: np.random.Generator) -> ImageArray:
    """`image`'s broad shading with `texture`'s detail, and some of its colour."""
    sigma = float(rng.uniform(3, 10))
    shading = cv2.GaussianBlur(image, (0, 0), sigma).astype(np.float32)
    detail = texture.astype(np.float32) - cv2.GaussianBlur(texture, (0, 0), sigma)
    return to_image(shading + float(rng.uniform(0.7, 1.3)) * detail)


def jitter_colour(image: ImageArray, rng: np.random.Generator, spread: float) -> ImageArray:
    """`image` with its Lab channels moved by about `spread` levels and its contrast changed a bit."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    lab[:, :, 0] = (lab[:, :, 0] - 128) * float(rng.uniform(0.8, 1.2)) + 128
    lab += rng.normal(0, spread, 3).astype(np.float32)
    return np.asarray(cv2.cvtColor(to_image(lab), cv2.COLOR_LAB2RGB), dtype=np.uint8)


def _mirror_in_box(image: ImageArray, mask: MaskArray, rng: np.random.Generator) -> ImageArray:
    top, left, bottom, right = bounding_box(mask)
    new = image.copy()
    box = image[top:bottom, left:right]
    new[top:bottom, left:right] = box[:, ::-1] if rng.random() < 0.75 else box[::-1]
    return new
