"""Named colours, and moving a region to one of them while its shading stays."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from sigmask.types import ImageArray, MaskArray

PALETTE: dict[str, tuple[int, int, int]] = {
    "red": (200, 30, 35),
    "dark red": (120, 15, 25),
    "orange": (240, 135, 30),
    "yellow": (245, 215, 50),
    "gold": (210, 165, 60),
    "green": (50, 150, 60),
    "dark green": (20, 80, 40),
    "lime green": (150, 215, 60),
    "turquoise": (50, 200, 195),
    "teal": (20, 125, 130),
    "light blue": (140, 190, 235),
    "blue": (40, 90, 200),
    "navy blue": (20, 30, 85),
    "purple": (125, 50, 160),
    "violet": (150, 90, 220),
    "pink": (245, 140, 185),
    "magenta": (215, 40, 150),
    "brown": (120, 75, 45),
    "beige": (225, 205, 170),
    "white": (240, 240, 238),
    "silver": (190, 193, 198),
    "gray": (128, 128, 130),
    "black": (28, 28, 30),
}
"""Name → RGB of a typical sample (our choice)."""


def colour_name(rgb: Sequence[float]) -> str:
    """The palette's nearest name for a colour, by distance in Lab."""
    names = list(PALETTE)
    colours = np.array([[*PALETTE.values(), tuple(round(value) for value in rgb)]], np.uint8)
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB)[0].astype(np.float32)
    return names[int(np.linalg.norm(lab[:-1] - lab[-1], axis=1).argmin())]


def move_to_colour(
    image: ImageArray, mask: MaskArray, rgb: tuple[int, int, int], *, keep_lightness: float, flatten: float
) -> ImageArray:
    """`image` with its colours moved so that the masked part's mean becomes `rgb`.

    Args:
        keep_lightness: 1 keeps the lightness as it was (only hue tells), 0 moves its mean to the colour's.
        flatten: 1 gives every pixel the colour's own hue, 0 keeps the region's variation around its mean.
    """
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    aim = cv2.cvtColor(np.array([[rgb]], np.uint8), cv2.COLOR_RGB2LAB)[0, 0].astype(np.float32)
    mean = lab[mask].mean(0)
    shift = (1 - keep_lightness) * (aim[0] - mean[0])
    # Dark and bright colours have less room for shading: the spread shrinks with the distance to the nearer end.
    room = min(mean[0] + shift, 255 - mean[0] - shift) / max(20.0, min(mean[0], 255 - mean[0]))
    moved = np.empty_like(lab)
    moved[:, :, 0] = mean[0] + shift + (lab[:, :, 0] - mean[0]) * float(np.clip(room, 0.35, 1.25))
    for channel in (1, 2):
        own = (lab[:, :, channel] - mean[channel]) * (1 - flatten)
        strength = np.clip(moved[:, :, 0] / max(float(aim[0]), 40.0), 0.25, 1.1)  # deep shade holds little colour
        moved[:, :, channel] = 128 + (aim[channel] - 128) * strength + own
    out = np.clip(np.rint(moved), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(out, cv2.COLOR_LAB2RGB), dtype=np.uint8)
