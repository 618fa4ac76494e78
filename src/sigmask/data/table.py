"""Tables of paths or encoded images: JSONL, a JSON array, CSV and TSV. Malformed rows are reported, one by one."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sigmask.data.columns import ColumnNames
from sigmask.data.raw_pair import RawPair, raw_pair
from sigmask.data.unit import Unit
from sigmask.errors import BadReason, CorpusError
from sigmask.types import BadSample

TABLE_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")

_ROWS_TO_FIND_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A row that could not be parsed; the message says on which line it stands."""

    message: str


@dataclass(frozen=True)
class TableReader:
    """Reads one table. Its only unit is the whole file, since a text table has no seekable parts.

    `root` is what paths in its cells are relative to.
    """

    path: Path
    columns: ColumnNames
    root: Path
    kind: str = "table"

    def units(self) -> tuple[Unit, ...]:
        return (Unit(self.path.name, 0, None),)

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        """The rows in order; `row_index` counts rows, blank lines and a CSV's header left out."""
        needed = (self.columns.original, self.columns.edited)
        for index, row in enumerate(table_rows(self.path)):
            if isinstance(row, MalformedRow):
                message = row.message
            elif missing := [name for name in needed if name not in row]:
                message = f"row {index} has no '{missing[0]}'; it has {', '.join(row) or 'nothing'}"
            else:
                yield raw_pair(row, self.columns, unit.source_file, index, self.root)
                continue
            yield BadSample(f"{unit.source_file}:{index}", BadReason.BAD_ROW, message, unit.source_file, index)


def table_columns(path: Path) -> tuple[str, ...]:
    """The column names that the first rows have, in the order of first sight.

    Raises:
        CorpusError: none of the first rows can be parsed, or there are none.
    """
    first = list(islice(table_rows(path), _ROWS_TO_FIND_COLUMNS))
    names = dict.fromkeys(name for row in first if isinstance(row, dict) for name in row)
    if not names:
        problem = first[0].message if first and isinstance(first[0], MalformedRow) else "it has no rows"
        raise CorpusError(f"expected a table with named columns in '{path}', but {problem}")
    return tuple(names)


def table_rows(path: Path) -> Iterator[dict[str, Any] | MalformedRow]:
    """Every row of the table as {column: cell}, streamed (a JSON array is read whole).

    Raises:
        CorpusError: the file cannot be opened, or a JSON array is broken as a whole.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in (".csv", ".tsv"):
            yield from _csv_rows(path, "\t" if suffix == ".tsv" else ",")
        elif suffix == ".json" and _is_array(path):
            yield from _array_rows(path)
        else:
            yield from _json_lines(path)
    except OSError as error:
        raise CorpusError(f"cannot read the table '{path}': {error}") from error


def _json_lines(path: Path) -> Iterator[dict[str, Any] | MalformedRow]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                yield MalformedRow(f"line {number} is not JSON: {error}")
                continue
            yield row if isinstance(row, dict) else _not_an_object(f"line {number}", row)


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _array_rows(path: Path) -> Iterator[dict[str, Any] | MalformedRow]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"expected a JSON array of objects in '{path}': {error}") from error
    for number, row in enumerate(rows):
        yield row if isinstance(row, dict) else _not_an_object(f"element {number}", row)


def _not_an_object(where: str, row: Any) -> MalformedRow:
    return MalformedRow(f"{where}: expected an object {{column: cell}}, got {type(row).__name__}")


def _csv_rows(path: Path, delimiter: str) -> Iterator[dict[str, Any] | MalformedRow]:
    # The limit is the csv module's own and global; its default of 128 kB is less than one base64 image.
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file, delimiter=delimiter)
        header = next(rows, None)
        while header is not None:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield MalformedRow(f"line {rows.line_num} is not CSV: {error}")
                continue
            if not row:
                continue
            if len(row) != len(header):
                yield MalformedRow(f"line {rows.line_num} has {len(row)} cells, the header has {len(header)}")
            elif any("\ud800" <= letter <= "\udfff" for cell in row if not cell.isascii() for letter in cell):
                yield MalformedRow(f"line {rows.line_num} is not UTF-8 text")
            else:
                yield dict(zip(header, row, strict=True))
