"""One row of a corpus before its images are decoded: cheap to read, to hand to a worker, and to quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigmask.data.columns import ColumnNames
from sigmask.data.image_cell import is_null
from sigmask.data.image_decoding import decode_image, decode_mask
from sigmask.errors import BadReason, SampleError
from sigmask.types import BadSample, EditPair


@dataclass(frozen=True, slots=True)
class RawPair:
    """A row's cells as the corpus holds them; `decode_pair` makes an `EditPair` of it.

    `root` is the folder that paths in the cells are relative to and may not leave.
    """

    sample_id: str
    original: Any
    edited: Any
    instruction: Any = None
    edit_type: Any = None
    mask: Any = None
    source_file: str = ""
    row_index: int = 0
    root: Path | None = None


def raw_pair(row: Mapping[str, Any], columns: ColumnNames, source_file: str, row_index: int, root: Path) -> RawPair:
    """The row's cells under the names that `columns` gives. A column that the row lacks is an empty cell."""

    def cell(name: str | None) -> Any:
        return None if name is None else row.get(name)

    named = cell(columns.sample_id)
    return RawPair(
        sample_id=f"{source_file}:{row_index}" if is_null(named) else str(named),
        original=cell(columns.original),
        edited=cell(columns.edited),
        instruction=cell(columns.instruction),
        edit_type=cell(columns.edit_type),
        mask=cell(columns.mask),
        source_file=source_file,
        row_index=row_index,
        root=root,
    )


def decode_pair(raw: RawPair) -> EditPair | BadSample:
    """The row with its images decoded, or why that cannot be done. Never raises for bad data."""
    part = "original"
    try:
        original = decode_image(_only_one(raw.original), raw.root)
        part = "edited"
        edited = decode_image(_only_one(raw.edited), raw.root)
        part = "mask"
        masked = not is_null(raw.mask)
        mask = decode_mask(_only_one(raw.mask), raw.root, edited.shape[:2]) if masked else None
        part = "instruction"
        instruction = read_instruction(raw.instruction)
    except SampleError as error:
        return BadSample(raw.sample_id, error.reason, f"{part}: {error}", raw.source_file, raw.row_index)
    return EditPair(
        sample_id=raw.sample_id,
        original=original,
        edited=edited,
        instruction=instruction,
        edit_type=None if is_null(raw.edit_type) else str(raw.edit_type).strip(),
        mask=mask,
        source_file=raw.source_file,
        row_index=raw.row_index,
    )


def read_instruction(cell: Any) -> str | None:
    """The instruction without surrounding space; of a list the first that is not blank; None where there is none.

    Raises:
        SampleError: BAD_ROW if the cell is neither text nor a list of texts.
    """
    if isinstance(cell, Sequence | np.ndarray) and not isinstance(cell, str | bytes):
        return next((text for text in map(read_instruction, cell) if text is not None), None)
    if is_null(cell):
        return None
    if not isinstance(cell, str):
        raise SampleError(BadReason.BAD_ROW, f"expected text or a list of texts, got {type(cell).__name__}")
    return cell.strip()


def _only_one(cell: Any) -> Any:
    """The image of a list of one, which is how corpora with several input images write a single one."""
    if not isinstance(cell, list | tuple):
        return cell
    if len(cell) != 1:
        raise SampleError(BadReason.BAD_ROW, f"expected one image, got a list of {len(cell)}")
    return cell[0]
