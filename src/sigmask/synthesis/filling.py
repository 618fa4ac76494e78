"""Filling a hole with believable background: content shifted from elsewhere, chosen where it fits best."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.synthesis.blending import fill_smoothly, gradient_blend, to_image
from sigmask.synthesis.region import bounding_box, dilate
from sigmask.types import ImageArray, MaskArray

CANDIDATES = 72
LAYERS = 4  # one channel each: OpenCV resizes at most four at once


def fill_hole(image: ImageArray, hole: MaskArray, rng: np.random.Generator) -> ImageArray:
    """`image` with `hole` filled by one of several means of differing quality, as real erasers differ.

    Mostly the best-fitting shifted content; sometimes a diffusion fill, a mirror image of the surroundings, or a smooth
    fill with grain (what weak inpainting models hallucinate).
    """
    kind = rng.random()
    if hole.sum() < 900 and kind < 0.35:
        return np.asarray(cv2.inpaint(image, hole.view(np.uint8), 4, cv2.INPAINT_TELEA), dtype=np.uint8)
    if kind > 0.94:
        return _grainy_fill(image, hole, rng)
    if kind > 0.88:
        mirrored = np.ascontiguousarray(image[:, ::-1])
        if not (hole & hole[:, ::-1]).any():
            return gradient_blend(image, mirrored, hole)
    return _shifted_fill(image, hole, rng)


def _grainy_fill(image: ImageArray, hole: MaskArray, rng: np.random.Generator) -> ImageArray:
    known = ~dilate(hole, 2)
    smooth = fill_smoothly(cv2.GaussianBlur(image, (0, 0), 2).astype(np.float32), known)
    grain = rng.normal(0, 1, (*hole.shape, 1)).astype(np.float32)
    coarse = cv2.GaussianBlur(rng.normal(0, 1, hole.shape).astype(np.float32), (0, 0), 4)[:, :, None]
    filled = smooth + float(rng.uniform(0, 5)) * grain + float(rng.uniform(0, 60)) * coarse
    return np.where(hole[:, :, None], to_image(filled), image)


def _shifted_fill(image: ImageArray, hole: MaskArray, rng: np.random.Generator) -> ImageArray:
    """Several shifts of the picture, each used where the rim near by fits it best, then blended in the gradient domain.

    After the idea of shift-map image editing (Pritch et al., ICCV 2009; He and Sun, ECCV 2012), much simplified:
    shifts are drawn at random, compared on the hole's rim at a quarter of the size, and the few best share the hole.
    """
    height, width = hole.shape
    small_size = (max(8, width // 4), max(8, height // 4))
    small = cv2.resize(image, small_size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small_hole = cv2.resize(hole.astype(np.float32), small_size, interpolation=cv2.INTER_AREA) > 0.02
    rim = dilate(small_hole, 3) & ~small_hole
    if not rim.any():
        return _grainy_fill(image, hole, rng)
    shifts = _draw_shifts(small_hole, rng)
    ranked = []
    rows, columns = np.nonzero(rim)
    hole_rows, hole_columns = np.nonzero(small_hole)
    for down, right in shifts:
        at = np.clip(rows + down, 0, small_size[1] - 1), np.clip(columns + right, 0, small_size[0] - 1)
        cost = np.abs(small[at] - small[rows, columns]).mean(1) + 60.0 * small_hole[at]
        from_rows, from_columns = hole_rows + down, hole_columns + right
        outside = (from_rows < 0) | (from_rows >= small_size[1]) | (from_columns < 0) | (from_columns >= small_size[0])
        inside_rows = np.clip(from_rows, 0, small_size[1] - 1)
        inside_columns = np.clip(from_columns, 0, small_size[0] - 1)
        wasted = float((outside | small_hole[inside_rows, inside_columns]).mean())
        ranked.append((float(np.minimum(cost, 60).mean()) + 80.0 * wasted, (down, right), cost))
    ranked.sort(key=lambda entry: entry[0])
    best = ranked[:LAYERS]
    costs = np.zeros((*small_hole.shape, len(best)), np.float32)
    costs[rows, columns] = np.stack([entry[2] for entry in best], 1)
    spread = fill_smoothly(costs, rim)
    full = cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, len(best))
    choice = full.argmin(2)
    return _assemble(image, hole, choice, [entry[1] for entry in best])


def _draw_shifts(hole: MaskArray, rng: np.random.Generator) -> list[tuple[int, int]]:
    top, left, bottom, right = bounding_box(hole)
    height, width = hole.shape
    shifts = []
    for _ in range(CANDIDATES):
        if rng.random() < 0.5:  # just past the hole, sideways or up and down: the likeliest continuation
            sideways = rng.random() < 0.7
            reach = (right - left if sideways else bottom - top) * float(rng.uniform(0.6, 1.3)) * rng.choice([-1, 1])
            down, across = (float(rng.normal(0, 2)), reach) if sideways else (reach, float(rng.normal(0, 2)))
        else:
            down, across = rng.uniform(-height * 0.8, height * 0.8), rng.uniform(-width * 0.8, width * 0.8)
        shifts.append((round(float(down)), round(float(across))))
    return shifts


def _assemble(
    image: ImageArray, hole: MaskArray, choice: npt.NDArray[np.intp], shifts: list[tuple[int, int]]
) -> ImageArray:
    height, width = hole.shape
    # Rows and columns past the border are mirrored back; content from inside the hole itself is interpolated over.
    usable = ~dilate(hole, 1)
    filled = np.zeros_like(image, np.float32)
    weight = np.zeros(hole.shape, np.float32)
    for layer, (down, right) in enumerate(shifts):
        share = cv2.GaussianBlur((choice == layer).astype(np.float32), (0, 0), 2.5)
        rows = _mirrored(np.arange(height) + 4 * down, height)
        columns = _mirrored(np.arange(width) + 4 * right, width)
        shifted = gradient_offset(image, image[rows][:, columns], hole, usable[rows][:, columns])
        share = share * usable[rows][:, columns]
        filled += shifted * share[:, :, None]
        weight += share
    good = weight > 0.05
    content = np.where(good[:, :, None], filled / np.maximum(weight, 0.05)[:, :, None], image)
    known = good & hole | ~hole
    content = np.where(known[:, :, None], content, fill_smoothly(content, known))
    return np.where(hole[:, :, None], to_image(content), image)


def gradient_offset(
    image: ImageArray, shifted: ImageArray, hole: MaskArray, usable: MaskArray
) -> npt.NDArray[np.float32]:
    """`shifted` moved in colour so that it meets `image` at the rim of `hole` where it is `usable`; float32."""
    top, left, bottom, right = bounding_box(hole)
    window = (
        slice(max(0, top - 12), min(hole.shape[0], bottom + 12)),
        slice(max(0, left - 12), min(hole.shape[1], right + 12)),
    )
    rim = dilate(hole[window], 5) & ~hole[window] & usable[window]
    moved = shifted.astype(np.float32)
    if rim.sum() < 8:
        return moved
    difference = np.clip(image[window].astype(np.float32) - shifted[window], -60, 60)
    small = (max(4, rim.shape[1] // 2), max(4, rim.shape[0] // 2))
    weight = cv2.resize(rim.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    values = cv2.resize(difference * rim[:, :, None], small, interpolation=cv2.INTER_AREA)
    values = values / np.maximum(weight, 1e-3)[:, :, None]
    offset = fill_smoothly(values, weight > 0.2)
    offset = cv2.GaussianBlur(offset, (0, 0), 3)
    moved[window] += cv2.resize(offset, (rim.shape[1], rim.shape[0]), interpolation=cv2.INTER_LINEAR)
    return moved


def _mirrored(index: npt.NDArray[np.intp], length: int) -> npt.NDArray[np.intp]:
    period = 2 * length
    folded = np.mod(index, period)
    return np.where(folded < length, folded, period - 1 - folded)
