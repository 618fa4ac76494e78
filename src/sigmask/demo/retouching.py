"""The retouching that the demo's edits are made of: regions placed by hand, filling, recolouring, pasting.

Each function takes and gives (H, W, 3) uint8 RGB and leaves everything outside its mask untouched, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sigmask.types import ImageArray, MaskArray

Point = tuple[int, int]


def polygon(shape: tuple[int, ...], *outlines: Sequence[Point]) -> MaskArray:
    """(H, W) bool: the inside of one or more outlines, corners as (x, y) in pixels."""
    canvas = np.zeros(shape[:2], np.uint8)
    for outline in outlines:
        cv2.fillPoly(canvas, [np.array(outline, np.int32)], (255,))
    return canvas > 0


def ellipse(shape: tuple[int, ...], centre: Point, radii: Point, angle: float = 0.0) -> MaskArray:
    """(H, W) bool: a filled ellipse; `angle` in degrees, clockwise."""
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.ellipse(canvas, centre, radii, angle, 0, 360, (255,), -1)
    return canvas > 0


def fill_from_around(image: ImageArray, mask: MaskArray, rng: np.random.Generator, *, grain: float = 2.0) -> ImageArray:
    """Remove what lies under `mask`: continue the surroundings inwards, with grain of `grain` grey levels."""
    filled = cv2.inpaint(image, mask.astype(np.uint8), 7, cv2.INPAINT_TELEA).astype(np.float32)
    smooth = cv2.GaussianBlur(filled, (0, 0), 3.0)
    texture = cv2.GaussianBlur(rng.normal(0.0, 1.0, image.shape[:2]).astype(np.float32), (0, 0), 0.8)[..., None]
    return _keep_outside(image, smooth + texture * (grain / 0.36), mask)


def recolour(image: ImageArray, mask: MaskArray, hue: int, *, saturation: float = 1.0) -> ImageArray:
    """Give what lies under `mask` another hue (OpenCV's 0 to 179), keeping its light and shade."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = hue
    hsv[..., 1] = np.clip(hsv[..., 1] * saturation, 0, 255).astype(np.uint8)
    return _keep_outside(image, cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.float32), mask)


def replace_under(image: ImageArray, mask: MaskArray, content: ImageArray) -> ImageArray:
    """Show `content` (same size) under `mask`, its border softened inwards over a pixel or two."""
    return _keep_outside(image, content.astype(np.float32), mask)


def paste(image: ImageArray, cutout: ImageArray, cutout_mask: MaskArray, corner: Point) -> tuple[ImageArray, MaskArray]:
    """Paste `cutout` where `cutout_mask` is True with its upper left corner at `corner` (x, y), all of it inside.

    Returns the picture and the (H, W) mask of what was pasted.
    """
    left, top = corner
    height, width = cutout_mask.shape
    content = image.copy()
    content[top : top + height, left : left + width] = cutout
    mask = np.zeros(image.shape[:2], np.bool_)
    mask[top : top + height, left : left + width] = cutout_mask
    return replace_under(image, mask, content), mask


def write_text(
    image: ImageArray, text: str, centre: Point, *, size: int, colour: tuple[int, int, int]
) -> tuple[ImageArray, MaskArray]:
    """Write `text` in letters about `size` pixels high. Returns the picture and the (H, W) mask of the letters."""
    canvas = Image.new("L", (image.shape[1], image.shape[0]))
    font = ImageFont.load_default(size)
    ImageDraw.Draw(canvas).text(
        centre, text, fill=255, font=font, anchor="mm", stroke_width=max(1, size // 20), stroke_fill=255
    )
    mask = np.asarray(canvas) > 127
    return replace_under(image, mask, np.full_like(image, colour)), mask


def _keep_outside(image: ImageArray, content: np.ndarray, mask: MaskArray) -> ImageArray:
    """`content` under `mask`, blended over the two pixels inside its border."""
    inside = mask.astype(np.float32)
    alpha = np.minimum(inside, 0.35 + 0.65 * cv2.GaussianBlur(inside, (0, 0), 0.8) ** 2)[..., None]
    blended = np.clip(np.rint(content * alpha + image * (1.0 - alpha)), 0, 255).astype(np.uint8)
    return np.where(mask[..., None], blended, image)
