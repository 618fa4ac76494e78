"""The schema of the written masks: one row per annotated pair, which `datasets.load_dataset` opens as images."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from sigmask.annotation.utf8_text import utf8_text
from sigmask.data.mask_png import encode_mask_png
from sigmask.data.mask_rle import encode_mask_rle
from sigmask.types import Action, Annotation, EditTuple

Row = dict[str, Any]
"""Column name to value, as `MASK_SCHEMA` wants it."""

_VALUE = {"string": pa.string(), "int64": pa.int64(), "float32": pa.float32()}


def mask_row(
    sample_id: str, source_file: str, row_index: int, annotation: Annotation, checksum: int | None = None
) -> Row:
    """Encode one annotation as a row of `MASK_SCHEMA`.

    The mask is there twice: as a 1-bit PNG for eyes and image loaders, and as COCO RLE for counting tools.
    Of several edits in one instruction the first is written, with the concepts of all that have its action ("cup and
    plate"); `Annotation.edit` has them one by one.

    Args:
        checksum: of the pair's files (`pair_checksum`), by which an export sees that the corpus is still the same.
    """
    edit = annotation.edit[0] if annotation.edit else EditTuple()
    alike = [each for each in annotation.edit if each.action is edit.action]
    return {
        "sample_id": utf8_text(sample_id),
        "source_file": utf8_text(source_file),
        "row_index": row_index,
        "mask": {"bytes": encode_mask_png(annotation.mask), "path": None},
        "mask_rle": encode_mask_rle(annotation.mask),
        "area_fraction": annotation.area_fraction,
        "quality": annotation.quality,
        "scope": annotation.scope.value,
        "original_concept": _joined(each.original_concept for each in alike),
        "edited_concept": _joined(each.edited_concept for each in alike),
        "action": None if edit.action is Action.UNKNOWN and not annotation.edit else edit.action.value,
        "flags": list(annotation.flags),
        "model": annotation.model,
        "pair_checksum": checksum,
    }


def row_bytes(row: Row) -> int:
    """About how much memory a row holds until it is flushed: the mask twice, and small change."""
    return len(row["mask"]["bytes"]) + len(row["mask_rle"]["counts"]) + 512


def _joined(concepts: Iterable[str | None]) -> str | None:
    return utf8_text(" and ".join(dict.fromkeys(filter(None, concepts)))) or None


def _value(dtype: str) -> dict[str, str]:
    return {"dtype": dtype, "_type": "Value"}


# "Sequence" is what datasets 3 writes and what datasets 4 and 5 still read; their own "List" is unknown to 3.
_FEATURES: dict[str, Any] = {
    "sample_id": _value("string"),
    "source_file": _value("string"),
    "row_index": _value("int64"),
    "mask": {"_type": "Image"},
    "mask_rle": {
        "size": {"feature": _value("int32"), "length": 2, "_type": "Sequence"},
        "counts": _value("string"),
    },
    "area_fraction": _value("float32"),
    "quality": _value("float32"),
    "scope": _value("string"),
    "original_concept": _value("string"),
    "edited_concept": _value("string"),
    "action": _value("string"),
    "flags": {"feature": _value("string"), "_type": "Sequence"},
    "model": _value("string"),
    "pair_checksum": _value("int64"),
}

_STRUCTURED = {
    "mask": pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    "mask_rle": pa.struct([("size", pa.list_(pa.int32(), 2)), ("counts", pa.string())]),
    "flags": pa.list_(pa.string()),
}

MASK_SCHEMA = pa.schema(
    [(name, _STRUCTURED.get(name) or _VALUE[feature["dtype"]]) for name, feature in _FEATURES.items()],
    metadata={b"huggingface": json.dumps({"info": {"features": _FEATURES}}).encode()},
)
"""Columns of `masks-*.parquet`, with the Hugging Face feature dictionary in its metadata."""
