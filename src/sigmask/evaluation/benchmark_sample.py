"""One sample of a benchmark: undecoded as a layout finds it, decoded as a pair, or decoded as an image on its own.

Annotators see pairs, and detectors see the edited image alone, so a row decodes to either: `decode_benchmark_pair`
needs an original, `decode_masked_image` does not and takes authentic images too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigmask.data.image_cell import is_null
from sigmask.data.image_decoding import decode_image
from sigmask.data.raw_pair import read_instruction
from sigmask.errors import BadReason, SampleError
from sigmask.evaluation.mask_reading import MaskRule, read_mask
from sigmask.types import BadSample, EditPair, ImageArray, MaskArray


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """An image of a benchmark before it is decoded.

    Attributes:
        sample_id: unique within the benchmark.
        edited: the image's cell (path, bytes, …); of an authentic image, that image.
        original: the cell of what it was made from, empty where the benchmark has none.
        mask: the cell of its mask; an authentic image has none.
        authentic: whether nothing was edited, which is what a missing mask means then.
        instruction, edit_type, side_effect, sure: cells, empty where not known; see `BenchmarkPair`.
        root: the folder that paths are relative to and may not leave.
    """

    sample_id: str
    edited: Any
    original: Any = None
    mask: Any = None
    authentic: bool = False
    instruction: Any = None
    edit_type: Any = None
    side_effect: Any = None
    sure: Any = None
    source_file: str = ""
    row_index: int = 0
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkPair(EditPair):
    """An edit pair, and what only a benchmark knows of it.

    A kind of `EditPair`, so that methods, observers and `dataclasses.replace` take and keep it as it is.

    Attributes:
        side_effect: (H, W) bool, the part of the mask that the instruction did not ask for; None where unknown.
        sure: how sure the maker of a hand-drawn mask is, in the benchmark's own words ("good", "fair").
        mask_resized: whether the mask had another size and was resampled.
    """

    side_effect: MaskArray | None = None
    sure: str | None = None
    mask_resized: bool = False

    def __post_init__(self) -> None:
        EditPair.__post_init__(self)  # super() does not find the class that slots=True makes anew
        if self.side_effect is not None and (
            self.side_effect.dtype != np.bool_ or self.side_effect.shape != self.edited.shape[:2]
        ):
            raise ValueError(
                f"side_effect must be bool of shape {self.edited.shape[:2]} (the edited image's grid), "
                f"got {self.side_effect.dtype} of shape {self.side_effect.shape}"
            )


@dataclass(frozen=True, slots=True)
class MaskedImage:
    """An image as a detector sees it: no original, no instruction.

    Attributes:
        image: (H, W, 3) uint8, RGB.
        mask: (H, W) bool, True where it was edited; all False for an authentic image.
    """

    sample_id: str
    image: ImageArray
    mask: MaskArray
    edit_type: str | None = None
    authentic: bool = False
    mask_resized: bool = False
    source_file: str = ""
    row_index: int = 0


def side_effect_of(pair: EditPair) -> MaskArray | None:
    """The (H, W) bool mask of what nobody asked for, None where the benchmark does not say."""
    return pair.side_effect if isinstance(pair, BenchmarkPair) else None


def decode_benchmark_pair(row: BenchmarkRow, rule: MaskRule) -> BenchmarkPair | BadSample:
    """The row with its images decoded, or why that cannot be done. Never raises for bad data."""
    part = "original"
    try:
        if is_null(row.original):
            raise SampleError(BadReason.UNPAIRED, "the benchmark has no original of this image; a pair needs one")
        original = decode_image(row.original, row.root)
        part = "edited"
        edited = decode_image(row.edited, row.root)
        shape = edited.shape[:2]
        part = "mask"
        mask, resized = _mask(row, shape, rule)
        part = "side_effect"
        side_effect = None
        if not is_null(row.side_effect):
            side_effect, _ = read_mask(row.side_effect, row.root, shape, rule.model_copy(update={"empty": "unedited"}))
        part = "instruction"
        instruction = read_instruction(row.instruction)
    except SampleError as error:
        return BadSample(row.sample_id, error.reason, f"{part}: {error}", row.source_file, row.row_index)
    return BenchmarkPair(
        sample_id=row.sample_id,
        original=original,
        edited=edited,
        instruction=instruction,
        edit_type=_text(row.edit_type),
        mask=mask,
        source_file=row.source_file,
        row_index=row.row_index,
        side_effect=side_effect,
        sure=_text(row.sure),
        mask_resized=resized,
    )


def decode_masked_image(row: BenchmarkRow, rule: MaskRule) -> MaskedImage | BadSample:
    """The edited (or authentic) image and its mask, or why that cannot be done. Never raises for bad data."""
    part = "edited"
    try:
        image = decode_image(row.edited, row.root)
        part = "mask"
        mask, resized = _mask(row, image.shape[:2], rule)
    except SampleError as error:
        return BadSample(row.sample_id, error.reason, f"{part}: {error}", row.source_file, row.row_index)
    return MaskedImage(
        sample_id=row.sample_id,
        image=image,
        mask=mask,
        edit_type=_text(row.edit_type),
        authentic=row.authentic,
        mask_resized=resized,
        source_file=row.source_file,
        row_index=row.row_index,
    )


def _mask(row: BenchmarkRow, shape: tuple[int, int], rule: MaskRule) -> tuple[MaskArray, bool]:
    if row.authentic:
        return np.zeros(shape, np.bool_), False
    if is_null(row.mask):
        raise SampleError(BadReason.NULL_CELL, "expected a true mask, got none")
    return read_mask(row.mask, row.root, shape, rule)


def _text(cell: Any) -> str | None:
    return None if is_null(cell) else str(cell).strip()
