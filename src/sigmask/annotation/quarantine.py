"""The rows that could not be annotated, each with its reason: `quarantine.parquet` beside the masks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.data.whole_file import partial_path, publish
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
NAMED_ROWS = 5
"""How many bad rows a summary names. Our choice."""
_ROWS_PER_GROUP = 1_000


class Quarantine:
    """Counts bad samples and writes them down. The file is there after every finished run, even when it has no rows.

    Attributes:
        counts: bad rows by reason.
        first: the first few bad rows, for the summary.
    """

    def __init__(self, folder: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.first: list[BadSample] = []
        self._path = folder / QUARANTINE_NAME
        self._parquet = pq.ParquetWriter(partial_path(self._path), QUARANTINE_SCHEMA)
        self._waiting: list[BadSample] = []

    def __enter__(self) -> Quarantine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._parquet.close()
        publish(partial_path(self._path), self._path)  # after an error too: it says what was seen until then

    def add(self, bad: BadSample) -> None:
        """Count one bad row and write it down."""
        self.counts[bad.reason.value] += 1
        if len(self.first) < NAMED_ROWS:
            self.first.append(bad)
        self._waiting.append(bad)
        if len(self._waiting) >= _ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        rows = [
            {
                "sample_id": bad.sample_id,
                "source_file": bad.source_file,
                "row_index": bad.row_index,
                "reason": bad.reason.value,
                "message": bad.message,
            }
            for bad in self._waiting
        ]
        if rows:
            self._parquet.write_table(pa.Table.from_pylist(rows, schema=QUARANTINE_SCHEMA))
        self._waiting.clear()
