"""One row of a corpus before its images are decoded: cheap to read, to hand to a worker, and to quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sigmask.data.cell_selector import ImageHalf, select
from sigmask.data.columns import ColumnNames
from sigmask.data.image_cell import is_null
from sigmask.data.image_decoding import decode_mask, decode_with_remarks
from sigmask.data.pair_checksum import in_memory, pair_checksum
from sigmask.data.text_encoding import has_other_bytes
from sigmask.data.unreadable_cell import UnreadableCell
from sigmask.errors import BadReason, SampleError
from sigmask.types import UNREADABLE_INSTRUCTION, BadSample, EditPair, ImageArray, MaskArray

MAX_LIST_DEPTH = 8
"""Lists within lists of an instruction cell that are looked into (our choice; corpora have one or two)."""

_IMAGE_TOKEN = "<image>"  # noqa: S105  LLaVA's mark for where an image stands in a text
_THUMBNAIL = (48, 48)  # width and height, in pixels, at which halves are compared
_SAME_PICTURE = 8.0  # grey levels, mean absolute difference of thumbnails (our choice: recompression is under 2)


@dataclass(frozen=True, slots=True)
class RawPair:
    """A row's cells as the corpus holds them; `decode_pair` makes an `EditPair` of it.

    A cell may be an `ImageHalf`, and an image's cell a list of one. A mask's cell is a longer list where it cannot be
    told which mask is meant: whoever decodes masks refuses it then.

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


def raw_pair(
    row: Mapping[str, Any], columns: ColumnNames, source_file: str, row_index: int, root: Path | None
) -> RawPair | BadSample:
    """The row's cells under the names that `columns` gives. A column that the row lacks is an empty cell.

    A cell that has not the form that its name expects (`image[0/2]` of a list of three) makes a bad sample; an
    instruction's is an `UnreadableCell`.
    """
    sample_id = f"{source_file}:{row_index}"

    def cell(name: str | None) -> Any:
        return None if name is None else select(row, name)

    def instruction_cell() -> Any:
        try:
            return cell(columns.instruction)
        except SampleError as error:
            return UnreadableCell(str(error))

    try:
        named = cell(columns.sample_id)
        sample_id = sample_id if is_null(named) or isinstance(named, UnreadableCell) else str(named)
        return RawPair(
            sample_id=sample_id,
            original=cell(columns.original),
            edited=cell(columns.edited),
            instruction=instruction_cell(),
            edit_type=cell(columns.edit_type),
            mask=cell(columns.mask),
            source_file=source_file,
            row_index=row_index,
            root=root,
        )
    except SampleError as error:
        return BadSample(sample_id, error.reason, str(error), source_file, row_index)
    except Exception as error:  # an id that cannot be put into words, say; it costs its row, not the run
        return bad_row(f"cannot read the row's cells: {type(error).__name__}: {error}", source_file, row_index)


def bad_row(message: str, source_file: str, row_index: int) -> BadSample:
    """A row that could not be read, named by its place."""
    return BadSample(f"{source_file}:{row_index}", BadReason.BAD_ROW, message, source_file, row_index)


def decode_pair(raw: RawPair | BadSample, *, with_mask: bool = True) -> EditPair | BadSample:
    """The row with its images decoded, or why that cannot be done. Never raises for bad data.

    A row that is bad already stays as it is.

    An instruction that cannot be read does not cost the pair, which is flagged then.

    Args:
        with_mask: decode the row's mask too. Otherwise the pair has none, and a bad mask costs nothing.
    """
    if isinstance(raw, BadSample):
        return raw
    part = "original"
    try:
        original_cell = in_memory(raw.original, raw.root)
        original, remarks = _picture_and_remarks(original_cell)
        part = "edited"
        edited_cell = in_memory(raw.edited, raw.root)
        edited, more_remarks = _picture_and_remarks(edited_cell)
        _refuse_composite(original, edited)
        part = "mask"
        mask = _mask(raw.mask, raw.root, edited.shape[:2]) if with_mask and not is_null(raw.mask) else None
        part = "instruction"
        instruction, flags = readable_instruction(raw.instruction)
        part = "edit_type"
        unknown_type = is_null(raw.edit_type) or isinstance(raw.edit_type, UnreadableCell)
        edit_type = None if unknown_type else str(raw.edit_type).strip()
        return EditPair(
            sample_id=raw.sample_id,
            original=original,
            edited=edited,
            instruction=instruction,
            edit_type=edit_type,
            mask=mask,
            source_file=raw.source_file,
            row_index=raw.row_index,
            checksum=pair_checksum(original_cell, edited_cell),
            flags=(*dict.fromkeys((*remarks, *more_remarks)), *flags),
        )
    except SampleError as error:
        reason, problem = error.reason, str(error)
    except Exception as error:  # whatever one row breaks must cost that row, not the run
        reason, problem = BadReason.BAD_ROW, f"{type(error).__name__}: {error}"
    return BadSample(raw.sample_id, reason, f"{part}: {problem}", raw.source_file, raw.row_index)


def readable_instruction(cell: Any) -> tuple[str | None, tuple[str, ...]]:
    """As `read_instruction`, and no flags; None and `UNREADABLE_INSTRUCTION` where that raises."""
    try:
        return read_instruction(cell), ()
    except SampleError:
        return None, (UNREADABLE_INSTRUCTION,)


def read_instruction(cell: Any) -> str | None:
    """The instruction without surrounding space; of a list the first that is not blank; None where there is none.

    LLaVA's `<image>` marks are not part of it.

    Raises:
        SampleError: BAD_ROW if the cell is neither text nor a list of texts, is not UTF-8, or lists are nested deeper
            than `MAX_LIST_DEPTH`.
    """
    return _first_text(cell, MAX_LIST_DEPTH)


def _first_text(cell: Any, depth: int) -> str | None:
    """The first text that is not blank, in lists nested at most `depth` deep."""
    if isinstance(cell, Sequence | np.ndarray) and not isinstance(cell, str | bytes):
        if depth == 0:
            raise SampleError(
                BadReason.BAD_ROW, f"expected text or a list of texts, got lists nested over {MAX_LIST_DEPTH} deep"
            )
        return next((text for text in (_first_text(item, depth - 1) for item in cell) if text is not None), None)
    if is_null(cell):
        return None
    if isinstance(cell, UnreadableCell):
        raise SampleError(BadReason.BAD_ROW, cell.problem)
    if not isinstance(cell, str):
        raise SampleError(BadReason.BAD_ROW, f"expected text or a list of texts, got {type(cell).__name__}")
    if has_other_bytes(cell):
        raise SampleError(BadReason.BAD_ROW, "expected UTF-8 text, got other bytes")
    return cell.replace(_IMAGE_TOKEN, " ").strip() or None


def decode_picture(held: Any) -> ImageArray:
    """The picture of an image's cell that is `in_memory`.

    Raises:
        SampleError: the reasons of `decode_image`.
    """
    return _picture_and_remarks(held)[0]


def _picture_and_remarks(held: Any) -> tuple[ImageArray, tuple[str, ...]]:
    if isinstance(held, ImageHalf):
        whole, remarks = decode_with_remarks(held.cell)
        return held.cut(whole), remarks
    return decode_with_remarks(held)


def _mask(cell: Any, root: Path | None, shape: tuple[int, int]) -> MaskArray:
    if not isinstance(cell, ImageHalf):
        return decode_mask(_unlisted(cell), root, shape)
    mask = cell.cut(decode_mask(_unlisted(cell.cell), root))
    if mask.shape != tuple(shape):
        expected, got = f"{shape[1]}×{shape[0]}", f"{mask.shape[1]}×{mask.shape[0]}"
        raise SampleError(
            BadReason.BAD_MASK, f"expected a mask in the edited image's pixel grid, {expected}, got a half of {got}"
        )
    return mask


def _unlisted(cell: Any) -> Any:
    """The element of a list of one; any other cell as it is."""
    return cell[0] if isinstance(cell, list | tuple) and len(cell) == 1 else cell


def _refuse_composite(original: ImageArray, edited: ImageArray) -> None:
    """Refuse an edited image that shows the original beside the edit: its mask would be wrong all over.

    Raises:
        SampleError: BAD_ROW if the edited image is just twice as wide (or high) as the original, and one of its
            halves is the original.
    """
    (height, width), (edited_height, edited_width) = original.shape[:2], edited.shape[:2]
    if (edited_height, edited_width) == (height, 2 * width):
        halves = {"right": edited[:, :width], "left": edited[:, width:]}
    elif (edited_height, edited_width) == (2 * height, width):
        halves = {"bottom": edited[:height], "top": edited[height:]}
    else:
        return
    small = _thumbnail(original)
    for other_side, half in halves.items():
        if float(np.abs(_thumbnail(half) - small).mean()) < _SAME_PICTURE:
            raise SampleError(
                BadReason.BAD_ROW,
                f"the picture shows the original beside the edit ({edited_width}×{edited_height}, the original is "
                f"{width}×{height}); where all rows do, name the half with --edited 'COLUMN[{other_side}]'",
            )


def _thumbnail(image: ImageArray) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.asarray(cv2.resize(image, _THUMBNAIL, interpolation=cv2.INTER_AREA), np.float32)
