"""Full-image perturbations: what editors and web sites do to every pixel without editing anything.

Each is a function (image, rng) → image of the same size; strengths are drawn inside (our choice, from looking at
what text-driven editors do: tone drift, sharpening, redrawn texture, shifts by a pixel or two, recompression).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.types import ImageArray, MaskArray

Perturbation = Callable[[ImageArray, np.random.Generator], ImageArray]
Sources = npt.NDArray[np.float32]
"""(H, W, 2): for every pixel the column and row that it is taken from."""


def recompress(image: ImageArray, rng: np.random.Generator, quality: tuple[int, int] = (55, 96)) -> ImageArray:
    """JPEG (or, one time in five, WebP) at a quality drawn from the range."""
    level = int(rng.integers(*quality))
    if rng.random() < 0.2:
        code, flag = ".webp", cv2.IMWRITE_WEBP_QUALITY
    else:
        code, flag = ".jpg", cv2.IMWRITE_JPEG_QUALITY
    return _encoded_and_back(image, code, [flag, level])


def through_jpeg(image: ImageArray, quality: int) -> ImageArray:
    """`image` saved as a JPEG of `quality`, 1 to 100, and read again."""
    return _encoded_and_back(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def _encoded_and_back(image: ImageArray, code: str, options: Sequence[int]) -> ImageArray:
    encoded = cv2.imencode(code, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1]
    return np.asarray(cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)


def drift_tone(image: ImageArray, rng: np.random.Generator, strength: float = 1.0) -> ImageArray:
    """Gain, offset and gamma per channel, contrast and saturation.

    At strength 1 the mean absolute change over a picture was 9.6 grey levels in the median of 400 draws, and 27 at the
    99th percentile.
    """
    pixels = image.astype(np.float32) / 255
    common = rng.normal(0, 0.03 * strength)
    pixels = np.clip(pixels, 1e-4, 1) ** np.exp(rng.normal(0, 0.08 * strength, 3) + rng.normal(0, 0.08 * strength))
    pixels = pixels * (1 + rng.normal(0, 0.03 * strength, 3)) + rng.normal(0, 0.012 * strength, 3) + common
    mean = pixels.mean((0, 1), keepdims=True)
    pixels = mean + (pixels - mean) * (1 + rng.normal(0, 0.06 * strength))
    grey = pixels.mean(2, keepdims=True)
    pixels = grey + (pixels - grey) * (1 + rng.normal(0, 0.1 * strength))
    return _as_image(pixels * 255)


def drift_light(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A smooth field of gain over the picture: light that is a little different here and there."""
    height, width = image.shape[:2]
    coarse = rng.normal(0, rng.uniform(0.01, 0.08), (3, 4, 1 if rng.random() < 0.6 else 3)).astype(np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, -1)
    return _as_image(image.astype(np.float32) * (1 + field))


def add_noise(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """Noise of 1 to 9 grey levels, white or with a grain of a few pixels, stronger where there is texture."""
    height, width = image.shape[:2]
    grain = float(rng.choice([1.0, 1.5, 2.0, 3.0]))
    size = (max(2, int(width / grain)), max(2, int(height / grain)))
    noise = rng.standard_normal((size[1], size[0], 3), dtype=np.float32)
    noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    strength = rng.uniform(1, 9)
    if rng.random() < 0.6:
        blurred = cv2.GaussianBlur(image, (0, 0), 3)
        texture = cv2.blur(cv2.absdiff(image, blurred).mean(2).astype(np.float32), (7, 7))
        noise = noise * (0.3 + texture / (texture.mean() + 1))[:, :, None]
    return _as_image(image.astype(np.float32) + strength * noise)


def soften_or_sharpen(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """Gaussian blur of up to 1.3 px, or an unsharp mask."""
    if rng.random() < 0.5:
        return _as_image(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.3)))
    blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 2.0)).astype(np.float32)
    pixels = image.astype(np.float32)
    return _as_image(pixels + rng.uniform(0.2, 1.0) * (pixels - blurred))


def resample(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """Down to 50–95 % of the size and back."""
    height, width = image.shape[:2]
    scale = rng.uniform(0.5, 0.95)
    down = cv2.INTER_AREA if rng.random() < 0.5 else cv2.INTER_LINEAR
    up = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_LANCZOS4
    small = cv2.resize(image, (max(8, int(width * scale)), max(8, int(height * scale))), interpolation=down)
    return _as_image(cv2.resize(small, (width, height), interpolation=up))


def simplify_texture(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """Texture flattened and edges kept, as an editor that redraws surfaces does: bilateral or median filter."""
    if rng.random() < 0.6:
        return _as_image(cv2.bilateralFilter(image, 5, rng.uniform(15, 45), rng.uniform(2, 4)))
    return _as_image(cv2.medianBlur(image, 3))


def redraw_texture(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """Fine detail displaced by a pixel or two and rescaled: the same surface, drawn anew."""
    smooth = cv2.GaussianBlur(image, (0, 0), rng.uniform(1.2, 2.5)).astype(np.float32)
    detail = image.astype(np.float32) - smooth
    return _as_image(smooth + rng.uniform(0.6, 1.3) * displace(detail, rng, rng.uniform(0.5, 2.0), 8))


def shift_slightly(
    image: ImageArray, masks: Sequence[MaskArray], rng: np.random.Generator
) -> tuple[ImageArray, list[MaskArray]]:
    """A shift as `slight_shift` draws it; masks of the image go with it."""
    sources = slight_shift(image.shape[:2], rng)
    return shifted(image, sources), _moved(masks, sources)


def slight_shift(shape: tuple[int, int], rng: np.random.Generator) -> Sources:
    """A shift by up to 2 px, a scale by up to 0.6 % and, every other time, a smooth warp by up to 1.5 px.

    Returns:
        (H, W, 2): for every pixel of the shifted picture, the column and row that it shows of the picture before.
    """
    height, width = shape
    scale = 1 + rng.normal(0, 0.002)
    shift = rng.uniform(-2, 2, 2)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    columns = ((columns - width / 2 - shift[0]) / scale + width / 2).astype(np.float32)
    rows = ((rows - height / 2 - shift[1]) / scale + height / 2).astype(np.float32)
    if rng.random() < 0.5:
        field = _smooth_field((height, width), rng, rng.uniform(0.3, 1.5), 60)
        columns, rows = columns + field[..., 0], rows + field[..., 1]
    return np.stack([columns, rows], -1)


def shifted(image: ImageArray, sources: Sources) -> ImageArray:
    """(H, W, 3) uint8: what `image` shows at `sources`; beyond its border it is mirrored."""
    return _as_image(_taken_from(image, sources, cv2.INTER_CUBIC))


def _moved(masks: Sequence[MaskArray], sources: Sources) -> list[MaskArray]:
    return [_taken_from(mask.view(np.uint8), sources, cv2.INTER_NEAREST) > 0 for mask in masks]


def _taken_from(values: np.ndarray, sources: Sources, method: int) -> np.ndarray:
    taken: np.ndarray = cv2.remap(values, sources[..., 0], sources[..., 1], method, borderMode=cv2.BORDER_REFLECT_101)
    return taken


PERTURBATIONS: dict[str, tuple[Perturbation, float]] = {
    "drift_tone": (drift_tone, 0.45),
    "drift_light": (drift_light, 0.25),
    "add_noise": (add_noise, 0.25),
    "soften_or_sharpen": (soften_or_sharpen, 0.3),
    "resample": (resample, 0.2),
    "simplify_texture": (simplify_texture, 0.12),
    "redraw_texture": (redraw_texture, 0.15),
    "recompress": (recompress, 0.6),
}
"""Name → the function and how likely it is drawn, in the order in which they are applied (our choice)."""
SHIFT_SHARE = 0.35
"""How likely a slight shift goes before them, at a share of 1."""


def perturb(image: ImageArray, rng: np.random.Generator, share: float = 1.0, uneven: float = 0.0) -> ImageArray:
    """A random subset of `PERTURBATIONS`, each drawn with its probability times `share`; (H, W, 3) uint8 → the same.

    `uneven` is how likely all of it comes and goes over the picture, from nothing to the whole: an editor redraws a
    fence a little darker and leaves the grass beside it alone.
    """
    before = image
    for function, probability in PERTURBATIONS.values():
        if rng.random() < probability * share:
            image = function(image, rng)
    if uneven and rng.random() < uneven:
        image = _as_image(before + smooth_shares(image.shape[:2], rng) * (image.astype(np.float32) - before))
    return image


def perturb_and_shift(
    image: ImageArray, masks: Sequence[MaskArray], rng: np.random.Generator, share: float = 1.0, uneven: float = 0.0
) -> tuple[ImageArray, list[MaskArray]]:
    """As `perturb`, now and then with a shift before it, which the image's masks go along with."""
    image, sources = perturb_and_locate(image, rng, share, uneven)
    return image, list(masks) if sources is None else _moved(masks, sources)


def perturb_and_locate(
    image: ImageArray, rng: np.random.Generator, share: float = 1.0, uneven: float = 0.0
) -> tuple[ImageArray, Sources | None]:
    """The same, and where the shift takes each pixel from (see `slight_shift`); None if there was none."""
    sources = None
    if rng.random() < SHIFT_SHARE * share:
        sources = slight_shift(image.shape[:2], rng)
        image = shifted(image, sources)
    return perturb(image, rng, share, uneven), sources


def smooth_shares(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """(H, W, 1) float32: a smooth field of shares in (0, 1), of which about half lie near either end."""
    coarse = rng.normal(0, 2, rng.integers(3, 9, size=2)).astype(np.float32)
    field = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    shares: np.ndarray = 1 / (1 + np.exp(-field[..., None]))
    return shares


def displace(
    values: np.ndarray, rng: np.random.Generator, reach: float, wavelength: int, shares: np.ndarray | float = 1.0
) -> np.ndarray:
    """`values` (H, W, C) moved along a smooth random field of about `reach` pixels, times `shares` (H, W, 1)."""
    height, width = values.shape[:2]
    field = shares * _smooth_field((height, width), rng, reach, wavelength)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    sources = np.stack([columns, rows], -1) + field
    return _taken_from(values, sources.astype(np.float32), cv2.INTER_LINEAR)


def _smooth_field(shape: tuple[int, int], rng: np.random.Generator, reach: float, wavelength: int) -> np.ndarray:
    """(H, W, 2) float32: displacements of about `reach` pixels that vary over `wavelength` pixels."""
    height, width = shape
    coarse = rng.standard_normal((max(2, height // wavelength), max(2, width // wavelength), 2), dtype=np.float32)
    return np.asarray(reach * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _as_image(values: np.ndarray) -> ImageArray:
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)
