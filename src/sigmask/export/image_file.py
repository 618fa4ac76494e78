"""A picture as an export writes it: the corpus's own bytes wherever every reader sees the same pixels in them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from PIL import Image

from sigmask.data.cell_selector import ImageHalf
from sigmask.data.pair_checksum import in_memory
from sigmask.data.raw_pair import decode_picture
from sigmask.types import ImageArray

_SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png"}
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An encoded picture.

    Attributes:
        encoded: the file's bytes.
        suffix: ".jpg" or ".png".
        height, width: pixels.
        own: whether the bytes are the corpus's own.
    """

    encoded: bytes
    suffix: str
    height: int
    width: int
    own: bool


def image_file(cell: Any, root: Path | None) -> ImageFile:
    """The cell's picture as a JPEG or PNG file whose pixels are those that `decode_image` gives.

    JPEG and PNG bytes are passed on as they are: compressing again would wipe out the traces that detectors look
    for. Exceptions are pictures that readers take differently: turned by an EXIF orientation, with transparency, or
    of sixteen bits a grey level. These, halves of composite pictures, and all other formats become PNGs, upright and
    on white.

    Raises:
        SampleError: the cell holds no readable picture.
    """
    held = in_memory(cell, root)
    with_header = None if isinstance(held, ImageHalf) else _plain_header(held)
    if with_header is not None:
        suffix, width, height = with_header
        return ImageFile(held, suffix, height, width, own=True)
    pixels = decode_picture(held)
    return ImageFile(encode_png(pixels), ".png", pixels.shape[0], pixels.shape[1], own=False)


def encode_png(image: ImageArray) -> bytes:
    """(H, W, 3) uint8 RGB as PNG bytes."""
    encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    return encoded.tobytes()


def _plain_header(encoded: bytes) -> tuple[str, int, int] | None:
    """Suffix, width and height of a JPEG or PNG that all readers see alike; None for every other picture."""
    try:
        with Image.open(io.BytesIO(encoded), formats=("JPEG", "PNG")) as image:
            upright = image.getexif().get(_ORIENTATION_TAG, 1) not in range(2, 9)
            plain = not image.has_transparency_data and image.mode in ("RGB", "L", "P", "1", "CMYK")
            return (_SUFFIXES[str(image.format)], image.width, image.height) if upright and plain else None
    except Exception:  # another format, a damaged header or EXIF block: the decoder says whether it is a picture
        return None
