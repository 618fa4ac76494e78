"""Text: words are written on a region, replaced by others, or erased."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from sigmask.synthesis.blending import VISIBLE_ALPHA, blend, to_image
from sigmask.synthesis.instruction_templates import vocabulary, write_instruction
from sigmask.synthesis.palette import PALETTE
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary
from sigmask.synthesis.placement import Layer
from sigmask.synthesis.region import bounding_box, close_gaps, dilate, place_name
from sigmask.synthesis.removal import pick_object
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, settle
from sigmask.types import ImageArray, MapArray, MaskArray

Quad = npt.NDArray[np.float32]
"""(4, 2) float32: corners (x, y), clockwise from the top left."""

STROKE_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX)
_GAP_SHARE = 0.25
"""Gaps between and in letters are closed by this share of the stroke's width on either side (our choice)."""
_FAINT_ALPHA = 0.1
"""The soft rim of a letter is part of the text from this opacity on (our choice)."""


def edit_text(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """Words are written (perhaps on a plate), replaced or erased; where there were words, the original has them."""
    host = pick_object(photo, rng, smallest=0.01) if rng.random() < 0.6 else None
    shape = photo.image.shape[:2]
    words = [str(word) for word in rng.choice(vocabulary()["words"], 2, replace=False)]
    quad = _quad(shape, host, words[0], rng)
    base = photo.image
    if rng.random() < 0.3:
        plate = _warp(np.ones((32, 96), np.float32), _grown(quad, 1.25), shape)
        base = blend(base, _solid_colour(shape, rng), plate * float(rng.uniform(0.8, 1.0)))
    first, second = _lettering(words[0], quad, base, rng), _lettering(words[1], quad, base, rng)
    kind = rng.random()
    with_first = blend(base, first.pixels, first.alpha)
    if kind < 0.45:  # the plate, where there is one, is new together with its words
        original, edited = (photo.image if rng.random() < 0.5 else base), with_first
        silhouette = _silhouette(first.alpha) | np.any(original != base, 2)
        name, text, old = "text_write", words[0], ""
    elif kind < 0.75:
        original, edited = with_first, blend(base, second.pixels, second.alpha)
        silhouette = _silhouette(first.alpha) | _silhouette(second.alpha)
        name, text, old = "text_replace", words[1], words[0]
    else:
        original, edited = with_first, base
        silhouette = _silhouette(first.alpha)
        name, text, old = "text_erase", "", words[0]
    if not silhouette.any():
        return None
    instruction = write_instruction(
        name, rng, original=host.name if host else None, place=place_name(silhouette, rng), text=text, old_text=old
    )
    of_host = instruction[1].original_concept != "text" and host is not None
    regions = NamedRegions(original=photo.all_like(host) if of_host and host else silhouette, edited=silhouette)
    return settle(original, edited, silhouette, regions=regions, instruction=instruction, family="text", solid=True)


def _silhouette(alpha: MapArray) -> MaskArray:
    """What a person marks as the text: the letters with their soft rim, and gaps much narrower than a stroke."""
    letters = np.asarray(alpha > VISIBLE_ALPHA, dtype=bool)
    if not letters.any():
        return letters
    return close_gaps(letters, int(_GAP_SHARE * _stroke_width(letters))) | (dilate(letters, 1) & (alpha > _FAINT_ALPHA))


def _stroke_width(letters: MaskArray) -> float:
    """Pixels across a stroke: `letters` as one long band, of which half the outline is the length."""
    outline = int(letters.sum()) - int(dilate(letters, -1).sum())
    return 2 * float(letters.sum()) / max(outline, 1)


def _lettering(word: str, quad: Quad, base: ImageArray, rng: np.random.Generator) -> Layer:
    shape = base.shape[:2]
    alpha = _warp(_render(word, rng), quad, shape)
    if rng.random() < 0.5:
        alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(0.3, 1.0))), dtype=np.float32)
    pixels = _solid_colour(shape, rng)
    inside = alpha > VISIBLE_ALPHA
    if inside.any() and abs(float(pixels[inside].mean()) - float(base[inside].mean())) < 40:
        pixels = 255 - pixels  # nobody writes grey on grey
    return Layer(pixels, alpha * float(rng.uniform(0.75, 1.0)))


def _render(word: str, rng: np.random.Generator) -> MapArray:
    """`word` as a tightly cut (h, w) alpha map, in Pillow's own font or one of OpenCV's stroke fonts."""
    if rng.random() < 0.65:
        font = ImageFont.load_default(size=48)
        stroke = int(rng.choice([0, 0, 1, 2, 3]))
        box = font.getbbox(word, stroke_width=stroke)
        canvas = Image.new("L", (int(box[2] - box[0]) + 4, int(box[3] - box[1]) + 4))
        ImageDraw.Draw(canvas).text((2 - box[0], 2 - box[1]), word, fill=255, font=font, stroke_width=stroke)
        return np.asarray(np.asarray(canvas) / 255, dtype=np.float32)
    face = int(rng.choice(STROKE_FONTS))
    thickness = int(rng.integers(2, 7))
    (width, height), below = cv2.getTextSize(word, face, 1.6, thickness)
    sheet = np.zeros((height + below + 12, width + 12), np.uint8)
    cv2.putText(sheet, word, (6, height + 6), face, 1.6, 255, thickness, cv2.LINE_AA)
    return np.asarray(sheet / 255, dtype=np.float32)


def _quad(shape: tuple[int, int], host: Instance | None, word: str, rng: np.random.Generator) -> Quad:
    """The four corners (x, y) of the text, clockwise from the top left, a little turned and in perspective."""
    height, width = shape
    if host is not None:
        top, left, bottom, right = bounding_box(host.mask)
        centre = np.array([(left + right) / 2, top + (bottom - top) * rng.uniform(0.25, 0.75)])
        across = (right - left) * float(rng.uniform(0.5, 0.95))
    else:
        centre = np.array([rng.uniform(0.2, 0.8) * width, rng.uniform(0.06, 0.94) * height])
        across = width * float(rng.uniform(0.15, 0.8))
    tall = across / max(2.0, 0.55 * len(word)) * float(rng.uniform(0.7, 1.3))
    across, tall = max(across, 24.0), float(np.clip(tall, 9, height * 0.4))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array([across, tall]) / 2
    if rng.random() < 0.6:
        corners = corners * (1 + rng.normal(0, 0.08, (4, 2)))
        turn = float(rng.normal(0, 0.15))
        corners = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(corners + centre, dtype=np.float32)


def _grown(quad: Quad, factor: float) -> Quad:
    return np.asarray((quad - quad.mean(0)) * np.float32(factor) + quad.mean(0), dtype=np.float32)


def _warp(alpha: MapArray, quad: Quad, shape: tuple[int, int]) -> MapArray:
    height, width = alpha.shape
    # Averaged down first, since a perspective warp alone would alias thin strokes.
    scale = min(1.0, float(np.linalg.norm(quad[3] - quad[0])) / height * 1.3)
    if scale < 0.8:
        smaller = (max(2, round(width * scale)), max(2, round(height * scale)))
        alpha = np.asarray(cv2.resize(alpha, smaller, interpolation=cv2.INTER_AREA), dtype=np.float32)
        height, width = alpha.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, quad)
    return np.asarray(cv2.warpPerspective(alpha, matrix, (shape[1], shape[0]), flags=cv2.INTER_LINEAR), np.float32)


def _solid_colour(shape: tuple[int, int], rng: np.random.Generator) -> ImageArray:
    names = ["white", "black"] if rng.random() < 0.4 else list(PALETTE)
    colour = np.array(PALETTE[str(rng.choice(names))], np.float32)
    light = 1 + float(rng.normal(0, 0.1)) * np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :, None]
    grain = rng.normal(0, rng.uniform(0, 6), (*shape, 1))
    return to_image(colour * light + grain)
