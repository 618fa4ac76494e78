"""The rows that could not be annotated, each with its reason: `quarantine.parquet` beside the masks."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.annotation.exclusive_file import replace_file
from sigmask.annotation.write_errors import writing
from sigmask.types import BadSample

QUARANTINE_NAME = "quarantine.parquet"
QUARANTINE_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("source_file", pa.string()),
        ("row_index", pa.int64()),
        ("reason", pa.string()),
        ("message", pa.string()),
    ]
)


def write_quarantine(folder: Path, bad: Iterable[BadSample]) -> Path:
    """Write the bad rows, in the order given, into `folder`. Without any it is a file without rows.

    Raises:
        OutputWriteError: it cannot be written.
    """
    rows = [
        {
            "sample_id": sample.sample_id,
            "source_file": sample.source_file,
            "row_index": sample.row_index,
            "reason": sample.reason.value,
            "message": sample.message,
        }
        for sample in bad
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=QUARANTINE_SCHEMA), buffer)
    path = folder / QUARANTINE_NAME
    with writing(path):
        replace_file(path, buffer.getvalue())
    return path
