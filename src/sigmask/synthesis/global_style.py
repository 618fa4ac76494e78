"""Style: the whole picture is redrawn, and the mask is all of it."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.synthesis.blending import FloatImage, to_image
from sigmask.synthesis.instruction_templates import vocabulary, write_instruction
from sigmask.synthesis.photos import Photo, PhotoLibrary
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit, visible_change
from sigmask.types import ImageArray


def restyle(photo: Photo, library: PhotoLibrary, rng: np.random.Generator) -> SyntheticEdit | None:
    """The picture as a cartoon, pencil drawing, painting, old print, night, mosaic, poster or negative.

    None where the style changes less than nine tenths of the pixels visibly: a weak filter is no style.
    """
    style = str(rng.choice(list(vocabulary()["styles"])))
    edited = _STYLES[style](photo.image, rng)
    if visible_change(photo.image, edited).mean() < 0.9:
        return None
    wording = str(rng.choice(vocabulary()["styles"][style]))
    text, edit = write_instruction("style", rng, style=wording)
    everything = np.ones(photo.image.shape[:2], bool)
    return SyntheticEdit(photo.image, edited, everything, (NamedRegions(),), text, (edit,), edit.action, "style")


def _lines(image: ImageArray, width: float) -> FloatImage:
    """(H, W, 1) in [0, 1]: 0 on drawn lines, 1 between them."""
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    difference = cv2.GaussianBlur(gray, (0, 0), width) - cv2.GaussianBlur(gray, (0, 0), width * 1.6)
    return np.asarray(np.clip(1 - (difference - 1.0) / 4, 0, 1)[:, :, None], dtype=np.float32)


def _cartoon(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    smooth = cv2.bilateralFilter(cv2.bilateralFilter(image, 7, 60, 7), 7, 60, 7).astype(np.float32)
    step = float(rng.uniform(36, 64))
    flat = np.floor(smooth / step) * step + step / 2
    gray = flat.mean(2, keepdims=True)
    return to_image((gray + (flat - gray) * float(rng.uniform(1.2, 1.8))) * _lines(image, 1.2))


def _pencil(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blurred = cv2.GaussianBlur(255 - gray, (0, 0), float(rng.uniform(4, 12)))
    drawn = np.minimum(gray * 255 / np.maximum(255 - blurred, 8), 250)[:, :, None] * _lines(image, 1.0)
    paper = np.array(rng.uniform(225, 255, 3), np.float32) / 255
    return to_image(drawn * paper + rng.normal(0, 5, (*gray.shape, 1)))


def _oil(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    height, width = image.shape[:2]
    side = int(rng.integers(3, 8)) * 2 + 1
    smooth = cv2.medianBlur(image, side)
    field = cv2.GaussianBlur(rng.normal(0, 1, (height, width, 2)).astype(np.float32), (0, 0), 3) * 40
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    strokes = cv2.remap(
        smooth, columns + field[:, :, 0], rows + field[:, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    ).astype(np.float32)
    relief = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 1.5)[:, :, None] * 60
    gray = strokes.mean(2, keepdims=True)
    return to_image(gray + (strokes - gray) * 1.5 + relief + rng.normal(0, 12, 3))


def _sepia(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    gray = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 0.8).astype(np.float32)
    gray = (gray - 128) * float(rng.uniform(0.6, 0.9)) + float(rng.uniform(110, 150))
    stains = cv2.GaussianBlur(rng.normal(0, 1, gray.shape).astype(np.float32), (0, 0), 20) * 250
    return to_image((gray + stains)[:, :, None] * np.array([1.08, 0.92, 0.68]) + rng.normal(0, 9, (*gray.shape, 1)))


def _night(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    dark = (image.astype(np.float32) / 255) ** float(rng.uniform(1.4, 2.2)) * float(rng.uniform(70, 120))
    return to_image(dark * np.array([0.6, 0.75, 1.25]) + rng.normal(0, 4, image.shape))


def _mosaic(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    height, width = image.shape[:2]
    tile = int(rng.integers(7, 17))
    small = cv2.resize(image, (max(2, width // tile), max(2, height // tile)), interpolation=cv2.INTER_AREA)
    small = to_image(small * rng.uniform(0.75, 1.25, (*small.shape[:2], 1)) + rng.normal(0, 12, small.shape))
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    rows, columns = np.mgrid[0:height, 0:width]
    seam = (np.mod(rows * small.shape[0] / height, 1) < 0.12) | (np.mod(columns * small.shape[1] / width, 1) < 0.12)
    return to_image(np.where(seam[:, :, None], large * 0.4, large))


def _poster(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    gray = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
    levels = int(rng.integers(3, 6))
    inks = rng.uniform(0, 255, (levels, 3))
    inks = inks[np.argsort(inks.sum(1))]
    bounds = np.quantile(gray, np.linspace(0, 1, levels + 1)[1:-1])
    return to_image(inks[np.digitize(gray, bounds)])


def _neon(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    if rng.random() < 0.4:
        return to_image(255 - image.astype(np.float32))
    gray = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    maps = [cv2.COLORMAP_JET, cv2.COLORMAP_PLASMA, cv2.COLORMAP_COOL, cv2.COLORMAP_INFERNO, cv2.COLORMAP_TWILIGHT]
    return np.ascontiguousarray(cv2.applyColorMap(gray, int(rng.choice(maps)))[:, :, ::-1])


_STYLES = {
    "cartoon": _cartoon,
    "pencil": _pencil,
    "oil": _oil,
    "sepia": _sepia,
    "night": _night,
    "mosaic": _mosaic,
    "poster": _poster,
    "neon": _neon,
}
