"""Cutting an object out of one photograph and laying it, scaled, turned or mirrored, on another's grid."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sigmask.synthesis.photos import Instance, Photo
from sigmask.synthesis.region import bounding_box, feather
from sigmask.types import ImageArray, MapArray, MaskArray


@dataclass(frozen=True, slots=True)
class Layer:
    """Pixels on some picture's (H, W) grid with their opacity in [0, 1]."""

    pixels: ImageArray
    alpha: MapArray

    @property
    def solid(self) -> MaskArray:
        """Where the layer is more opaque than not."""
        return np.asarray(self.alpha > 0.5, dtype=bool)


def lay_object(
    photo: Photo,
    instance: Instance,
    shape: tuple[int, int],
    *,
    centre: tuple[float, float],
    height: float,
    width: float | None = None,
    degrees: float = 0.0,
    mirrored: bool = False,
    softness: float = 1.0,
) -> Layer:
    """The object laid on a grid of (H, W) `shape`.

    Args:
        centre: (row, column) of the object's box in pixels.
        height: the box's height in pixels; its `width` follows from the object's aspect if not given.
        softness: width of the soft edge in pixels.
    """
    top, left, bottom, right = bounding_box(instance.mask)
    margin = 2
    rows = slice(max(0, top - margin), bottom + margin)
    columns = slice(max(0, left - margin), right + margin)
    cut, mask = photo.image[rows, columns], instance.mask[rows, columns]
    scale_y = height / (bottom - top)
    scale_x = scale_y if width is None else width / (right - left)
    if max(scale_x, scale_y) < 0.5:  # averaging first, since warping alone would alias
        smaller = (max(2, round(cut.shape[1] * scale_x)), max(2, round(cut.shape[0] * scale_y)))
        cut = cv2.resize(cut, smaller, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(mask.astype(np.float32), smaller, interpolation=cv2.INTER_AREA)
        scale_x = scale_y = 1.0
    else:
        alpha = mask.astype(np.float32)
    angle = np.deg2rad(degrees)
    flip = -1.0 if mirrored else 1.0
    linear = np.array(
        [
            [np.cos(angle) * scale_x * flip, -np.sin(angle) * scale_y],
            [np.sin(angle) * scale_x * flip, np.cos(angle) * scale_y],
        ]
    )
    middle = np.array([(cut.shape[1] - 1) / 2, (cut.shape[0] - 1) / 2])
    offset = np.array([centre[1], centre[0]]) - linear @ middle
    matrix = np.hstack([linear, offset[:, None]])
    size = (shape[1], shape[0])
    pixels = cv2.warpAffine(cut, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    warped = cv2.warpAffine(alpha, matrix, size, flags=cv2.INTER_LINEAR)
    if softness > 0.3:
        warped = feather(np.asarray(warped > 0.5, dtype=bool), softness)
    return Layer(np.asarray(pixels, dtype=np.uint8), np.asarray(warped, dtype=np.float32))
