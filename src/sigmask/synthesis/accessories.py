"""Small things drawn as shaded shapes: hats, beads, balls, bows, glasses, horns, flowers, lollipops, headphones."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.synthesis.placement import Layer
from sigmask.synthesis.region import bounding_box
from sigmask.types import ImageArray, MaskArray

Canvas = npt.NDArray[np.float32]
"""(S, S, 4) float32: RGB in [0, 255] and alpha in [0, 1], drawn at a fixed size and scaled afterwards."""
SIDE = 128


def draw_accessory(name: str, host: MaskArray, image: ImageArray, rng: np.random.Generator) -> Layer | None:
    """Accessory `name` laid on `image` at the place of `host` where such a thing sits; None if too small."""
    painter, anchor, relative = ACCESSORIES[name]
    top, left, bottom, right = bounding_box(host)
    height, width = bottom - top, right - left
    girth = _girth(host, anchor, (top, bottom))
    if girth is None:
        return None
    row, column, across = girth
    # About as wide as the host is at that height, but never out of all proportion to it.
    size = float(np.clip(across * relative, 0.12 * min(height, width), 0.8 * max(height, width)))
    size *= float(np.exp(rng.normal(0, 0.25)))
    if size < 14:
        return None
    canvas = np.zeros((SIDE, SIDE, 4), np.float32)
    painter(canvas, rng)
    _shade(canvas, image, (row, column), rng)
    angle, scale = float(rng.normal(0, 10)), size / SIDE
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), angle, scale)
    matrix[:, 2] += (column - SIDE / 2 + rng.normal(0, 0.04) * size, row - SIDE / 2 + rng.normal(0, 0.04) * size)
    if scale < 0.5:
        canvas = cv2.GaussianBlur(canvas, (0, 0), 0.4 / scale)
    premultiplied = canvas.copy()
    premultiplied[:, :, :3] *= canvas[:, :, 3:]
    shape = image.shape[:2]
    warped = cv2.warpAffine(premultiplied, matrix, (shape[1], shape[0]), flags=cv2.INTER_LINEAR)
    alpha = warped[:, :, 3]
    pixels = warped[:, :, :3] / np.maximum(alpha, 1e-3)[:, :, None]
    return Layer(np.clip(pixels, 0, 255).astype(np.uint8), np.ascontiguousarray(alpha))


def _girth(host: MaskArray, anchor: float, span: tuple[int, int]) -> tuple[float, float, float] | None:
    """(row, column, width) of `host` at share `anchor` of its height, the width taken a little below the top."""
    row = span[0] + anchor * (span[1] - span[0])
    near = int(np.clip(row, span[0] + 0.08 * (span[1] - span[0]), span[1] - 1))
    columns = np.flatnonzero(host[near])
    if columns.size < 4:
        return None
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    longest = max(runs, key=len)
    return row, float(longest.mean()), float(longest.size)


def _colour(rng: np.random.Generator) -> tuple[float, float, float]:
    hue = np.array([[[rng.integers(180), rng.integers(60, 256), rng.integers(50, 256)]]], np.uint8)
    if rng.random() < 0.3:
        hue[0, 0, 1] //= 5  # greys, black, white, brown are as common as bright colours
    red, green, blue = (float(value) for value in cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0])
    return red, green, blue


def _paint(canvas: Canvas, shape: npt.NDArray[np.uint8], colour: tuple[float, float, float]) -> None:
    """`shape` (255 inside) in `colour`, lit from above left so that it looks rounded."""
    alpha = cv2.GaussianBlur(shape, (0, 0), 1.0).astype(np.float32)[:, :, None] / 255
    depth = cv2.GaussianBlur(shape, (0, 0), 7).astype(np.float32) / 255
    light = np.roll(depth, (4, 4), (0, 1)) - np.roll(depth, (-4, -4), (0, 1))
    lit = np.clip(np.array(colour, np.float32) * (0.75 + 0.35 * depth + 1.1 * light)[:, :, None], 0, 255)
    canvas[:, :, :3] = canvas[:, :, :3] * (1 - alpha) + lit * alpha
    canvas[:, :, 3:] = np.maximum(canvas[:, :, 3:], alpha)


def _blank() -> npt.NDArray[np.uint8]:
    return np.zeros((SIDE, SIDE), np.uint8)


def _ellipse(
    centre: tuple[float, float],
    axes: tuple[float, float],
    angle: float = 0,
    thickness: int = -1,
    arc: tuple[float, float] = (0, 360),
) -> npt.NDArray[np.uint8]:
    shape = _blank()
    at = (round(centre[0]), round(centre[1]))
    cv2.ellipse(shape, at, (max(1, round(axes[0])), max(1, round(axes[1]))), angle, *arc, 255, thickness, cv2.LINE_AA)
    return shape


def _polygon(points: list[tuple[float, float]]) -> npt.NDArray[np.uint8]:
    shape = _blank()
    cv2.fillPoly(shape, [np.round(points).astype(np.int32)], 255, cv2.LINE_AA)
    return shape


def _hat(canvas: Canvas, rng: np.random.Generator) -> None:
    colour, band = _colour(rng), _colour(rng)
    crown = float(rng.uniform(18, 34))
    height = float(rng.uniform(25, 60))
    taper = float(rng.uniform(0.3, 1.05))
    brim = float(rng.uniform(crown + 4, 60))
    _paint(canvas, _ellipse((64, 90), (brim, float(rng.uniform(5, 15)))), colour)
    top = 90 - height
    body = [(64 - crown, 90), (64 - crown * taper, top), (64 + crown * taper, top), (64 + crown, 90)]
    _paint(canvas, _polygon(body) | _ellipse((64, top), (crown * taper, 8)), colour)
    if rng.random() < 0.6:
        _paint(canvas, _polygon([(64 - crown, 90), (64 - crown, 82), (64 + crown, 82), (64 + crown, 90)]), band)


def _cap(canvas: Canvas, rng: np.random.Generator) -> None:
    colour = _colour(rng)
    _paint(canvas, _ellipse((64, 85), (38, float(rng.uniform(28, 44))), arc=(180, 360)), colour)
    _paint(canvas, _ellipse((64 + 30, 86), (30, 7)), _colour(rng) if rng.random() < 0.4 else colour)


def _crown(canvas: Canvas, rng: np.random.Generator) -> None:
    spikes = int(rng.integers(3, 7))
    xs = np.linspace(22, 106, 2 * spikes + 1)
    outline = [(float(x), 40.0 if i % 2 else 66.0) for i, x in enumerate(xs)]
    _paint(canvas, _polygon([*outline, (104, 92), (24, 92)]), (230, 180, 40) if rng.random() < 0.6 else _colour(rng))
    jewel = _colour(rng)
    for x in xs[1::2]:
        _paint(canvas, _ellipse((float(x), 80), (4, 4)), jewel)


def _beads(canvas: Canvas, rng: np.random.Generator) -> None:
    colours = [_colour(rng) for _ in range(int(rng.integers(1, 4)))]
    radius = float(rng.uniform(3, 7))
    sag = float(rng.uniform(15, 38))
    for i, x in enumerate(np.arange(10, 120, radius * 1.8)):
        y = 50 + sag * (1 - ((x - 64) / 54) ** 2)
        _paint(canvas, _ellipse((float(x), y), (radius, radius)), colours[i % len(colours)])


def _scarf(canvas: Canvas, rng: np.random.Generator) -> None:
    colour = _colour(rng)
    _paint(
        canvas,
        _ellipse((64, 50), (52, float(rng.uniform(14, 24))), thickness=int(rng.integers(9, 20)), arc=(0, 180)),
        colour,
    )
    if rng.random() < 0.6:
        x = float(rng.uniform(48, 80))
        _paint(canvas, _polygon([(x, 66), (x + 16, 66), (x + 20, 120), (x - 4, 120)]), colour)


def _ball(canvas: Canvas, rng: np.random.Generator) -> None:
    _paint(canvas, _ellipse((64, 64), (50, 50)), _colour(rng))
    stripes = int(rng.integers(0, 4))
    for _ in range(stripes):
        stripe = _ellipse(
            (64, 64), (float(rng.uniform(8, 48)), 50), float(rng.uniform(0, 180)), int(rng.integers(3, 9))
        )
        _paint(canvas, np.minimum(stripe, _ellipse((64, 64), (50, 50))), _colour(rng))


def _bow(canvas: Canvas, rng: np.random.Generator) -> None:
    colour = _colour(rng)
    lift = float(rng.uniform(16, 34))
    _paint(canvas, _polygon([(64, 64), (12, 64 - lift), (12, 64 + lift)]), colour)
    _paint(canvas, _polygon([(64, 64), (116, 64 - lift), (116, 64 + lift)]), colour)
    _paint(canvas, _ellipse((64, 64), (12, 14)), colour)


def _glasses(canvas: Canvas, rng: np.random.Generator) -> None:
    frame, lens = _colour(rng), _colour(rng)
    height = float(rng.uniform(14, 26))
    dark = rng.random() < 0.6
    for x in (34.0, 94.0):
        if dark:
            _paint(canvas, _ellipse((x, 64), (26, height)), lens)
        _paint(canvas, _ellipse((x, 64), (26, height), thickness=int(rng.integers(4, 8))), frame)
    _paint(canvas, _polygon([(56, 58), (72, 58), (72, 64), (56, 64)]), frame)


def _horns(canvas: Canvas, rng: np.random.Generator) -> None:
    colour = _colour(rng)
    spread, tip = float(rng.uniform(10, 40)), float(rng.uniform(5, 40))
    for side in (-1, 1):
        foot = 64 + side * 18.0
        _paint(
            canvas,
            _polygon(
                [(foot - 9, 95), (foot + 9, 95), (foot + side * spread * 0.8 + 3, 60), (foot + side * spread, tip)]
            ),
            colour,
        )


def _flower(canvas: Canvas, rng: np.random.Generator) -> None:
    petals, colour = int(rng.integers(5, 11)), _colour(rng)
    radius = float(rng.uniform(24, 36))
    if rng.random() < 0.4:
        _paint(canvas, _polygon([(61, 60), (67, 60), (66, 126), (61, 126)]), (60, 130, 50))
    for turn in np.linspace(0, 2 * np.pi, petals, endpoint=False):
        at = (64 + radius * float(np.cos(turn)), 60 + radius * float(np.sin(turn)))
        _paint(canvas, _ellipse(at, (radius * 0.7, radius * 0.36), float(np.rad2deg(turn))), colour)
    _paint(canvas, _ellipse((64, 60), (radius * 0.5,) * 2), _colour(rng))


def _lollipop(canvas: Canvas, rng: np.random.Generator) -> None:
    _paint(canvas, _polygon([(61, 60), (67, 60), (67, 124), (61, 124)]), (235, 230, 220))
    radius = float(rng.uniform(22, 34))
    _paint(canvas, _ellipse((64, 38), (radius, radius)), _colour(rng))
    for turn in range(6, int(radius), 9):
        _paint(canvas, _ellipse((64, 38), (turn, turn), thickness=3), _colour(rng))


def _headphones(canvas: Canvas, rng: np.random.Generator) -> None:
    colour = _colour(rng)
    _paint(
        canvas,
        _ellipse((64, 74), (48, float(rng.uniform(40, 60))), thickness=int(rng.integers(5, 11)), arc=(180, 360)),
        colour,
    )
    for x in (16.0, 112.0):
        _paint(canvas, _ellipse((x, 82), (11, 20)), _colour(rng) if rng.random() < 0.3 else colour)


def _feathers(canvas: Canvas, rng: np.random.Generator) -> None:
    for turn in np.linspace(-1.1, 1.1, int(rng.integers(4, 9))):
        length = float(rng.uniform(28, 44))
        at = (64 + length * float(np.sin(turn)), 92 - length * float(np.cos(turn)))
        _paint(canvas, _ellipse(at, (length * 0.8, 8), float(np.rad2deg(turn)) + 90), _colour(rng))
    _paint(canvas, _ellipse((64, 96), (34, 9)), _colour(rng))


def _bone(canvas: Canvas, rng: np.random.Generator) -> None:
    colour = (235, 225, 205) if rng.random() < 0.5 else _colour(rng)
    _paint(canvas, _polygon([(30, 57), (98, 57), (98, 71), (30, 71)]), colour)
    for x in (28.0, 100.0):
        for y in (54.0, 74.0):
            _paint(canvas, _ellipse((x, y), (14, 12)), colour)


def _balloon(canvas: Canvas, rng: np.random.Generator) -> None:
    cv2.line(line := _blank(), (64, 70), (64 + int(rng.normal(0, 12)), 126), 255, 2, cv2.LINE_AA)
    _paint(canvas, line, (90, 90, 90))
    _paint(canvas, _ellipse((64, 42), (30, 38)) | _polygon([(58, 84), (70, 84), (64, 76)]), _colour(rng))


def _shade(canvas: Canvas, image: ImageArray, at: tuple[float, float], rng: np.random.Generator) -> None:
    """Grain, a random light gradient and the photograph's own sharpness, so that it looks less drawn."""
    coarse = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), float(rng.uniform(2, 8)))
    coarse /= coarse.std() + 1e-6
    slope = np.linspace(-1, 1, SIDE, dtype=np.float32)
    gradient = rng.normal(0, 0.18) * slope[:, None] + rng.normal(0, 0.18) * slope[None, :]
    factor = 1 + gradient + float(rng.uniform(0, 0.18)) * coarse
    grain = rng.normal(0, rng.uniform(0, 8), (SIDE, SIDE))
    row, column = int(np.clip(at[0], 0, image.shape[0] - 1)), int(np.clip(at[1], 0, image.shape[1] - 1))
    light = float(image[max(0, row - 30) : row + 30, max(0, column - 30) : column + 30].mean()) / 128
    factor *= float(np.clip(light, 0.5, 1.3)) ** 0.5
    canvas[:, :, :3] = np.clip(canvas[:, :, :3] * factor[:, :, None] + grain[:, :, None], 0, 255)


ACCESSORIES: dict[str, tuple[Callable[[Canvas, np.random.Generator], None], float, float]] = {
    "hat": (_hat, 0.0, 1.5),
    "cap": (_cap, 0.0, 1.3),
    "crown": (_crown, 0.0, 1.0),
    "necklace": (_beads, 0.3, 1.1),
    "beaded collar": (_beads, 0.35, 1.0),
    "scarf": (_scarf, 0.3, 1.2),
    "ball": (_ball, 0.9, 0.5),
    "toy": (_ball, 0.5, 0.4),
    "bow": (_bow, 0.05, 0.7),
    "bow tie": (_bow, 0.3, 0.5),
    "sunglasses": (_glasses, 0.15, 1.0),
    "horns": (_horns, 0.0, 1.0),
    "flower": (_flower, 0.1, 0.6),
    "lollipop": (_lollipop, 0.3, 0.6),
    "headphones": (_headphones, 0.08, 1.5),
    "feathered headdress": (_feathers, 0.0, 1.4),
    "bone": (_bone, 0.3, 0.6),
    "balloon": (_balloon, -0.1, 1.0),
}
"""Name → (painter, how far down the host it sits as a share of its height, its width against the host's there)."""
