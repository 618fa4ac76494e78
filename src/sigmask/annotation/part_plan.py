"""How a corpus is cut into parts: the unit in which work is done, committed to the ledger, and shared out.

A part is some consecutive row groups of one source file, up to `rows_per_part` rows, so that small row groups do not
make a hundred thousand tiny files. A unit larger than that (a folder is one unit) is cut into several parts, so that
a crash never costs more than `rows_per_part` rows. The plan depends on the corpus, `limit` and `rows_per_part` only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from sigmask.data.corpus import Corpus
from sigmask.data.raw_pair import RawPair
from sigmask.data.unit import Unit
from sigmask.types import BadSample

PART_PATTERN = "masks-*.parquet"
ROWS_PER_PART = 2_000
"""Our choice: a part is some megabytes, and on a laptop two minutes of work."""

_SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows [start, stop) of one unit, counted within the unit.

    Attributes:
        unit_rows: how many rows the unit holds in all; where it does not tell and the limit ends within it, one more
            than the limit leaves.
        among: how many rows its source holds, where one row more would move the others; else 0.
    """

    unit: Unit
    start: int
    stop: int
    unit_rows: int
    among: int = 0

    @property
    def identity(self) -> str:
        """Changes when the unit got other rows, as far as their number and place in the file tell."""
        rows = f"{self.unit.row_group}:{self.start}-{self.stop}/{self.unit_rows}"
        return rows + (f"@{self.unit.offset}" if self.unit.offset else "") + (f" of {self.among}" if self.among else "")


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive rows of one source file, which go to one file of masks.

    Attributes:
        source_file: the corpus's name for the file that the rows come from.
        pieces: what to read, in order; at least one.
    """

    source_file: str
    pieces: tuple[Piece, ...]

    @property
    def first_row(self) -> int:
        """`row_index` of the first row: how many rows of that file come before this part."""
        return self.pieces[0].unit.first_row + self.pieces[0].start

    @property
    def rows(self) -> int:
        """How many rows the part should hold, bad ones included."""
        return sum(piece.stop - piece.start for piece in self.pieces)

    @property
    def name(self) -> str:
        """The name of its files, without suffix: sorts by source file and row, and is the same in every run."""
        slug = re.sub(r"[^A-Za-z0-9._-]+", "_", self.source_file.removesuffix(".parquet"))[-_SLUG_LENGTH:]
        digest = hashlib.sha256(self.source_file.encode("utf-8", "surrogateescape")).hexdigest()[:6]
        return f"masks-{slug.strip('.')}-{digest}-{self.first_row:08d}"

    @property
    def file_name(self) -> str:
        """The name of its parquet file."""
        return f"{self.name}.parquet"

    @property
    def identity(self) -> list[str]:
        """What exactly it reads; a finished part of another identity is not this one."""
        return [piece.identity for piece in self.pieces]


def plan_parts(corpus: Corpus, *, limit: int | None = None, rows_per_part: int = ROWS_PER_PART) -> tuple[Part, ...]:
    """Cut the corpus into parts, in its own order. Units of unknown length are read to count them, up to the limit.

    Args:
        limit: rows of the corpus to plan for at most.
        rows_per_part: rows of a part at most.
    """
    left = limit
    parts: list[Part] = []
    for source_file, units in groupby(corpus.units(), key=lambda unit: unit.source_file):
        if left is not None and left <= 0:
            break
        counted = _counted(corpus, units, left)
        # rows of a folder are its names in sorted order, so one more pair moves all that follow
        among = sum(rows for _, rows in counted) if corpus.kind == "folder" else 0
        of_file = list(_grouped(source_file, _pieces(counted, left, rows_per_part, among), rows_per_part))
        parts += of_file
        if left is not None:
            left -= sum(part.rows for part in of_file)
    return tuple(parts)


class PartReader:
    """Reads parts from a corpus. Parts of one unit that follow each other are read in one go."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._unit: Unit | None = None
        self._position = 0
        self._rows: Iterator[RawPair | BadSample] = iter(())

    def read(self, part: Part) -> Iterator[RawPair | BadSample]:
        """The part's rows in order. A unit that turns out longer than it said is read to its end all the same."""
        for piece in part.pieces:
            if piece.unit != self._unit or self._position > piece.start:
                self._unit, self._position, self._rows = piece.unit, 0, self._corpus.read(piece.unit)
            for _ in islice(self._rows, piece.start - self._position):
                self._position += 1
            end = None if piece.stop == piece.unit_rows else piece.stop - self._position
            for row in islice(self._rows, end):
                self._position += 1
                yield row


def _counted(corpus: Corpus, units: Iterable[Unit], limit: int | None) -> list[tuple[Unit, int]]:
    """Each unit with its rows. None is read further than one row beyond the limit, which tells that it goes on."""
    left = limit
    counted: list[tuple[Unit, int]] = []
    for unit in units:
        if unit.rows is not None:
            rows = unit.rows
        elif left is None or left > 0:
            rows = corpus.count(unit, None if left is None else left + 1)
        else:
            break
        counted.append((unit, rows))
        left = None if left is None else left - rows
    return counted


def _pieces(counted: Iterable[tuple[Unit, int]], limit: int | None, most: int, among: int) -> Iterator[Piece]:
    left = limit
    for unit, rows in counted:
        wanted = rows if left is None else min(rows, left)
        for start in range(0, wanted, most):
            yield Piece(unit, start, min(start + most, wanted), rows, among)
        if left is not None:
            left -= wanted
            if left == 0:
                return


def _grouped(source_file: str, pieces: Iterable[Piece], most: int) -> Iterator[Part]:
    rows = 0
    group: list[Piece] = []
    for piece in pieces:
        length = piece.stop - piece.start
        if group and rows + length > most:
            yield Part(source_file, tuple(group))
            rows, group = 0, []
        group.append(piece)
        rows += length
    if group:
        yield Part(source_file, tuple(group))
