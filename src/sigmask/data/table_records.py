"""Splits text tables into records, each with the byte at which the next begins, so that a reader can start anywhere.

A damaged record costs itself and no more: what follows is found again. Memory stays bounded whatever a file holds.
Bytes that are not UTF-8 stand in the text as `text_encoding` says.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from sigmask.data.json_window import BYTE_ORDER_MARK, CHUNK_BYTES, MAX_RECORD_BYTES, WHITESPACE, JsonWindow

MAX_CSV_LINES = 1_000
"""A CSV record that runs over more lines has a quote that nobody closed (our choice)."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A row that could not be parsed; the message says where it stands."""

    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row, and the offset of the byte after it. `line` counts lines (or elements) from where reading began."""

    row: Row | MalformedRow
    line: int
    end: int


def json_lines(file: BinaryIO, offset: int = 0, *, parse: bool = True) -> Iterator[Record]:
    """One record for each line that is not blank. Without `parse` rows are empty: for counting."""
    file.seek(offset)
    line = 0
    while piece := file.readline(MAX_RECORD_BYTES):
        line += 1
        offset += len(piece)
        if len(piece) == MAX_RECORD_BYTES and not piece.endswith(b"\n"):
            offset += _skip_line(file)
            yield Record(MalformedRow(f"longer than {MAX_RECORD_BYTES:,} bytes"), line, offset)
        elif piece.removeprefix(BYTE_ORDER_MARK.encode("latin-1")).strip():
            yield Record(_parsed(piece) if parse else {}, line, offset)


def json_array(file: BinaryIO, offset: int = 0, *, start: int = 0, parse: bool = True) -> Iterator[Record]:
    """One record for each element of a JSON array of objects, which begins at byte `start`.

    `offset` is 0, for all of it, or where an element ended.

    After an element that cannot be parsed, reading goes on at the next that looks like one.
    """
    text = JsonWindow(file, offset or start)
    decoder = json.JSONDecoder()
    element = 0
    if offset == 0 and not text.skip(BYTE_ORDER_MARK + WHITESPACE, then="["):
        yield Record(MalformedRow("expected a JSON array, which begins with '['"), 0, text.offset)
        return
    while text.skip(WHITESPACE + ","):
        if text.peek() == "]":
            return
        element += 1
        problem = text.take(decoder)
        if problem is None:
            yield Record(_parsed(text.taken.encode("latin-1")) if parse else {}, element, text.offset)
            continue
        found = text.skip_to_next_object()
        yield Record(MalformedRow(f"not JSON: {problem}"), element, text.offset)
        if not found:
            return
    yield Record(
        MalformedRow("the JSON array ends early, without ']'; what followed is lost"), element + 1, text.offset
    )


def csv_rows(file: BinaryIO, offset: int = 0, *, delimiter: str = ",", parse: bool = True) -> Iterator[Record]:
    """One record for each row under the header, which is read first; `offset` is 0 or where a row ended.

    A malformed row that runs over several lines is given up after its first line: a stray quote makes CSV swallow
    the rows behind it.
    """
    # The limit is the csv module's own and global; its default of 128 kB is less than one base64 image.
    csv.field_size_limit(MAX_RECORD_BYTES)
    file.seek(0)
    lines = _Lines(file, 0)
    header = _csv_row(lines, delimiter)
    if not isinstance(header, list):
        return
    header[0] = header[0].removeprefix("\ufeff") if header else ""
    if offset > lines.end:
        file.seek(offset)
        lines = _Lines(file, offset)
    while (cells := _csv_row(lines, delimiter)) is not None:
        if not cells:
            continue
        line = lines.number
        problem = _csv_problem(cells, header) or lines.runs_on(delimiter)
        if problem is not None:
            lines.give_back_all_but_first()
            yield Record(MalformedRow(problem), lines.number, lines.end)
        else:
            assert isinstance(cells, list)
            yield Record(dict(zip(header, cells, strict=True)) if parse else {}, line, lines.end)


def _parsed(encoded: bytes) -> Row | MalformedRow:
    try:
        row = json.loads(encoded.decode("utf-8-sig", errors="surrogateescape"))
    except (ValueError, RecursionError) as error:
        return MalformedRow(f"not JSON: {error}")
    if isinstance(row, dict):
        return row
    return MalformedRow(f"expected an object {{column: cell}}, got {type(row).__name__}")


def _skip_line(file: BinaryIO) -> int:
    """Read on to the end of the line; returns how many bytes that was."""
    skipped = 0
    while piece := file.readline(CHUNK_BYTES):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped


class _Lines:
    """Lines of a file that can be given back, and where they end."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self._waiting: deque[bytes] = deque()
        self._taken: list[bytes] = []
        self.end = offset
        self.number = 0
        self._first = offset == 0

    def begin_record(self) -> None:
        self._taken.clear()

    def __iter__(self) -> Iterator[str]:
        while len(self._taken) < MAX_CSV_LINES and (line := self._next()):
            self._taken.append(line)
            self.end += len(line)
            self.number += 1
            yield line.decode("utf-8-sig" if self._first else "utf-8", errors="surrogateescape")
            self._first = False

    def runs_on(self, delimiter: str) -> str | None:
        """What is wrong with a record of several lines, if its quotes do not close as they should."""
        if len(self._taken) < 2:
            return None
        try:
            next(csv.reader((line.decode("latin-1") for line in self._taken), delimiter=delimiter, strict=True))
        except csv.Error as error:
            return f"a quote that does not close: {error}"
        return None

    def give_back_all_but_first(self) -> None:
        """Have the record's further lines read again, as records of their own."""
        back = self._taken[1:]
        self._waiting.extendleft(reversed(back))
        self.end -= sum(map(len, back))
        self.number -= len(back)
        del self._taken[1:]

    def _next(self) -> bytes:
        if not self._waiting:
            # Files of old Macs end lines with a carriage return alone.
            self._waiting.extend(self._file.readline(MAX_RECORD_BYTES).splitlines(keepends=True))
        return self._waiting.popleft() if self._waiting else b""


def _csv_row(lines: _Lines, delimiter: str) -> list[str] | str | None:
    """The cells of the next row, what is wrong with it, or None at the end."""
    lines.begin_record()
    try:
        return next(csv.reader(lines, delimiter=delimiter), None)
    except csv.Error as error:
        return f"not CSV: {error}"


def _csv_problem(cells: list[str] | str, header: list[str]) -> str | None:
    if isinstance(cells, str):
        return cells
    if len(cells) != len(header):
        return f"{len(cells)} cells, the header has {len(header)}"
    return None
