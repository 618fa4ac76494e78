"""Small drawn pictures for tests: shaded backgrounds with shapes, and edit pairs whose mask is known exactly."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.types import EditPair, ImageArray, MaskArray

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 39, 40),
    "green": (44, 160, 44),
    "blue": (31, 90, 200),
    "yellow": (240, 210, 40),
    "purple": (148, 60, 189),
    "white": (245, 245, 245),
    "black": (15, 15, 15),
}
SHAPES = ("circle", "square", "triangle")


def draw_photo(rng: np.random.Generator, height: int, width: int) -> ImageArray:
    """(height, width, 3) uint8 RGB: a shaded background, four shapes, and smooth texture that never repeats."""
    corners = rng.integers(40, 216, (2, 2, 3)).astype(np.float32)
    photo = cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)
    coarse = rng.normal(0.0, 12.0, (max(2, height // 8), max(2, width // 8), 3)).astype(np.float32)
    photo += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    drawn = np.clip(photo, 0, 255).astype(np.uint8)
    for _ in range(4):
        shape = draw_shape_mask(rng, height, width, str(rng.choice(SHAPES)))
        drawn[shape] = COLOURS[str(rng.choice(list(COLOURS)))]
    return drawn


def draw_corners(rng: np.random.Generator, height: int, width: int) -> ImageArray:
    """(height, width, 3) uint8 RGB full of corners: rectangles of random colours over each other, slightly blurred."""
    drawn = np.full((height, width, 3), 128, np.uint8)
    for _ in range(height * width // 750):
        left, top = int(rng.integers(0, width)), int(rng.integers(0, height))
        wide, tall = (int(side) for side in rng.integers(8, 50, 2))
        drawn[top : top + tall, left : left + wide] = rng.integers(0, 256, 3)
    return np.asarray(cv2.GaussianBlur(drawn, (3, 3), 0), np.uint8)


def draw_pair(rng: np.random.Generator, height: int, width: int, *, noise: float = 0.0) -> EditPair:
    """A photo, the same with one shape added, the instruction for it and its mask.

    Every pixel of the mask differs by at least 48 grey levels in some channel, and with `noise` 0 no other pixel
    differs at all. `noise` is the standard deviation, in grey levels, of what is added to all of the edited image.
    """
    original = draw_photo(rng, height, width)
    name = str(rng.choice(SHAPES))
    shape = draw_shape_mask(rng, height, width, name)
    distance = {
        colour: int(np.median(np.abs(original[shape].astype(int) - value).max(axis=1)))
        for colour, value in COLOURS.items()
    }
    colour = max(distance, key=distance.__getitem__)
    difference = np.abs(original.astype(int) - COLOURS[colour]).max(axis=2)
    mask = shape & (difference >= 48)
    edited = original.copy()
    edited[mask] = COLOURS[colour]
    if noise:
        noisy = edited + rng.normal(0.0, noise, edited.shape)
        edited = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return EditPair(
        sample_id=f"{colour}-{name}-{int(rng.integers(1_000_000)):06d}",
        original=original,
        edited=edited,
        instruction=f"add a {colour} {name}",
        edit_type="add",
        mask=mask,
    )


def draw_shape_mask(rng: np.random.Generator, height: int, width: int, shape: str) -> MaskArray:
    """(height, width) bool: one filled shape somewhere inside, 1/10 to 1/4 of the short side in radius."""
    short_side = min(height, width)
    radius = max(2, int(rng.integers(short_side // 10, max(short_side // 4, short_side // 10 + 1))))
    centre_x = int(rng.integers(radius, max(radius + 1, width - radius)))
    centre_y = int(rng.integers(radius, max(radius + 1, height - radius)))
    canvas = np.zeros((height, width), np.uint8)
    if shape == "circle":
        cv2.circle(canvas, (centre_x, centre_y), radius, 255, -1)
    elif shape == "square":
        canvas[max(0, centre_y - radius) : centre_y + radius, max(0, centre_x - radius) : centre_x + radius] = 255
    else:
        corners = [
            (centre_x, centre_y - radius),
            (centre_x - radius, centre_y + radius),
            (centre_x + radius, centre_y + radius),
        ]
        cv2.fillPoly(canvas, [np.array(corners, np.int32)], (255,))
    return np.asarray(canvas > 0)
