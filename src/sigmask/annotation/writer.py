"""Parquet parts `masks-00000.parquet`, ...: each appears under its name only when it is whole."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.annotation.mask_table import MASK_SCHEMA, Row, row_bytes
from sigmask.data.whole_file import partial_path, publish

PART_PATTERN = "masks-*.parquet"
ROWS_PER_PART = 5_000
"""Our choice: a part is some megabytes and a few minutes of work."""
ROW_GROUP_BYTES = 4 << 20
"""Rows waiting for their row group never hold more than about this much, so that memory stays flat. Our choice."""


class MaskWriter:
    """Writes mask rows in the order given. Use as a context manager: an error drops the open part, not the whole ones.

    Args:
        folder: where the parts go; it must exist.
        rows_per_part: rows after which a part is closed and renamed.
        first_part: number of the first part (a resumed run starts behind the whole ones).
    """

    def __init__(self, folder: Path, *, rows_per_part: int = ROWS_PER_PART, first_part: int = 0) -> None:
        self.written = 0
        self._folder = folder
        self._rows_per_part = rows_per_part
        self._part = first_part
        self._part_rows = 0
        self._waiting: list[Row] = []
        self._waiting_bytes = 0
        self._parquet: pq.ParquetWriter | None = None

    def __enter__(self) -> MaskWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._close_part()
            return
        if self._parquet is not None:
            self._parquet.close()
            partial_path(self._part_path()).unlink(missing_ok=True)

    def write(self, row: Row) -> None:
        """Add one row (see `mask_row`)."""
        self._waiting.append(row)
        self._waiting_bytes += row_bytes(row)
        self._part_rows += 1
        self.written += 1
        if self._part_rows >= self._rows_per_part:
            self._close_part()
        elif self._waiting_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(partial_path(self._part_path()), MASK_SCHEMA, compression="zstd")
        self._parquet.write_table(pa.Table.from_pylist(self._waiting, schema=MASK_SCHEMA))
        self._waiting.clear()
        self._waiting_bytes = 0

    def _close_part(self) -> None:
        self._flush()
        if self._parquet is None:
            return
        self._parquet.close()
        self._parquet = None
        publish(partial_path(self._part_path()), self._part_path())
        self._part += 1
        self._part_rows = 0

    def _part_path(self) -> Path:
        return self._folder / f"masks-{self._part:05d}.parquet"
