"""The unit of work: one row group of one source file, or a block of rows of a file that has no row groups.

Units are what a run shares out, marks as done and repeats, so they are listed without reading images, always in the
same order and under the same keys as long as the corpus is the same, and each can be read on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

RUN_LEDGER = ".ledger"
"""The folder by which the output of a run is known: of masks that lie in their corpus no reader takes pairs."""
UNREADABLE = -1
"""The `row_group` of a file that cannot be opened; its one row is a bad sample that says why."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One independently readable part of a corpus.

    Attributes:
        source_file: the file's name within the corpus, with `/` between folders.
        row_group: the part's place in that file, from 0.
        rows: how many pairs and bad samples reading it yields; None where only reading it tells.
        first_row: `row_index` of its first row; the others follow one by one.
        offset: the byte at which a text or tar file's block begins, 0 where that means nothing.
    """

    source_file: str
    row_group: int
    rows: int | None
    first_row: int = 0
    offset: int = 0

    @property
    def key(self) -> str:
        """The unit's name, unique within its corpus: "data/train-00000.parquet#12"."""
        return f"{self.source_file}#{self.row_group}"


ROWS_PER_BLOCK = 1_000
"""Rows of a unit where a source has no parts of its own (our choice: a minute's work on a laptop)."""


def blocks_of(source_file: str, rows: int) -> tuple[Unit, ...]:
    """Units of `ROWS_PER_BLOCK` rows, the last of what is left; one empty unit if there are no rows."""
    starts = range(0, max(rows, 1), ROWS_PER_BLOCK)
    return tuple(
        Unit(source_file, block, min(ROWS_PER_BLOCK, rows - start), start) for block, start in enumerate(starts)
    )
