"""One picture on its way into an export, complete with everything that any format needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sigmask.data.mask_png import encode_mask_png
from sigmask.data.mask_rle import MaskRle, encode_mask_rle
from sigmask.data.raw_pair import RawPair, readable_instruction
from sigmask.export.facts import Facts
from sigmask.export.image_file import ImageFile, image_file

TRAIN, VALIDATION = "train", "val"


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A mask in both of its encodings; for an edited picture these are the run's own, never encoded again."""

    png: bytes
    rle: MaskRle


@dataclass(frozen=True, slots=True)
class Sample:
    """An edited picture with its mask, or an authentic picture with an empty one.

    Attributes:
        name: unique in the export, without dots; names sort in the corpus's order.
        split: `TRAIN` or `VALIDATION`.
        authentic: whether nothing was edited in this picture.
        image: the edited picture, or the authentic one.
        mask: in the picture's pixel grid.
        original: what the edited picture was made from; None for an authentic one, or where nobody wants it.
        facts: what else is known, ready for JSON, with the keys of `SAMPLE_FACTS`.
    """

    name: str
    split: str
    authentic: bool
    image: ImageFile
    mask: MaskFile
    original: ImageFile | None
    facts: dict[str, Any]


SAMPLE_FACTS: dict[str, str] = {
    "sample_id": "string",
    "source_file": "string",
    "row_index": "int64",
    "original_group": "int64",
    "authentic": "bool",
    "instruction": "string",
    "action": "string",
    "original_concept": "string",
    "edited_concept": "string",
    "scope": "string",
    "quality": "float32",
    "area": "float32",
    "flags": "list",
    "model": "string",
}
"""What every format writes beside picture and mask, with its type. `original_group` is the same for pairs of one
original; quality, instruction and what follows from it are null for authentic pictures."""


def edited_sample(
    name: str, split: str, group: int, raw: RawPair, masked: dict[str, Any], *, with_original: bool
) -> Sample:
    """The edited picture of a pair, with its mask from the run's row `masked`.

    Raises:
        SampleError: a picture cannot be read.
    """
    facts = Facts.of_row(masked)
    return Sample(
        name=name,
        split=split,
        authentic=False,
        image=image_file(raw.edited, raw.root),
        mask=MaskFile(masked["mask"]["bytes"], masked["mask_rle"]),
        original=image_file(raw.original, raw.root) if with_original else None,
        facts={
            **_origin(facts, group),
            "authentic": False,
            "instruction": readable_instruction(raw.instruction)[0],
            "action": facts.action,
            "original_concept": facts.original_concept,
            "edited_concept": facts.edited_concept,
            "scope": facts.scope,
            "quality": facts.quality,
            "area": facts.area,
            "flags": list(facts.flags),
            "model": facts.model,
        },
    )


def authentic_sample(name: str, split: str, group: int, raw: RawPair, masked: dict[str, Any]) -> Sample:
    """The original of a pair as a picture in which nothing was edited.

    Raises:
        SampleError: the picture cannot be read.
    """
    image = image_file(raw.original, raw.root)
    nothing = np.zeros((image.height, image.width), np.bool_)
    return Sample(
        name=name,
        split=split,
        authentic=True,
        image=image,
        mask=MaskFile(encode_mask_png(nothing), encode_mask_rle(nothing)),
        original=None,
        facts={
            **_origin(Facts.of_row(masked), group),
            "authentic": True,
            "instruction": None,
            "action": None,
            "original_concept": None,
            "edited_concept": None,
            "scope": "none",
            "quality": None,
            "area": 0.0,
            "flags": [],
            "model": None,
        },
    )


def _origin(facts: Facts, group: int) -> dict[str, Any]:
    return {
        "sample_id": facts.sample_id,
        "source_file": facts.source_file,
        "row_index": facts.row_index,
        "original_group": group,
    }
