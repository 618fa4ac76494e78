"""Tables of paths or encoded images: JSONL, JSON (a list, or an object around one), CSV and TSV.

Malformed rows are reported, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sigmask.data.cell_selector import base_column
from sigmask.data.columns import ColumnNames
from sigmask.data.found_columns import FoundColumns
from sigmask.data.json_wrapper import records_start
from sigmask.data.raw_pair import RawPair, bad_row, raw_pair
from sigmask.data.table_records import MalformedRow, Record, csv_rows, json_array, json_lines
from sigmask.data.text_encoding import refuse_other_encodings, warn_of_other_bytes
from sigmask.data.unit import ROWS_PER_BLOCK, UNREADABLE, Unit
from sigmask.errors import CorpusError
from sigmask.types import BadSample

__all__ = ["TABLE_SUFFIXES", "MalformedRow", "TableReader", "table_columns", "table_rows"]

TABLE_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")

BYTES_PER_BLOCK = 64 * 1024 * 1024
"""A block ends early at this many bytes, which tables with images in their cells soon reach (our choice)."""

_ROWS_TO_FIND_COLUMNS = 100
_JSON = "; a .json file is a list of objects, an object a line, or one object around a list of objects"


@dataclass(frozen=True)
class TableReader:
    """Reads one table. Its units are blocks of lines, found by one pass over the text and read by seeking.

    `root` is what paths in its cells are relative to.
    """

    path: Path
    columns: ColumnNames
    root: Path
    kind: str = "table"

    def units(self) -> tuple[Unit, ...]:
        name = self.path.name
        try:
            return tuple(_blocks(self.path))
        except OSError:
            return (Unit(name, UNREADABLE, 1),)

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        """The rows in order; `row_index` counts rows, blank lines and a CSV's header left out."""
        index = unit.first_row
        try:
            for row in islice(_rows(self.path, unit.offset, unit.first_row), unit.rows):
                yield self._pair(row, unit.source_file, index)
                index += 1
            problem = "the table has fewer rows than when it was opened"
        except OSError as error:
            problem = f"cannot read the table: {error}"
        for lost in range(index, unit.first_row + (unit.rows or 0)):
            yield bad_row(problem, unit.source_file, lost)

    def _pair(self, row: dict[str, Any] | MalformedRow, source_file: str, index: int) -> RawPair | BadSample:
        if isinstance(row, MalformedRow):
            return bad_row(row.message, source_file, index)
        for name in (self.columns.original, self.columns.edited):
            if base_column(name, row) is None:
                message = f"row {index} has no '{name}'; it has {', '.join(row) or 'nothing'}"
                return bad_row(message, source_file, index)
        return raw_pair(row, self.columns, source_file, index, self.root)


def table_columns(path: Path) -> FoundColumns:
    """The columns that the first rows have, in the order of first sight.

    Raises:
        CorpusError: none of the first rows can be parsed, or there are none.
    """
    first = list(islice(table_rows(path), _ROWS_TO_FIND_COLUMNS))
    rows = [row for row in first if isinstance(row, dict)]
    found = FoundColumns.of_rows(rows)
    if not found.names:
        problem = next((row.message for row in first if isinstance(row, MalformedRow)), "it has no rows")
        hint = _JSON if path.suffix.lower() == ".json" else ""
        raise CorpusError(f"expected a table with named columns in '{path}', but {problem}{hint}")
    warn_of_other_bytes(path, rows)
    return found


def table_rows(path: Path) -> Iterator[dict[str, Any] | MalformedRow]:
    """Every row of the table as {column: cell}, streamed.

    Raises:
        CorpusError: the file cannot be opened, is not UTF-8, or has several lists that its rows may be in.
    """
    try:
        refuse_other_encodings(path)
        yield from _rows(path)
    except OSError as error:
        raise CorpusError(f"cannot read the table '{path}': {error}") from error


def _rows(path: Path, offset: int = 0, first_row: int = 0) -> Iterator[dict[str, Any] | MalformedRow]:
    before: int | None = None
    with path.open("rb") as file:
        records, word = _format(path, file)
        for record in records(file, offset):
            if not isinstance(record.row, MalformedRow):
                yield record.row
                continue
            if before is None:  # elements of an array are rows; lines may be blank or a header, and are counted
                before = first_row if word == "element" else _lines_before(path, offset)
            yield MalformedRow(f"{word} {before + record.line}: {record.row.message}")


def _blocks(path: Path) -> Iterator[Unit]:
    with path.open("rb") as file:
        records, _ = _format(path, file)
        start = first_row = rows = block = end = 0
        for record in records(file, 0, parse=False):
            rows, end = rows + 1, record.end
            if rows >= ROWS_PER_BLOCK or end - start >= BYTES_PER_BLOCK:
                yield Unit(path.name, block, rows, first_row, start)
                start, first_row, rows, block = end, first_row + rows, 0, block + 1
        if rows or not block:
            yield Unit(path.name, block, rows, first_row, start)


def _format(path: Path, file: BinaryIO) -> tuple[Callable[..., Iterator[Record]], str]:
    """What splits the file into records, and what a record is called in messages."""
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return partial(csv_rows, delimiter="\t" if suffix == ".tsv" else ","), "line"
    if suffix == ".json":
        head = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
        if head.startswith(b"["):
            return json_array, "element"
        if head.startswith(b"{"):
            seen = path.stat()
            start = _start_of_records(path, seen.st_size, seen.st_mtime_ns)
            if start is not None:
                return partial(json_array, start=start), "element"
    return json_lines, "line"


@lru_cache(maxsize=16)
def _start_of_records(path: Path, size: int, modified: int) -> int | None:
    """As `records_start`, once for each state of the file."""
    with path.open("rb") as file:
        return records_start(path, file)


def _lines_before(path: Path, offset: int) -> int:
    with path.open("rb") as file:
        lines, left = 0, offset
        while left and (piece := file.read(min(left, 1 << 20))):
            lines += piece.count(b"\n")
            left -= len(piece)
    return lines
