"""Parquet files with images in their cells, streamed: few rows are in memory at a time, however large a row group.

The least that can be read is a page. Some writers put a whole row group's images into one page (up to 1,024 rows by
default), and then that page is what memory must hold: 100 MB for a file of 720 MB in small pages, 340 MB for the same
file in row groups of 100 rows, as Hugging Face writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.data.columns import ColumnNames
from sigmask.data.raw_pair import RawPair, raw_pair
from sigmask.data.unit import UNREADABLE, Unit
from sigmask.errors import BadReason, CorpusError
from sigmask.types import BadSample

ROWS_AT_A_TIME = 16
"""Rows decoded from parquet together (our choice: some 30 MB of pairs of 1024-px PNGs)."""

_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class ParquetReader:
    """Reads parquet files below `folder`, in the order given. `root` is what paths in their cells are relative to."""

    folder: Path
    files: tuple[Path, ...]
    columns: ColumnNames
    root: Path
    kind: str = "parquet"

    def units(self) -> tuple[Unit, ...]:
        """Every row group of every file, by the files' footers. An unreadable file is one unit of one bad row."""
        units: list[Unit] = []
        for path in self.files:
            name = path.relative_to(self.folder).as_posix()
            try:
                with _open(path) as file:
                    groups = [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)]
            except (OSError, pa.ArrowException):
                units.append(Unit(name, UNREADABLE, 1))
                continue
            starts = accumulate(groups, initial=0)
            units.extend(
                Unit(name, index, rows, start) for index, (rows, start) in enumerate(zip(groups, starts, strict=False))
            )
        return tuple(units)

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        """The unit's rows in order; `row_index` is the row's position in its file.

        What cannot be read is reported row by row, so that as many rows come out as the file says it holds.
        """
        done = 0
        try:
            with _open(self.folder / unit.source_file) as file:
                self._require_columns(file)
                batches = file.iter_batches(ROWS_AT_A_TIME, [unit.row_group], list(self._present(file)))
                for batch in batches:
                    for row in batch.to_pylist():
                        yield raw_pair(row, self.columns, unit.source_file, unit.first_row + done, self.root)
                        done += 1
        except (OSError, pa.ArrowException, _MissingColumnError) as error:
            for index in range(unit.first_row + done, unit.first_row + (unit.rows or 0)):
                message = f"cannot read this row of the parquet file: {error}"
                yield BadSample(f"{unit.source_file}:{index}", BadReason.BAD_ROW, message, unit.source_file, index)

    def _present(self, file: Any) -> tuple[str, ...]:
        """Optional columns may be missing in some of the files."""
        there = set(file.schema_arrow.names)
        return tuple(name for name in self.columns.present() if name in there)

    def _require_columns(self, file: Any) -> None:
        there = file.schema_arrow.names
        for name in (self.columns.original, self.columns.edited):
            if name not in there:
                raise _MissingColumnError(f"it has no column '{name}', but {', '.join(there)}")


class _MissingColumnError(Exception):
    """One file of several lacks a column that the others have."""


def parquet_columns(files: tuple[Path, ...]) -> tuple[str, ...]:
    """The column names of the first readable file.

    Raises:
        CorpusError: no file can be read.
    """
    problem: Exception | None = None
    for path in files:
        try:
            with _open(path) as file:
                return tuple(file.schema_arrow.names)
        except (OSError, pa.ArrowException) as error:
            problem = problem or error
    raise CorpusError(f"expected a parquet file in '{files[0]}' (first of {len(files)}): {problem}")


def _open(path: Path) -> Any:
    # Without pre-buffering pages are read as they are needed, not a row group at once.
    return pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER_BYTES)
