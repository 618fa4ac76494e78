"""Regions: random shapes, silhouettes, segments that follow edges, and the morphology around them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.types import ImageArray, MapArray, MaskArray

Box = tuple[int, int, int, int]
"""(top, left, bottom, right) in pixels, bottom and right exclusive."""


def random_region(
    shape: tuple[int, int], rng: np.random.Generator, area: tuple[float, float] = (0.01, 0.3)
) -> MaskArray:
    """A random region of (H, W) `shape` that covers about a share of it drawn log-uniformly from `area`.

    Kinds: ellipse, box, turned box, blob, star-like polygon, brush strokes. Part of it may lie outside the picture.
    """
    height, width = shape
    share = float(np.exp(rng.uniform(np.log(area[0]), np.log(area[1]))))
    radius = float(np.sqrt(share * height * width / np.pi))
    aspect = float(np.exp(rng.normal(0, 0.35)))
    axes = (radius * aspect, radius / aspect)
    centre = (float(rng.uniform(0.1, 0.9) * width), float(rng.uniform(0.1, 0.9) * height))
    canvas = np.zeros(shape, np.uint8)
    kind = rng.choice(["ellipse", "box", "turned", "blob", "polygon", "brush"], p=[0.15, 0.12, 0.08, 0.35, 0.1, 0.2])
    if kind == "brush":
        return _brush(canvas, centre, radius, rng)
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    if kind == "ellipse":
        spread = np.ones_like(angles)
    elif kind in ("box", "turned"):
        spread = 0.89 / np.maximum(np.abs(np.cos(angles)), np.abs(np.sin(angles)))
    elif kind == "polygon":
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 11))))
        spread = rng.uniform(0.6, 1.5, angles.size)
    else:
        waves = [rng.normal(0, 0.32 / order) * np.cos(order * angles + rng.uniform(0, 6.3)) for order in range(1, 7)]
        spread = np.maximum(1 + np.sum(waves, axis=0), 0.2)
    turn = 0.0 if kind == "box" else float(rng.uniform(0, np.pi))
    points = np.stack([axes[0] * spread * np.cos(angles), axes[1] * spread * np.sin(angles)], 1)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    cv2.fillPoly(canvas, [np.round(points @ rotation.T + centre).astype(np.int32)], 1)
    return canvas.astype(bool)


def dilate(mask: MaskArray, radius: int) -> MaskArray:
    """`mask` grown by `radius` pixels (shrunk when negative), with a round brush."""
    if radius == 0:
        return mask.copy()
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(radius) + 1,) * 2)
    grown = (cv2.dilate if radius > 0 else cv2.erode)(mask.view(np.uint8), brush)
    return np.asarray(grown, dtype=bool)


def distance_to(mask: MaskArray) -> MapArray:
    """(H, W) float32: pixels from each place to the nearest one of `mask`, 0 in it."""
    outside = (~mask).view(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), dtype=np.float32)


def close_gaps(mask: MaskArray, radius: int) -> MaskArray:
    """Gaps and bays of `mask` narrower than about twice `radius` pixels are filled."""
    if radius < 1:
        return mask.copy()
    padded = np.pad(mask, radius + 1)
    closed = dilate(dilate(padded, radius), -radius)
    return closed[radius + 1 : -radius - 1, radius + 1 : -radius - 1]


def fill_holes(mask: MaskArray, largest: float) -> MaskArray:
    """Holes of `mask` that cover at most `largest` pixels are filled; a hole that reaches the border is none."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).view(np.uint8), connectivity=4)
    height, width = mask.shape
    filled = np.zeros(count, bool)
    for label in range(1, count):
        left, top, box_width, box_height, area = stats[label]
        inside = left > 0 and top > 0 and left + box_width < width and top + box_height < height
        filled[label] = inside and area <= largest
    return np.asarray(mask | filled[labels], dtype=bool)


def drop_specks(mask: MaskArray, smallest: float) -> MaskArray:
    """Connected parts of `mask` under `smallest` pixels are dropped."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] >= smallest
    kept[0] = False
    return np.asarray(kept[labels], dtype=bool) if count > 1 else mask.copy()


def largest_part(mask: MaskArray) -> MaskArray:
    """The largest connected part of `mask`."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    if count < 2:
        return mask.copy()
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), dtype=bool)


def feather(mask: MaskArray, width: float) -> MapArray:
    """`mask` as alpha in [0, 1] with an edge about `width` pixels wide, half of it on each side."""
    alpha = mask.astype(np.float32)
    if width <= 0.3:
        return alpha
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), width / 2), dtype=np.float32)


def bounding_box(mask: MaskArray) -> Box:
    """The box around `mask`, which must not be empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def place_name(mask: MaskArray, rng: np.random.Generator) -> str | None:
    """Where `mask` lies, as people say it ("on the left"), None where it lies in the middle of both axes."""
    rows, columns = np.nonzero(mask)
    vertical, horizontal = float(rows.mean()) / mask.shape[0], float(columns.mean()) / mask.shape[1]
    column = "left" if horizontal < 0.38 else "right" if horizontal > 0.62 else ""
    row = "top" if vertical < 0.33 else "bottom" if vertical > 0.67 else ""
    if row and column and rng.random() < 0.5:
        return f"in the {row} {column} corner"
    if column:
        return str(rng.choice([f"on the {column}", f"on the {column} side", f"to the {column}"]))
    if row:
        return str(rng.choice([f"at the {row}", f"in the {row} part of the image"]))
    return str(rng.choice(["in the middle", "in the center"])) if rng.random() < 0.5 else None


def grabcut_subject(image: ImageArray) -> MaskArray | None:
    """The subject of a small picture (long side under about 200 px) by GrabCut from a centred box; None if unclear."""
    height, width = image.shape[:2]
    labels = np.zeros((height, width), np.uint8)
    box = (int(0.08 * width), int(0.08 * height), int(0.84 * width), int(0.84 * height))
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(
            np.ascontiguousarray(image[:, :, ::-1]),
            labels,
            box,
            np.zeros((1, 65)),
            np.zeros((1, 65)),
            2,
            cv2.GC_INIT_WITH_RECT,
        )
    except cv2.error:  # a plain picture has no two colour models to tell apart
        return None
    subject = fill_holes(largest_part(dilate(dilate((labels == 1) | (labels == 3), -1), 1)), 0.05 * labels.size)
    return subject if 0.06 < float(subject.mean()) < 0.6 else None


def edge_segments(image: ImageArray, rng: np.random.Generator, count: int = 5) -> list[MaskArray]:
    """Up to `count` segments of a small picture that follow its edges: watersheds grown from random seeds."""
    height, width = image.shape[:2]
    smooth = np.ascontiguousarray(cv2.bilateralFilter(image, 5, 30, 5))
    segments: list[MaskArray] = []
    for _ in range(count * 2):
        seed = random_region((height, width), rng, (0.004, 0.06))
        outside = ~dilate(seed, int(rng.integers(6, 28)))
        if not seed.any() or not outside.any():
            continue
        markers = np.where(seed, 2, np.where(outside, 1, 0)).astype(np.int32)
        cv2.watershed(smooth, markers)
        segment = fill_holes(markers == 2, 0.02 * markers.size)
        if 0.008 < float(segment.mean()) < 0.4:
            segments.append(segment)
        if len(segments) == count:
            break
    return segments


def similar_colour_part(image: ImageArray, mask: MaskArray, rng: np.random.Generator) -> MaskArray | None:
    """The part of `mask` that shares its main colour (paint without windows, cloth without skin); None if too small."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    pixels = lab[mask]
    if len(pixels) < 200:
        return None
    sample = pixels[rng.integers(len(pixels), size=400)]
    weights = np.array([0.5, 1.0, 1.0], np.float32)
    centre = sample[int(rng.integers(len(sample)))]
    for _ in range(3):
        near = sample[(np.abs(sample - centre) * weights).sum(1) < 36]
        if len(near) < 20:
            return None
        centre = near.mean(0)
    closeness = cv2.GaussianBlur(((np.abs(lab - centre) * weights).sum(2) < 40).astype(np.float32), (0, 0), 2)
    part = drop_specks(fill_holes((closeness > 0.5) & mask, 0.01 * mask.sum()), 0.03 * mask.sum())
    return part if part.sum() > 0.2 * mask.sum() else None


def _brush(
    canvas: npt.NDArray[np.uint8], centre: tuple[float, float], radius: float, rng: np.random.Generator
) -> MaskArray:
    point = np.array(centre)
    heading = rng.uniform(0, 2 * np.pi)
    thickness = max(3, round(radius * rng.uniform(0.3, 0.9)))
    length = np.pi * radius * radius / thickness
    steps = int(rng.integers(3, 9))
    for _ in range(steps):
        heading += rng.normal(0, 0.9)
        following = point + length / steps * np.array([np.cos(heading), np.sin(heading)])
        ends = [tuple(int(v) for v in np.clip(end, -9999, 9999)) for end in (point, following)]
        cv2.line(canvas, ends[0], ends[1], 1, thickness)
        point = following
    return canvas.astype(bool)
