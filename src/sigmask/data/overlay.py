"""Draws masks and maps on pictures for people to look at."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.types import ImageArray, MapArray, MaskArray

Colour = tuple[int, int, int]
"""RGB, 0..255."""

OUTLINE: Colour = (255, 0, 64)
_CASING: Colour = (255, 255, 255)
_LONG_SIDE_PER_PIXEL = 200


def draw_outline(
    image: ImageArray, mask: MaskArray, colour: Colour = OUTLINE, thickness: int | None = None
) -> ImageArray:
    """A copy of the image with the mask's borders, holes included, as a line with a white casing.

    Args:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) bool.
        colour: of the line. The casing makes it stand out from a background of the same colour.
        thickness: of the line in pixels; by default 1 for each 200 px of the long side, at least 1.

    Raises:
        ValueError: if the mask has not the image's size, or thickness is under 1.
    """
    _require_same_size(image, mask)
    if thickness is None:
        thickness = max(1, round(max(mask.shape) / _LONG_SIDE_PER_PIXEL))
    if thickness < 1:
        raise ValueError(f"thickness must be at least 1 pixel, got {thickness}")
    drawn = np.array(image, np.uint8, order="C")
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, contours, -1, _CASING, thickness + 2)
    cv2.drawContours(drawn, contours, -1, colour, thickness)
    return drawn


def heat(image: ImageArray, values: MapArray, strength: float = 0.7) -> ImageArray:
    """A copy of the image, in grey, under the colours of a map of (H, W) in [0, 1]: dark blue is 0, dark red is 1.

    Raises:
        ValueError: if the map has not the image's size, or strength leaves [0, 1].
    """
    _require_same_size(image, values)
    _require_fraction(strength)
    levels = np.rint(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(colours, strength, grey, 1.0 - strength, 0.0), np.uint8)


def _require_same_size(image: ImageArray, over: MaskArray | MapArray) -> None:
    if image.ndim != 3 or over.shape != image.shape[:2]:
        raise ValueError(f"expected an (H, W, 3) image and (H, W) of the same size, got {image.shape} and {over.shape}")


def _require_fraction(strength: float) -> None:
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"strength must lie in [0, 1], got {strength}")
