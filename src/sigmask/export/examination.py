"""Looks at every pair's pixels once: what the split, the search for duplicates and the authentic originals need."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from sigmask.data.mask_rle import MaskRle, decode_mask_rle
from sigmask.data.pair_checksum import in_memory, pair_checksum, require_unchanged
from sigmask.data.raw_pair import RawPair, decode_picture
from sigmask.errors import BadReason, SampleError
from sigmask.export.perceptual_hash import mask_hash, perceptual_hash
from sigmask.types import ImageArray, MaskArray


@dataclass(frozen=True, slots=True)
class Examined:
    """What remains of a pair after it was looked at: 40 bytes.

    Attributes:
        original_hash: perceptual hash of the original.
        region_hash: of the edited picture inside the mask's bounding box; of the whole picture for an empty mask.
        mask_hash: which cells of an 8 × 8 grid the mask touches.
        original_digest, edited_digest: of the pixels.
    """

    original_hash: np.uint64
    region_hash: np.uint64
    mask_hash: np.uint64
    original_digest: np.uint64
    edited_digest: np.uint64


def examine(raw: RawPair, rle: MaskRle, checksum: int | None) -> Examined:
    """Decode the pair and its mask.

    Args:
        checksum: of the pictures that were annotated, None where the run does not say.

    Raises:
        SampleError: a picture cannot be read or is another than the annotated one (CHANGED), or the mask has another
            size than the edited picture (BAD_MASK).
    """
    original_cell, original = _decoded("original", raw.original, raw.root)
    edited_cell, edited = _decoded("edited", raw.edited, raw.root)
    require_unchanged(checksum, pair_checksum(original_cell, edited_cell))
    require_size(rle, edited.shape[0], edited.shape[1])
    mask = decode_mask_rle(rle)
    return Examined(
        original_hash=perceptual_hash(original),
        region_hash=perceptual_hash(marked_region(edited, mask)),
        mask_hash=mask_hash(mask),
        original_digest=pixel_digest(original),
        edited_digest=pixel_digest(edited),
    )


def require_size(rle: MaskRle, height: int, width: int) -> None:
    """Raise SampleError (BAD_MASK) unless the mask has the picture's size."""
    rows, columns = rle["size"]
    if (rows, columns) != (height, width):
        raise SampleError(
            BadReason.BAD_MASK,
            f"expected a mask of the edited picture's {width}×{height} pixels, got {columns}×{rows}: "
            "the corpus has changed since it was annotated",
        )


def marked_region(image: ImageArray, mask: MaskArray) -> ImageArray:
    """The part of the picture inside the mask's bounding box; all of it for an empty mask."""
    if not mask.any():
        return image
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return image[top : top + height, left : left + width]


def pixel_digest(image: ImageArray) -> np.uint64:
    """64 bits that are equal for equal pictures, however they were encoded, and for others practically never."""
    digest = hashlib.blake2b(repr(image.shape).encode(), digest_size=8)
    digest.update(np.ascontiguousarray(image).data)
    return np.uint64(int.from_bytes(digest.digest(), "big"))


def _decoded(part: str, cell: object, root: Path | None) -> tuple[object, ImageArray]:
    """The cell with its bytes in memory, and its picture."""
    try:
        held = in_memory(cell, root)
        return held, decode_picture(held)
    except SampleError as error:
        raise SampleError(error.reason, f"{part}: {error}") from error
