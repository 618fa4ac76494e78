"""Looks at every pair's pixels once: what the split, the search for duplicates and the authentic originals need."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sigmask.data.mask_rle import MaskRle, decode_mask_rle
from sigmask.data.pair_checksum import in_memory, pair_checksum, require_unchanged
from sigmask.data.raw_pair import RawPair, decode_picture
from sigmask.errors import BadReason, SampleError
from sigmask.export.edit_signature import Signatures, edit_signature
from sigmask.export.perceptual_hash import perceptual_hash
from sigmask.types import ImageArray


@dataclass(frozen=True, slots=True)
class Examined:
    """What remains of a pair after it was looked at: 48 bytes.

    Attributes:
        original_hash, mirrored_hash: perceptual hash of the original, and of its mirror image.
        original_digest, edited_digest: of the pixels.
        signature: (16,) uint8, where the edit lies and what it looks like.
    """

    original_hash: np.uint64
    mirrored_hash: np.uint64
    original_digest: np.uint64
    edited_digest: np.uint64
    signature: Signatures


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
    return Examined(
        original_hash=perceptual_hash(original),
        mirrored_hash=perceptual_hash(original[:, ::-1]),
        original_digest=pixel_digest(original),
        edited_digest=pixel_digest(edited),
        signature=edit_signature(edited, decode_mask_rle(rle)),
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
