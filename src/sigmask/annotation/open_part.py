"""A part under way: its rows, bad rows and figures until they are committed together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from sigmask.annotation.ledger import PartRecord
from sigmask.annotation.mask_table import Row
from sigmask.annotation.part_plan import Part
from sigmask.annotation.summary import Tally
from sigmask.annotation.utf8_text import utf8_text
from sigmask.annotation.writer import PartWriter, WrittenFile
from sigmask.types import Annotation, BadSample


class OpenPart:
    """Collects one part and writes its file.

    Args:
        part: what is being made.
        output: the folder of its file.
        earlier: its record where only its bad rows are read again; rows that succeed now are put in their places
            between the finished ones.

    Attributes:
        bad: bad rows so far, in order.
    """

    def __init__(self, part: Part, output: Path, earlier: PartRecord | None = None) -> None:
        self.part = part
        self.bad: list[BadSample] = []
        self._path = output / part.file_name
        self._earlier = earlier
        self._tally = Tally()
        self._recovered: list[Row] = []
        self._writer = PartWriter(self._path) if earlier is None else None

    def count(self, annotation: Annotation) -> None:
        """Take the annotation's figures; its row comes by `write` once it is encoded."""
        self._tally.add(annotation)

    def add_bad(self, bad: BadSample) -> None:
        """Note a row that cannot be used."""
        self.bad.append(
            replace(
                bad,
                sample_id=utf8_text(bad.sample_id),
                message=utf8_text(bad.message),
                source_file=utf8_text(bad.source_file),
            )
        )

    def write(self, row: Row) -> None:
        """Add one row, in order.

        Raises:
            OutputWriteError: it cannot be written.
        """
        if self._writer is None:
            self._recovered.append(row)
        else:
            self._writer.write(row)

    def finish(self, seconds: float) -> PartRecord:
        """Give the file its name and say what is in it; nothing is committed yet.

        Raises:
            OutputWriteError: the file cannot be written.
        """
        if self._earlier is None:
            assert self._writer is not None
            return PartRecord(tuple(self.part.identity), self._writer.finish(), seconds, self._tally, tuple(self.bad))
        tally = replace(self._earlier.tally)
        tally.merge(self._tally)
        file = self._merge() if self._recovered else self._earlier.file
        return PartRecord(
            self._earlier.identity, file, self._earlier.seconds + seconds, tally, tuple(self._remaining_bad())
        )

    def discard(self) -> None:
        """Drop what was written."""
        if self._writer is not None:
            self._writer.discard()

    def _merge(self) -> WrittenFile:
        """Write the file anew with the recovered rows; `row_index` grows within a part, which is of one source file."""
        rows: list[Row] = pq.read_table(self._path, memory_map=False).to_pylist() + self._recovered
        self._writer = PartWriter(self._path)
        for row in sorted(rows, key=lambda row: int(row["row_index"])):
            self._writer.write(row)
        return self._writer.finish()

    def _remaining_bad(self) -> list[BadSample]:
        """The bad rows less those recovered; a row that did not come up this time stays as it was."""
        assert self._earlier is not None
        recovered = {row["row_index"] for row in self._recovered}
        bad = {sample.row_index: sample for sample in (*self._earlier.bad, *self.bad)}
        return [sample for index, sample in sorted(bad.items()) if index not in recovered]
