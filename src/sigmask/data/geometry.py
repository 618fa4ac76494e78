"""Brings the original into the edited image's pixel grid, and both to the size that a network sees."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.types import ImageArray, MapArray

SAME_ASPECT = 0.02
"""Aspect ratios this close, relatively, count as the same (our choice: rounding to multiples of 32 stays within)."""

_THUMBNAIL = 64

Region = tuple[slice, slice]
"""Rows and columns that the original fills in the edited image's grid."""


def fit_original_to_edited(original: ImageArray, edited: ImageArray) -> tuple[ImageArray, tuple[str, ...]]:
    """The original in the edited image's height and width, and remarks on how it got there.

    With the same aspect it is only resized. Otherwise the editor cropped it, stretched it or padded it, whichever
    makes it resemble the edited image best: normalised correlation of 64-px thumbnails, over what the original fills
    (our choice). Bars that the original does not fill get the median colour of the edited image there, so that plain
    padding shows no difference and painted-in content does.

    Returns:
        (H, W, 3) uint8 in the edited image's size, and flags: none for equal sizes, "resized" for the same aspect,
        else "aspect_mismatch" and one of "cropped", "stretched", "padded".
    """
    if original.shape == edited.shape:
        return original, ()
    height, width = edited.shape[:2]
    ratio = (original.shape[1] * height) / (original.shape[0] * width)
    if abs(ratio - 1.0) <= SAME_ASPECT:
        return resize_image(original, height, width), ("resized",)
    way = _most_similar_way(original, edited)
    placed, region = _place(original, height, width, way)
    return _fill_bars(placed, edited, region), ("aspect_mismatch", way)


def model_frame(height: int, width: int, long_side: int, multiple: int) -> tuple[int, int]:
    """The (height, width) at which a network sees a picture of `height` × `width`.

    The long side becomes `long_side`, the short side keeps the aspect, and each is rounded to the nearest `multiple`,
    never to 0.

    Raises:
        ValueError: if an argument is not positive.
    """
    if min(height, width, long_side, multiple) < 1:
        raise ValueError(
            f"sizes must be positive, got height {height}, width {width}, long_side {long_side}, multiple {multiple}"
        )
    scale = long_side / max(height, width)
    rows, columns = (max(1, round(side * scale / multiple)) for side in (height, width))
    return rows * multiple, columns * multiple


def resize_image(image: ImageArray, height: int, width: int) -> ImageArray:
    """(height, width, 3) uint8: averaged where it shrinks, bicubic where it grows; itself if nothing changes."""
    return _resize(image, height, width, cv2.INTER_CUBIC)


def shrink_to(image: ImageArray, longest: int) -> ImageArray:
    """`image` with its longer side at most `longest` pixels and no side under 8; itself if it is no larger."""
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    return resize_image(image, max(8, round(image.shape[0] * scale)), max(8, round(image.shape[1] * scale)))


def resize_for_model(image: ImageArray, height: int, width: int) -> ImageArray:
    """`resize_image`, but bilinear where it shrinks to no less than half: as good for a network, and faster."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    if shrinks and 2 * height >= image.shape[0] and 2 * width >= image.shape[1]:
        return np.asarray(cv2.resize(np.ascontiguousarray(image), (width, height)), np.uint8)
    return resize_image(image, height, width)


def resize_map(values: MapArray, height: int, width: int) -> MapArray:
    """(height, width) float32: averaged where it shrinks, bilinear where it grows, so the range is never left."""
    return _resize(values, height, width, cv2.INTER_LINEAR)


def _resize(array: npt.NDArray[Any], height: int, width: int, growing: int) -> npt.NDArray[Any]:
    if array.shape[:2] == (height, width):
        return array
    shrinks = height * width < array.shape[0] * array.shape[1]
    resized: npt.NDArray[Any] = cv2.resize(
        np.ascontiguousarray(array), (width, height), interpolation=cv2.INTER_AREA if shrinks else growing
    )
    return resized


def _most_similar_way(original: ImageArray, edited: ImageArray) -> str:
    height, width = edited.shape[:2]
    scale = _THUMBNAIL / max(height, width)
    small_height, small_width = (max(1, round(side * scale)) for side in (height, width))
    thumbnail = resize_image(edited, small_height, small_width)

    def similarity(way: str) -> float:
        placed, region = _place(original, small_height, small_width, way)
        return _correlation(placed[region], thumbnail[region])

    return max(("cropped", "stretched", "padded"), key=similarity)


def _place(original: ImageArray, height: int, width: int, way: str) -> tuple[ImageArray, Region]:
    """The original laid into a grid of height × width, and the region that it fills there."""
    original_height, original_width = original.shape[:2]
    whole = (slice(0, height), slice(0, width))
    if way == "stretched":
        return resize_image(original, height, width), whole
    if way == "cropped":
        scale = min(original_height / height, original_width / width)
        rows = _centred(original_height, max(1, round(height * scale)))
        columns = _centred(original_width, max(1, round(width * scale)))
        return resize_image(original[rows, columns], height, width), whole
    scale = min(height / original_height, width / original_width)
    rows = _centred(height, max(1, round(original_height * scale)))
    columns = _centred(width, max(1, round(original_width * scale)))
    placed = np.zeros((height, width, 3), np.uint8)
    placed[rows, columns] = resize_image(original, rows.stop - rows.start, columns.stop - columns.start)
    return placed, (rows, columns)


def _centred(whole: int, part: int) -> slice:
    part = min(part, whole)
    start = (whole - part) // 2
    return slice(start, start + part)


def _correlation(first: ImageArray, second: ImageArray) -> float:
    """Normalised correlation over pixels and channels, each channel less its mean; 0 where a picture is flat."""
    centred = [image.reshape(-1, 3).astype(np.float64) for image in (first, second)]
    left, right = (values - values.mean(axis=0) for values in centred)
    norm = float(np.linalg.norm(left) * np.linalg.norm(right))
    return 0.0 if norm == 0.0 else float((left * right).sum() / norm)


def _fill_bars(placed: ImageArray, edited: ImageArray, region: Region) -> ImageArray:
    height, width = edited.shape[:2]
    rows, columns = region
    bars = (
        (slice(0, rows.start), slice(0, width)),
        (slice(rows.stop, height), slice(0, width)),
        (slice(0, height), slice(0, columns.start)),
        (slice(0, height), slice(columns.stop, width)),
    )
    for bar in bars:
        seen = edited[bar]
        if seen.size:
            placed[bar] = np.median(seen.reshape(-1, 3), axis=0).astype(np.uint8)
    return placed
