"""How a benchmark's published masks are read: what they mark, in which grid they lie, and what an empty one means.

Published masks differ in polarity (NIST16 marks in black), in the number of their levels (Columbia's are drawn in
red and green), and now and then in size. None of that can be told from one mask alone, so each benchmark says it in
its entry of benchmarks.yaml, and nothing is guessed that the entry does not allow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from pydantic import Field

from sigmask.config import StrictConfig
from sigmask.data.image_decoding import decode_image, decode_mask
from sigmask.errors import BadReason, SampleError
from sigmask.types import ImageArray, MaskArray

ASPECT_TOLERANCE = 0.02
"""How far the aspects of mask and image may differ for the mask to be resampled (our choice: rounding of the smaller
sides of thumbnails stays well below)."""

_GREEN_OVER_OTHERS = 48  # grey levels; JPEG's chroma noise on a red or black ground stays below (our choice)


class MaskRule(StrictConfig):
    """How to read a benchmark's masks.

    Attributes:
        marked: what marks the change. `auto`: transparent, pure white, or light, as `decode_mask` tells them apart;
            `light`: grey levels above the threshold; `dark`: those up to it; `green`: pixels far greener than red
            or blue, whatever their brightness.
        threshold: a grey level; with three levels (0, 128, 255) it says whether the middle one counts.
        resize: whether a mask of another size but the image's aspect is resampled (nearest neighbour). Otherwise,
            and where the aspect differs too, the row is bad.
        empty: what an empty mask of an edited image is: `bad`, a mistake of the benchmark, or `unedited`, a statement.
    """

    marked: Literal["auto", "light", "dark", "green"] = "auto"
    threshold: int = Field(default=127, ge=0, le=254)
    resize: bool = False
    empty: Literal["bad", "unedited"] = "bad"


def read_mask(cell: Any, root: Path | None, shape: tuple[int, int], rule: MaskRule) -> tuple[MaskArray, bool]:
    """The cell's mask on the grid of `shape`, (H, W) bool, and whether it had to be resampled for that.

    Args:
        cell: as for `decode_image`.
        root: the folder that the cell's path is relative to and may not leave.
        shape: the edited image's (height, width).
        rule: see `MaskRule`.

    Raises:
        SampleError: as `decode_image`, and BAD_MASK if the mask cannot be on that grid, or is empty and may not be.
    """
    mask = decode_mask(cell, root) if rule.marked == "auto" else _marked(decode_image(cell, root), rule)
    resized = mask.shape != shape
    if resized:
        mask = _on_grid(mask, shape, rule)
    if rule.empty == "bad" and not mask.any():
        raise SampleError(
            BadReason.BAD_MASK, "expected a mask that marks something of an edited image, got an empty one"
        )
    return mask, resized


def _marked(pixels: ImageArray, rule: MaskRule) -> MaskArray:
    if rule.marked == "green":
        red, green, blue = (pixels[..., channel].astype(np.int16) for channel in range(3))
        return np.asarray(green - np.maximum(red, blue) > _GREEN_OVER_OTHERS)
    grey = pixels.min(axis=2)
    if grey.max() == 1:  # written with 0 and 1
        grey = grey * np.uint8(255)
    return np.asarray(grey <= rule.threshold) if rule.marked == "dark" else np.asarray(grey > rule.threshold)


def _on_grid(mask: MaskArray, shape: tuple[int, int], rule: MaskRule) -> MaskArray:
    (height, width), (to_height, to_width) = mask.shape, shape
    same_aspect = abs(width * to_height / (height * to_width) - 1.0) <= ASPECT_TOLERANCE
    if not (rule.resize and same_aspect):
        turned = " (turned by 90°?)" if (width, height) == (to_height, to_width) and width != height else ""
        raise SampleError(
            BadReason.BAD_MASK,
            f"expected a mask in the edited image's pixel grid, {to_width}×{to_height}, got {width}×{height}{turned}",
        )
    resampled = cv2.resize(mask.astype(np.uint8), (to_width, to_height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(resampled > 0)
