"""Masks as one-bit PNGs (white where changed), written directly: a mask is packed bits, and PNG is zlib over them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from sigmask.data.image_decoding import decode_mask
from sigmask.types import MaskArray
from sigmask.whole_file import whole_file

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COMPRESSION = 1  # masks are long runs: higher levels cost time and save little


def encode_mask_png(mask: MaskArray) -> bytes:
    """The (H, W) bool mask as a greyscale PNG of bit depth 1 (PNG specification, third edition, sections 5 and 11).

    Raises:
        ValueError: if the mask is not two-dimensional bool with at least one pixel.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_ or mask.size == 0:
        raise ValueError(f"expected a mask of (H, W) bool, got {mask.dtype} of shape {mask.shape}")
    height, width = mask.shape
    packed = np.packbits(mask, axis=1)
    rows = np.zeros((height, packed.shape[1] + 1), np.uint8)  # each row begins with its filter type: 0, none
    rows[:, 1:] = packed
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), _COMPRESSION)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def decode_mask_png(encoded: bytes) -> MaskArray:
    """The (H, W) bool mask of a PNG.

    Raises:
        SampleError: if the bytes are not a whole image.
    """
    return decode_mask(encoded)


def write_mask_png(path: str | Path, mask: MaskArray) -> None:
    """Write the mask under a temporary name, flush it to the disk and rename it: a file that exists is whole.

    Raises:
        ValueError: if `path` does not end in .png.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        raise ValueError(f"a mask is written as PNG, so its path must end in .png, got '{target}'")
    encoded = encode_mask_png(mask)
    with whole_file(target) as partial:
        partial.write_bytes(encoded)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
