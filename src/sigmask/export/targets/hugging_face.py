"""A dataset folder for Hugging Face `datasets`: parquet with pictures and masks inside, opened by its README."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.export.sample import SAMPLE_FACTS, VALIDATION, Sample

ROW_GROUP_BYTES = 16 << 20
FILE_BYTES = 512 << 20
"""A row group and a file end when they reach about this size. The Hub advises files below 1 GB; our choice."""

_TYPES = {
    "string": pa.string(),
    "int64": pa.int64(),
    "bool": pa.bool_(),
    "float32": pa.float32(),
    "list": pa.list_(pa.string()),
}
_PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_PICTURES, _PICTURES_WITH_ORIGINALS = ("image", "mask"), ("image", "original", "mask")


def export_schema(*, with_originals: bool = False) -> pa.Schema:
    """Columns of the exported parquet files, with the Hugging Face feature dictionary in their metadata."""
    pictures = _PICTURES_WITH_ORIGINALS if with_originals else _PICTURES
    features: dict[str, Any] = {
        **{name: {"_type": "Image"} for name in pictures},
        # "Sequence" is what every release of datasets from 3 on reads
        **{
            name: {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"}
            if kind == "list"
            else {"dtype": kind, "_type": "Value"}
            for name, kind in SAMPLE_FACTS.items()
        },
    }
    return pa.schema(
        [*((name, _PICTURE) for name in pictures), *((name, _TYPES[kind]) for name, kind in SAMPLE_FACTS.items())],
        metadata={b"huggingface": json.dumps({"info": {"features": features}}).encode()},
    )


_OPENING = """\
```python
import datasets

train = datasets.load_dataset("{folder}", split="train")
train[0]["image"], train[0]["mask"], train[0]["instruction"]
```

`image` holds the corpus's own bytes where they are JPEG or PNG; `mask` is a one-bit PNG, white where changed, and
black for authentic pictures (`authentic`). `original_group` is the same for pairs of one original."""
_OPENING_ORIGINALS = """
`original` is the picture before the edit; authentic pictures have none."""


class HuggingFaceTarget:
    """Parquet files `data/SPLIT-00000.parquet`, named so that the card's front matter finds them."""

    def __init__(self, folder: Path, destination: Path, *, with_originals: bool = False) -> None:
        self.wants_originals = with_originals
        self._schema = export_schema(with_originals=with_originals)
        self._data = folder / "data"
        self._data.mkdir()
        self._destination = destination
        self._splits: dict[str, _ParquetFiles] = {}

    def write(self, sample: Sample) -> None:
        split = "validation" if sample.split == VALIDATION else sample.split  # the Hub's own word
        if split not in self._splits:
            self._splits[split] = _ParquetFiles(self._data, split, self._schema)
        self._splits[split].append(sample)

    def close(self) -> None:
        for files in self._splits.values():
            files.close()

    def how_to_open(self) -> str:
        opening = _OPENING + (_OPENING_ORIGINALS if self.wants_originals else "")
        return opening.replace("{folder}", self._destination.name)


class _ParquetFiles:
    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._folder = folder
        self._split = split
        self._schema = schema
        self._number = -1
        self._writer: pq.ParquetWriter | None = None
        self._file_bytes = self._waiting_bytes = 0
        self._waiting: list[dict[str, Any]] = []

    def append(self, sample: Sample) -> None:
        row = {
            "image": {"bytes": sample.image.encoded, "path": sample.name + sample.image.suffix},
            "mask": {"bytes": sample.mask.png, "path": f"{sample.name}.png"},
            **sample.facts,
        }
        if sample.original is not None:
            path = f"{sample.name}-original{sample.original.suffix}"
            row["original"] = {"bytes": sample.original.encoded, "path": path}
            self._waiting_bytes += len(sample.original.encoded)
        self._waiting.append(row)
        self._waiting_bytes += len(sample.image.encoded) + len(sample.mask.png)
        if self._waiting_bytes >= ROW_GROUP_BYTES:
            self._flush()
        if self._file_bytes >= FILE_BYTES:
            self._close_file()

    def close(self) -> None:
        self._flush()
        self._close_file()

    def _flush(self) -> None:
        if not self._waiting:
            return
        if self._writer is None:
            self._number += 1
            path = self._folder / f"{self._split}-{self._number:05d}.parquet"
            # Pictures are compressed already; a dictionary of them would only be built and thrown away.
            self._writer = pq.ParquetWriter(path, self._schema, compression="none", use_dictionary=False)
        self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
        self._file_bytes += self._waiting_bytes
        self._waiting, self._waiting_bytes = [], 0

    def _close_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._file_bytes = None, 0
