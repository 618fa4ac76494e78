"""Tells whether a corpus still holds the very pictures that were annotated, by a checksum of their files' bytes."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sigmask.data.cell_selector import ImageHalf
from sigmask.data.image_cell import cell_bytes, is_null
from sigmask.errors import BadReason, SampleError


def in_memory(cell: Any, root: Path | None) -> Any:
    """The picture's cell with the file that it names, or the text that it is, as bytes: nothing is read twice.

    Cells that hold nothing, and pictures that are decoded already (PIL, numpy), are returned as they are, halves as
    halves of bytes.

    Raises:
        SampleError: BAD_ROW for a list of several images, and the reasons of `cell_bytes`.
    """
    if isinstance(cell, ImageHalf):
        return replace(cell, cell=in_memory(cell.cell, root))
    cell = _only_one(cell)
    return cell if is_null(cell) or isinstance(cell, np.ndarray | Image.Image) else cell_bytes(cell, root)


def _only_one(cell: Any) -> Any:
    """The image of a list of one, which is how corpora with several input images write a single one."""
    if isinstance(cell, list | tuple):
        if len(cell) != 1:
            raise SampleError(BadReason.BAD_ROW, f"expected one image, got a list of {len(cell)}")
        return cell[0]
    return cell


def pair_checksum(original: Any, edited: Any) -> int | None:
    """CRC-32 of the original's bytes and the edited picture's behind them, of cells that are `in_memory`.

    It guards against mistakes, not against malice. None where a picture came decoded.
    """
    checksum = 0
    for cell in (original, edited):
        encoded = cell.cell if isinstance(cell, ImageHalf) else cell
        if not isinstance(encoded, bytes):
            return None
        checksum = zlib.crc32(encoded, checksum)
    return checksum


def require_unchanged(annotated: int | None, now: int | None) -> None:
    """Raise SampleError (CHANGED) if both checksums are known and differ."""
    if annotated is not None and now is not None and annotated != now:
        raise SampleError(
            BadReason.CHANGED, "these are not the pictures that were annotated: the corpus has changed since"
        )
