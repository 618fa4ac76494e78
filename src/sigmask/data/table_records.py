"""Splits text tables into records, each with the byte at which the next begins, so that a reader can start anywhere.

A damaged record costs itself and no more: what follows is found again. Memory stays bounded whatever a file holds.
"""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

MAX_RECORD_BYTES = 256 * 1024 * 1024
"""Longer lines and elements are malformed (our choice: two base64 images of 64 megapixels fit)."""

MAX_CSV_LINES = 1_000
"""A CSV record that runs over more lines has a quote that nobody closed (our choice)."""

Row = dict[str, Any]

_CHUNK_BYTES = 1 << 20
_NEXT_OBJECT = re.compile(r"\}\s*,\s*(?=\{)")
_NEAR_THE_END = 64  # bytes of the buffer in which a parser's complaint may only mean that more has to be read


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
        elif piece.strip():
            yield Record(_parsed(piece) if parse else {}, line, offset)


def json_array(file: BinaryIO, offset: int = 0, *, parse: bool = True) -> Iterator[Record]:
    """One record for each element of a JSON array of objects; `offset` is 0 or where an element ended.

    After an element that cannot be parsed, reading goes on at the next that looks like one.
    """
    text = _Window(file, offset)
    decoder = json.JSONDecoder()
    element = 0
    if offset == 0 and not text.skip("\ufeff\xef\xbb\xbf \t\r\n", then="["):
        yield Record(MalformedRow("expected a JSON array, which begins with '['"), 0, text.offset)
        return
    while text.skip(", \t\r\n"):
        if text.peek() == "]":
            return
        element += 1
        problem = text.take(decoder)
        if problem is None:
            yield Record(_parsed(text.taken.encode("latin-1")) if parse else {}, element, text.offset)
            continue
        found = text.skip_past(_NEXT_OBJECT)
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
        row = json.loads(encoded.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return MalformedRow(f"not JSON: {error}")
    if isinstance(row, dict):
        return row
    return MalformedRow(f"expected an object {{column: cell}}, got {type(row).__name__}")


def _skip_line(file: BinaryIO) -> int:
    """Read on to the end of the line; returns how many bytes that was."""
    skipped = 0
    while piece := file.readline(_CHUNK_BYTES):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped


class _Window:
    """A piece of a JSON file, as Latin-1 so that characters are bytes, that moves on as elements are taken.

    Attributes:
        offset: the byte of the file at which the unread rest begins.
        taken: the text of the element taken last.
    """

    def __init__(self, file: BinaryIO, offset: int) -> None:
        file.seek(offset)
        self._file = file
        self._text = ""
        self._position = 0
        self._ended = False
        self._start = offset
        self.taken = ""

    @property
    def offset(self) -> int:
        return self._start + self._position

    def peek(self) -> str:
        return self._text[self._position]

    def skip(self, characters: str, then: str = "") -> bool:
        """Pass over `characters`, and over `then`, which must follow; whether there is more."""
        while True:
            while self._position < len(self._text) and self._text[self._position] in characters:
                self._position += 1
            if self._position < len(self._text):
                break
            if not self._read_on():
                return False
        if not then:
            return True
        if self.peek() != then:
            return False
        self._position += 1
        return True

    def take(self, decoder: json.JSONDecoder) -> str | None:
        """Move past one element; what is wrong with it, or None."""
        while True:
            problem: str | None = None
            try:
                _, end = decoder.raw_decode(self._text, self._position)
                complete = end < len(self._text)
            except json.JSONDecodeError as error:
                problem = f"{error.msg} at byte {self._start + error.pos:,}"
                near_the_end = error.pos >= len(self._text) - _NEAR_THE_END
                complete = not (near_the_end or error.msg.startswith("Unterminated string"))
            except (ValueError, RecursionError) as error:
                problem, complete = str(error), True
            too_long = len(self._text) - self._position > MAX_RECORD_BYTES
            if not complete and not too_long and self._read_on():
                continue
            if problem is None:
                self.taken = self._text[self._position : end]
                self._position = end
            return problem

    def skip_past(self, pattern: re.Pattern[str]) -> bool:
        """Move behind the next match; to the end of the file if there is none."""
        self._position = min(self._position + 1, len(self._text))
        while True:
            match = pattern.search(self._text, self._position)
            if match is not None and match.end() < len(self._text):
                self._position = match.end()
                return True
            # What is kept for the next try is as long as any gap between two elements may be.
            self._position = max(self._position, len(self._text) - _CHUNK_BYTES // 16)
            if not self._read_on():
                self._position = len(self._text)
                return False

    def _read_on(self) -> bool:
        """Drop what was read and append at least as much as is left, so that a long element costs few tries."""
        if self._ended:
            return False
        rest = self._text[self._position :]
        more = self._file.read(max(_CHUNK_BYTES, len(rest)))
        self._ended = not more
        self._start += self._position
        self._position = 0
        self._text = rest + more.decode("latin-1")
        return bool(more)


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
    if any("\ud800" <= letter <= "\udfff" for cell in cells if not cell.isascii() for letter in cell):
        return "not UTF-8 text"
    return None
