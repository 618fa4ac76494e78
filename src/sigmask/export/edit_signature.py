"""Sixteen bytes that say where an edit lies and what it looks like, nearly the same after another compression."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.types import ImageArray, MaskArray

Signatures = npt.NDArray[np.uint8]

LENGTH = 16
"""Bytes."""
PLACE = 4
"""The first four bytes: the mask's centre (x, y) and spread (x, y), in 255ths of the picture. The others: colours."""
_SPREAD = 2

SAME_PLACE = 2
"""Centre and spread may differ by this many 255ths and an eighth of the spread. Our choice: a mask that moves by a
pixel or two stays within."""
SAME_COLOUR = 8.0
"""The colours may differ by this many grey levels, root mean square. Our choice."""
FARTHEST = SAME_PLACE + 16
"""Centres of one edit never differ by more 255ths: no mask has a spread of more than half the picture."""

MOST_MARKED = 1 << 20
"""Pixels; larger masks are looked at in a smaller picture, since each takes about 100 bytes meanwhile. Our choice."""


def edit_signature(edited: ImageArray, mask: MaskArray) -> Signatures:
    """(16,) uint8: centre and spread of the mask, then the mean RGB in the four quarters of it about its centre.

    Means and not outlines, since a mask of the same picture compressed again is another by a pixel here and there. For
    the same reason a pixel weighs as the square of its distance from the mask's outline. An empty mask has no spread,
    and the colours of the whole picture. Our own construction.

    Args:
        edited: (H, W, 3) uint8 RGB.
        mask: (H, W) bool.
    """
    empty = not mask.any()
    marked = np.ones_like(mask) if empty else mask
    step = math.ceil(math.sqrt(int(marked.sum()) / MOST_MARKED))
    if step > 1:
        edited, marked = _shrunk(edited, step), _shrunk(marked.astype(np.uint8) * 255, step) > 0
    height, width = marked.shape
    rows, columns = np.nonzero(marked)
    centre_y, centre_x = rows.mean(), columns.mean()
    spread = (columns.std() / width, rows.std() / height) if not empty else (0.0, 0.0)
    place = 255 * np.array([(centre_x + 0.5) / width, (centre_y + 0.5) / height, *spread])
    weights = _inwardness(marked)[rows, columns]
    colours = edited[rows, columns].astype(np.float64)
    mean = np.average(colours, axis=0, weights=weights)
    quarters = (rows >= centre_y) * 2 + (columns >= centre_x)
    looks = [
        np.average(colours[inside], axis=0, weights=weights[inside]) if inside.any() else mean
        for inside in (quarters == number for number in range(4))
    ]
    return np.asarray(np.rint(np.concatenate([place, *looks])), np.uint8)


def same_edit(first: Signatures, second: Signatures) -> npt.NDArray[np.bool_]:
    """(N,) bool: whether two edits of one original, each (N, 16), are one by place and colours."""
    apart = np.abs(first.astype(np.int16) - second)
    spread = np.minimum(first[:, _SPREAD:PLACE], second[:, _SPREAD:PLACE]).astype(np.int16)
    allowed = 8 * SAME_PLACE + np.tile(spread, 2)
    same = np.asarray((8 * apart[:, :PLACE] <= allowed).all(axis=1))
    colours = apart[same, PLACE:].astype(np.int32)
    same[same] = (colours**2).mean(axis=1) <= SAME_COLOUR**2
    return same


def _shrunk(image: npt.NDArray[np.uint8], step: int) -> npt.NDArray[np.uint8]:
    """The means of blocks of `step` × `step` pixels."""
    height, width = image.shape[:2]
    size = (max(1, width // step), max(1, height // step))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _inwardness(mask: MaskArray) -> npt.NDArray[np.float64]:
    """(H, W): the squared distance of each pixel from what is outside of the mask, the picture's border included."""
    padded = np.pad(mask, 1).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1]
    return np.asarray(distance, np.float64) ** 2
