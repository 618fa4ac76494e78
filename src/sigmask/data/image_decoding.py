"""Turns an image cell, however a corpus holds it, into RGB pixels, and refuses what is broken or dangerous.

Bad input of any kind raises `SampleError` with a stable reason; no other exception leaves this module.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image, UnidentifiedImageError

from sigmask.data.image_cell import cell_bytes, is_null
from sigmask.errors import BadReason, SampleError
from sigmask.types import ImageArray, MaskArray

MAX_PIXELS = 64_000_000
"""Pictures of more pixels are refused before they are decoded (our choice: 64 megapixels decode to 192 MB)."""

DAMAGED = "damaged"
"""The flag of a pair with a JPEG whose data break the format's rules, although some picture comes of them."""

MIN_SIDE = 8
"""Pictures with a side shorter than this, in pixels, are refused (our choice)."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF")
"""What is opened, as far as Pillow was built with it; JPEG takes the several pictures of an MPO file too.

Formats that start other programs or read other files (EPS and the like) are left out.
"""

_Pixels = npt.NDArray[np.uint8]

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8", b"II*\x00", b"MM\x00*")
_ORIENTATION_TAG = 0x0112
_JPEG_END = b"\xff\xd9"

# How each EXIF orientation is undone; 1, and values that EXIF does not know, leave the picture as it is.
_UPRIGHT: dict[int, Callable[[_Pixels], _Pixels]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels, 1),
}


def decode_image(cell: Any, root: Path | None = None) -> ImageArray:
    """The cell's picture as (H, W, 3) uint8 RGB, contiguous, upright, on white where it is transparent.

    Args:
        cell: path (Path or str), bytes, base64 text or data: URI, {"bytes", "path"}, PIL image, or an array of
            (H, W), (H, W, 3) or (H, W, 4) in uint8, uint16, bool, or float within [0, 1]. Sixteen bits and floats
            are scaled to 0..255.
        root: the folder that paths are relative to. With a root, no path may leave it, and a URL stands for the file
            of that name below the root. Without one, paths are taken as they are and URLs are refused.

    Raises:
        SampleError: for every input that cannot be used; `reason` says which kind it is.
    """
    return decode_with_remarks(cell, root)[0]


def decode_with_remarks(cell: Any, root: Path | None = None) -> tuple[ImageArray, tuple[str, ...]]:
    """As `decode_image`, with `DAMAGED` where that is so.

    JPEG has no checksum: of 35 random bytes in the middle of a photograph's data two in three are noticed.
    """
    remarks: list[str] = []
    return _on_white(_decode(cell, root, MIN_SIDE, remarks)), tuple(remarks)


def decode_mask(cell: Any, root: Path | None = None, shape: tuple[int, int] | None = None) -> MaskArray:
    """The cell's mask as (H, W) bool. Published masks come in four kinds, told apart by their pixels (our choice):

    - a picture with a transparent hole (alpha under 128 somewhere) marks the hole;
    - a coloured picture marks what is pure white in it;
    - a picture of nothing but 0 and 1 marks the ones;
    - any other marks grey levels above 127.

    Args:
        cell: as for `decode_image`.
        root: as for `decode_image`.
        shape: the edited image's (height, width), which the mask must have.

    Raises:
        SampleError: as `decode_image`, and BAD_MASK if the mask has another size than `shape`, or only dark greys, or
            if the cell is a list of masks.
    """
    if isinstance(cell, list | tuple):
        names = ", ".join(name[:80] for name in cell[:3] if isinstance(name, str))
        raise SampleError(BadReason.BAD_MASK, f"expected one mask, got a list of {len(cell)} ({names or 'no names'})")
    pixels = _decode(cell, root, 1, [])
    height, width = pixels.shape[:2]
    if shape is not None and (height, width) != tuple(shape):
        raise SampleError(
            BadReason.BAD_MASK,
            f"expected a mask in the edited image's pixel grid, {shape[1]}×{shape[0]}, got {width}×{height}",
        )
    if pixels.shape[2] == 4:
        hole = pixels[..., 3] < 128
        if hole.any():
            return np.ascontiguousarray(hole)
    colours = pixels[..., :3]
    darkest, brightest = colours.min(axis=2), colours.max(axis=2)
    if (brightest - darkest > 32).mean() > 0.01:
        return np.ascontiguousarray(darkest >= 254)
    if 1 < brightest.max() <= 127:
        raise SampleError(
            BadReason.BAD_MASK,
            f"expected a mask of 0 and 1, or with grey levels above 127 where something is marked; its brightest is "
            f"{brightest.max()}, so which part it marks cannot be told",
        )
    threshold = 0 if brightest.max() == 1 else 127
    return np.ascontiguousarray(darkest > threshold)


def _decode(cell: Any, root: Path | None, least_side: int, remarks: list[str]) -> _Pixels:
    """(H, W, C) uint8, upright, with C 1 for grey, 3 for RGB, 4 for RGB and alpha."""
    if is_null(cell):
        raise SampleError(BadReason.NULL_CELL, "the image cell holds nothing; expected a path, bytes or a picture")
    if isinstance(cell, np.ndarray):
        return _from_array(cell, least_side)
    if isinstance(cell, Image.Image):
        return _from_pillow(cell, least_side)
    return _from_encoded(cell_bytes(cell, root), least_side, remarks)


def _from_encoded(encoded: bytes, least_side: int, remarks: list[str]) -> _Pixels:
    if not encoded:
        raise SampleError(BadReason.EMPTY_FILE, "the image has zero bytes")
    try:
        image = Image.open(io.BytesIO(encoded), formats=_openable())
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise SampleError(BadReason.TOO_LARGE, f"{error}; the limit here is {MAX_PIXELS:,} pixels") from error
    except Exception as error:  # Pillow's parsers raise a dozen types on damaged headers
        # what Pillow says of bytes that it cannot identify is their address in memory, which differs at every run
        known = "none of the known image formats" if isinstance(error, UnidentifiedImageError) else str(error)
        if encoded.startswith(_SIGNATURES):
            raise SampleError(BadReason.TRUNCATED, f"the image's header is cut off or damaged: {known}") from error
        raise SampleError(
            BadReason.NOT_AN_IMAGE, f"expected an image, got {len(encoded):,} bytes beginning {encoded[:8]!r}: {known}"
        ) from error
    _check_size(image.width, image.height, least_side)
    fast = _plain_jpeg(image, encoded, remarks)
    return _from_pillow(image, least_side) if fast is None else fast


@functools.cache
def _openable() -> tuple[str, ...]:
    """Those of `FORMATS` that this Pillow knows: it raises KeyError at one that it does not."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _plain_jpeg(image: Image.Image, encoded: bytes, remarks: list[str]) -> _Pixels | None:
    """Pixels by simplejpeg, which decodes faster, where it gives exactly what Pillow gives; None where in doubt.

    A JPEG that does not end as it should is in doubt: Pillow says whether it is truncated. So is one of which
    libjpeg-turbo has complaints, which Pillow passes over in silence: it is `DAMAGED`.
    """
    if image.format != "JPEG" or image.mode != "RGB" or _JPEG_END not in encoded[-16:] or _orientation(image) != 1:
        return None
    try:
        pixels = simplejpeg.decode_jpeg(encoded, "RGB", fastdct=False, fastupsample=False, strict=True)
    except ValueError:
        remarks.append(DAMAGED)
        return None
    return pixels if pixels.shape == (image.height, image.width, 3) else None


def _from_pillow(image: Image.Image, least_side: int) -> _Pixels:
    _check_size(image.width, image.height, least_side)
    try:
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise SampleError(BadReason.TOO_LARGE, str(error)) from error
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error and more
        raise SampleError(BadReason.TRUNCATED, f"the image is truncated or damaged: {error}") from error
    try:
        pixels = _channels(image)
    except SampleError:
        raise
    except Exception as error:  # a mode that Pillow cannot turn into RGB (LAB), or broken palette data
        raise SampleError(BadReason.NOT_AN_IMAGE, f"cannot turn mode '{image.mode}' into RGB: {error}") from error
    upright = _UPRIGHT.get(_orientation(image))
    return pixels if upright is None else upright(pixels)


def _channels(image: Image.Image) -> _Pixels:
    if image.mode.startswith("I;16"):
        return _eight_bits(np.asarray(image).astype(np.uint16))[..., None]
    if image.mode == "I":  # 32-bit integers: sixteen bits in a wider word, unless the values say otherwise
        values = np.asarray(image).astype(np.int64)
        whole_range = 65535 if values.max() <= 65535 else int(values.max())
        return _eight_bits(np.clip(values, 0, None) / whole_range)[..., None]
    if image.mode == "F":  # in [0, 1] or in [0, 255], as the values say
        floats = np.asarray(image).astype(np.float64)
        return _eight_bits(np.clip(floats if floats.max() <= 1.0 else floats / 255.0, 0.0, 1.0))[..., None]
    if image.has_transparency_data:
        unmultiplied = image.convert("LA") if image.mode == "La" else image
        return np.asarray(unmultiplied.convert("RGBA"))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    return np.asarray(image.convert("RGB"))


def _from_array(array: npt.NDArray[Any], least_side: int) -> _Pixels:
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise SampleError(
            BadReason.NOT_AN_IMAGE, f"expected an array of (H, W), (H, W, 3) or (H, W, 4), got {array.shape}"
        )
    _check_size(array.shape[1], array.shape[0], least_side)
    pixels = _eight_bits(array)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _eight_bits(array: npt.NDArray[Any]) -> _Pixels:
    """The same values on the scale 0..255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    if not np.issubdtype(array.dtype, np.floating):
        raise SampleError(
            BadReason.NOT_AN_IMAGE, f"expected uint8, uint16, bool or float pixels, got an array of {array.dtype}"
        )
    if not (np.isfinite(array).all() and array.min() >= 0.0 and array.max() <= 1.0):
        raise SampleError(
            BadReason.NOT_AN_IMAGE,
            f"expected float pixels within [0, 1], got [{array.min():.4g}, {array.max():.4g}]; divide by 255 first",
        )
    return np.rint(array * 255.0).astype(np.uint8)


def _on_white(pixels: _Pixels) -> ImageArray:
    """(H, W, 3) RGB of (H, W, 1), (H, W, 3) or (H, W, 4) pixels."""
    channels = pixels.shape[2]
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    if channels == 3:
        return np.ascontiguousarray(pixels)
    alpha = pixels[..., 3:].astype(np.uint32)
    blended = pixels[..., :3] * alpha + 255 * (255 - alpha)
    return np.ascontiguousarray((blended + 127) // 255).astype(np.uint8)


def _check_size(width: int, height: int, least_side: int) -> None:
    if width * height > MAX_PIXELS:
        raise SampleError(
            BadReason.TOO_LARGE,
            f"the image is {width}×{height} = {width * height:,} pixels; the limit is {MAX_PIXELS:,}",
        )
    if min(width, height) < least_side:
        raise SampleError(
            BadReason.TOO_SMALL, f"the image is {width}×{height}; each side must be at least {least_side} pixels"
        )


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none or it cannot be read."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a broken EXIF block says nothing about the pixels
        return 1
