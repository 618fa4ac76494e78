"""Parquet files with images in their cells, streamed: few rows are in memory at a time, however large a row group.

The least that can be read is a page. Some writers put a whole row group's images into one page (up to 1,024 rows by
default), and then that page is what memory must hold: 100 MB for a file of 720 MB in small pages, 340 MB for the same
file in row groups of 100 rows, as Hugging Face writes them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.data.cell_selector import base_column
from sigmask.data.columns import ColumnNames
from sigmask.data.found_columns import FoundColumns
from sigmask.data.raw_pair import RawPair, bad_row, raw_pair
from sigmask.data.text_encoding import has_other_bytes
from sigmask.data.unit import UNREADABLE, Unit
from sigmask.data.unreadable_cell import UnreadableCell
from sigmask.errors import CorpusError, SigmaskError
from sigmask.types import BadSample

ROWS_AT_A_TIME = 16
"""Rows decoded from parquet together (our choice: some 30 MB of pairs of 1024-px PNGs)."""

_BUFFER_BYTES = 1 << 20

OpenFile = Callable[[], Any]
"""Opens one parquet file anew, as a `pyarrow.parquet.ParquetFile`."""


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
        listed = (row_groups(path.relative_to(self.folder).as_posix(), partial(_open, path)) for path in self.files)
        return tuple(unit for units in listed for unit in units)

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        """The unit's rows in order; `row_index` is the row's position in its file."""
        return read_row_group(unit, partial(_open, self.folder / unit.source_file), self.columns, self.root)


def row_groups(name: str, open_file: OpenFile) -> tuple[Unit, ...]:
    """The units of one file, by its footer; one unit of one bad row if that cannot be read.

    Raises:
        SigmaskError: what `open_file` raises of that kind, which says that the file is out of reach, not damaged.
    """
    try:
        with open_file() as file:
            groups = [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)]
            if min(groups, default=0) < 0 or sum(groups) != file.metadata.num_rows:
                raise ValueError(f"the footer says {file.metadata.num_rows} rows, its row groups {groups}")
    except SigmaskError:
        raise
    except Exception:  # pyarrow raises a dozen types on damaged footers
        return (Unit(name, UNREADABLE, 1),)
    starts = accumulate(groups, initial=0)
    return tuple(
        Unit(name, index, rows, start) for index, (rows, start) in enumerate(zip(groups, starts, strict=False))
    )


def read_row_group(
    unit: Unit, open_file: OpenFile, columns: ColumnNames, root: Path | None
) -> Iterator[RawPair | BadSample]:
    """The rows of one row group in order.

    What cannot be read is reported row by row, so that as many rows come out as the file says it holds.

    Raises:
        SigmaskError: as `row_groups`; the unit can then be read again later.
    """
    index, end = unit.first_row, unit.first_row + (unit.rows or 0)
    try:
        with open_file() as file:
            for row in _cells(file, unit, columns):
                if index == end:
                    return
                yield raw_pair(row, columns, unit.source_file, index, root)
                index += 1
        problem = f"the row group holds {index - unit.first_row} rows, its footer says {unit.rows}"
    except SigmaskError:
        raise
    except Exception as error:  # see row_groups; pages and text cells raise further ones
        problem = str(error)
    for lost in range(index, end):
        yield bad_row(f"cannot read this row of the parquet file: {problem}", unit.source_file, lost)


def parquet_columns(files: tuple[Path, ...]) -> FoundColumns:
    """The columns of the first readable file.

    Raises:
        CorpusError: no file can be read.
    """
    problem: Exception | None = None
    for path in files:
        try:
            with _open(path) as file:
                return FoundColumns.of_schema(file.schema_arrow)
        except Exception as error:  # see row_groups
            problem = problem or error
    raise CorpusError(f"expected a parquet file in '{files[0]}' (first of {len(files)}): {problem}")


def holds_images(path: Path, columns: ColumnNames) -> bool:
    """Whether the cells of both images hold bytes, as far as types and footer tell; False where they do not.

    It reads no row: a page may hold hundreds of megabytes of images.
    """
    with _open(path) as file:
        if not file.num_row_groups:
            return False
        group = file.metadata.row_group(0)
        leaves = {chunk.path_in_schema: chunk for chunk in map(group.column, range(group.num_columns))}
        return all(_holds_bytes(name, file.schema_arrow, leaves) for name in (columns.original, columns.edited))


def _holds_bytes(name: str, schema: pa.Schema, leaves: dict[str, Any]) -> bool:
    place = schema.get_field_index(name)
    kind = None if place < 0 else schema.field(place).type
    if kind is not None and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        return True
    chunk = leaves.get(f"{name}.bytes")
    if chunk is None or chunk.statistics is None or not chunk.statistics.has_null_count:
        return False
    return bool(chunk.statistics.null_count < chunk.num_values)


def _cells(file: Any, unit: Unit, columns: ColumnNames) -> Iterator[dict[str, Any]]:
    there = file.schema_arrow.names
    for name in (columns.original, columns.edited):
        if base_column(name, there) is None:
            raise _MissingColumnError(f"it has no column '{name}', but {', '.join(there)}")
    # Optional columns may be missing in some of the files.
    for batch in file.iter_batches(ROWS_AT_A_TIME, [unit.row_group], list(columns.to_read(there))):
        try:
            rows = batch.to_pylist()
        except Exception:  # text that is not UTF-8, a date that Python has not: then cell by cell
            cells = zip(batch.schema.names, batch.columns, strict=True)
            read = {name: [_cell(value) for value in column] for name, column in cells}
            rows = [{name: column[place] for name, column in read.items()} for place in range(batch.num_rows)]
        yield from rows


def _cell(value: pa.Scalar[Any]) -> Any:
    """The cell's value. Text that is not UTF-8 keeps its bytes, see `text_encoding`; what else fails is unreadable."""
    try:
        return value.as_py()
    except Exception as error:  # UnicodeDecodeError, ValueError, OverflowError, pyarrow's own
        problem = f"cannot read a cell of type {value.type}: {error}"
    if isinstance(value, pa.StructScalar):
        return {name: _cell(value[name]) for name in value}
    if isinstance(value, pa.ListScalar):
        return [_cell(element) for element in value.values]
    if isinstance(value, pa.StringScalar):  # large ones too
        return value.as_buffer().to_pybytes().decode("utf-8", "surrogateescape")
    return UnreadableCell(problem)


class _MissingColumnError(Exception):
    """One file of several lacks a column that the others have."""


def _open(path: Path) -> Any:
    # Without pre-buffering pages are read as they are needed, not a row group at once.
    # A name that is not UTF-8 has to be given as its bytes.
    named = pa.OSFile(os.fsencode(path)) if has_other_bytes(str(path)) else path
    return pq.ParquetFile(named, pre_buffer=False, buffer_size=_BUFFER_BYTES)
