"""Thin things: a wire, a rope, a pole, a crack, a branch, a scratch. A few pixels wide, and long.

Much of what people have removed from photographs is thin (cables, poles, hairs, scratches), and outlines of objects
hardly ever are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.synthesis.addition import Newcomer, add_newcomer
from sigmask.synthesis.blending import to_image
from sigmask.synthesis.photos import Photo, PhotoLibrary
from sigmask.synthesis.placement import Layer
from sigmask.synthesis.region import dilate
from sigmask.synthesis.synthetic_edit import SyntheticEdit
from sigmask.synthesis.vanishing import vanish_newcomer
from sigmask.types import ImageArray, MapArray

Path = npt.NDArray[np.float64]
"""(N, 2) points (x, y) in pixels."""
VANISHING_SHARE = 0.6
"""The share of thin things that are removed and not added (our choice)."""
_SUBPIXEL = 4  # OpenCV's fractional bits: 1/16 pixel
_STEPS = 48  # points of a curve
_LEAST_CONTRAST = 40.0  # grey levels between a thing and what lies behind it, or nobody would see it


def edit_thin_thing(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """A thin thing appears, or is gone; None if nobody would see it."""
    newcomer = draw_thin_thing(photo.image, rng)
    change = vanish_newcomer if rng.random() < VANISHING_SHARE else add_newcomer
    edit = change(photo, newcomer, rng)
    return None if edit is None else dataclasses.replace(edit, family="thin")


def draw_thin_thing(image: ImageArray, rng: np.random.Generator) -> Newcomer:
    """One to three strokes of one kind across part of `image`, as a thing that is about to appear on it.

    Widths are 0.3 to 1.6 % of the shorter side, at least 1.5 pixels (our choice). Its colour is uneven along it, and
    apart from what it covers.
    """
    shape = image.shape[:2]
    name = str(rng.choice(list(KINDS)))
    width = max(1.5, min(shape) * float(np.exp(rng.uniform(np.log(0.003), np.log(0.016)))))
    alpha = np.zeros(shape, np.float32)
    for path, share in KINDS[name](shape, rng):
        alpha = np.maximum(alpha, _stroke(shape, path, width * share))
    solid = np.asarray(alpha > 0.5, dtype=bool)
    return Newcomer(Layer(_paint(image, dilate(solid, 2), rng), alpha), name, flat=True)


def _stroke(shape: tuple[int, int], path: Path, width: float) -> MapArray:
    """(H, W) float32 in [0, 1], the opacity of a line of `width` pixels along `path`, drawn at twice the size."""
    canvas = np.zeros((2 * shape[0], 2 * shape[1]), np.uint8)
    points = np.round(2 * path * (1 << _SUBPIXEL)).astype(np.int32)
    cv2.polylines(canvas, [points], False, 255, max(1, round(2 * width)), cv2.LINE_AA, _SUBPIXEL)
    smaller = cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, dtype=np.float32) / np.float32(255)


def _paint(image: ImageArray, behind: npt.NDArray[np.bool_], rng: np.random.Generator) -> ImageArray:
    """A dark, light or coloured coat with slow changes of brightness, apart from the mean colour `behind` it."""
    ground = image[behind].mean(0) if behind.any() else np.full(3, 128.0)
    kind = rng.random()
    for _ in range(8):
        if kind < 0.45:
            colour = np.full(3, rng.uniform(5, 70)) + rng.normal(0, 6, 3)
        elif kind < 0.7:
            colour = np.full(3, rng.uniform(170, 250)) + rng.normal(0, 6, 3)
        else:
            colour = rng.uniform(20, 235, 3)
        if np.abs(colour - ground).max() >= _LEAST_CONTRAST:
            break
        kind = rng.random()
    shape = image.shape[:2]
    coarse = rng.normal(0, 1, (5, 5)).astype(np.float32)
    shade = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC) * float(rng.uniform(2, 18))
    return to_image(colour + shade[:, :, None] + rng.normal(0, 2, (*shape, 1)))


Strokes = list[tuple[Path, float]]
"""Paths with the share of the thing's width each is drawn at."""


def _ends(shape: tuple[int, int], rng: np.random.Generator, length: tuple[float, float]) -> tuple[Path, Path]:
    """Two points a drawn share of the longer side apart, about the picture's middle."""
    height, width = shape
    angle = rng.uniform(0, np.pi)
    half = 0.5 * rng.uniform(*length) * max(shape) * np.array([np.cos(angle), np.sin(angle)])
    centre = np.array([rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.85) * height])
    return centre - half, centre + half


def _sagging(start: Path, end: Path, sag: float) -> Path:
    """A parabola from `start` to `end` that hangs `sag` pixels below the line between them."""
    share = np.linspace(0, 1, _STEPS)[:, None]
    return start + share * (end - start) + np.array([0, 4 * sag]) * share * (1 - share)


def _wandering(start: Path, end: Path, spread: float, rng: np.random.Generator) -> Path:
    """From `start` to `end`, aside by a smooth random walk of `spread` pixels in all."""
    share = np.linspace(0, 1, _STEPS)[:, None]
    across = np.array([-(end - start)[1], (end - start)[0]]) / max(1e-6, float(np.hypot(*(end - start))))
    walk = np.cumsum(rng.normal(0, 1, _STEPS))
    walk -= np.linspace(walk[0], walk[-1], _STEPS)
    return start + share * (end - start) + (spread * walk / max(1.0, float(np.abs(walk).max())))[:, None] * across


def _wires(shape: tuple[int, int], rng: np.random.Generator) -> Strokes:
    start, end = _ends(shape, rng, (0.5, 1.6))
    sag = float(rng.uniform(0, 0.12)) * max(shape)
    apart = np.array([0.0, float(rng.uniform(0.02, 0.08)) * min(shape)])
    return [(_sagging(start + n * apart, end + n * apart, sag), 0.7) for n in range(int(rng.integers(1, 4)))]


def _rope(shape: tuple[int, int], rng: np.random.Generator) -> Strokes:
    start, end = _ends(shape, rng, (0.25, 0.8))
    return [(_wandering(start, end, float(rng.uniform(0.02, 0.12)) * max(shape), rng), 1.0)]


def _pole(shape: tuple[int, int], rng: np.random.Generator) -> Strokes:
    height, width = shape
    foot = np.array([rng.uniform(0.05, 0.95) * width, rng.uniform(0.5, 1.0) * height])
    top = foot - np.array([rng.normal(0, 0.02) * width, rng.uniform(0.2, 0.8) * height])
    arm = np.array([rng.uniform(-0.12, 0.12) * width, 0.0])
    return [(np.stack([foot, top]), 1.3), *([(np.stack([top, top + arm]), 0.8)] if rng.random() < 0.5 else [])]


def _crack(shape: tuple[int, int], rng: np.random.Generator) -> Strokes:
    start, end = _ends(shape, rng, (0.15, 0.6))
    jagged = _wandering(start, end, float(rng.uniform(0.02, 0.06)) * max(shape), rng)
    jagged += rng.normal(0, 0.003 * max(shape), jagged.shape)
    fork = jagged[int(rng.integers(8, _STEPS - 8))]
    aside = fork + rng.normal(0, 0.08, 2) * max(shape)
    return [(jagged, 0.8), (_wandering(fork, aside, 0.01 * max(shape), rng), 0.6)]


def _branch(shape: tuple[int, int], rng: np.random.Generator) -> Strokes:
    start, end = _ends(shape, rng, (0.2, 0.7))
    stem = _wandering(start, end, 0.03 * max(shape), rng)
    strokes = [(stem, 1.2)]
    for _ in range(int(rng.integers(2, 6))):
        root = stem[int(rng.integers(4, _STEPS - 4))]
        tip = root + 0.35 * (end - start) * rng.uniform(0.4, 1.0) + rng.normal(0, 0.06, 2) * max(shape)
        strokes.append((_wandering(root, tip, 0.01 * max(shape), rng), 0.7))
    return strokes


def _scratches(shape: tuple[int, int], rng: np.random.Generator) -> Strokes:
    strokes = []
    for _ in range(int(rng.integers(1, 4))):
        start, end = _ends(shape, rng, (0.1, 0.5))
        strokes.append((_wandering(start, end, 0.01 * max(shape), rng), 0.6))
    return strokes


KINDS: dict[str, Callable[[tuple[int, int], np.random.Generator], Strokes]] = {
    "wire": _wires,
    "rope": _rope,
    "pole": _pole,
    "crack": _crack,
    "branch": _branch,
    "scratch": _scratches,
}
"""Name → the strokes of such a thing on a picture of (H, W)."""
