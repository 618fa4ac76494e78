"""Parquet files with images in their cells, as the Hugging Face Hub keeps data sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from sigmask.config import StrictConfig
from sigmask.data.columns import ColumnNames
from sigmask.data.parquet import ParquetReader
from sigmask.evaluation.benchmark_layouts.pattern import regular_expression
from sigmask.evaluation.benchmark_sample import BenchmarkRow
from sigmask.types import BadSample


class ParquetLayout(StrictConfig):
    """Which files belong to the benchmark and which column holds what.

    Attributes:
        files: pattern of a file's name, e.g. of one split's shards.
    """

    kind: Literal["parquet"]
    files: Annotated[str, AfterValidator(regular_expression)]
    original: str
    edited: str
    mask: str
    instruction: str | None = None
    edit_type: str | None = None
    sample_id: str | None = None

    @property
    def expected(self) -> str:
        return f"parquet files named like '{self.files}'"

    def find(self, folder: Path) -> Path | None:
        return folder if self._paths(folder) else None

    def rows(self, base: Path) -> Iterator[BenchmarkRow | BadSample]:
        """The rows of the files in the order of their names."""
        names = ColumnNames(self.original, self.edited, self.instruction, self.edit_type, self.mask, self.sample_id)
        reader = ParquetReader(base, self._paths(base), names, base)
        for unit in reader.units():
            for raw in reader.read(unit):
                if isinstance(raw, BadSample):
                    yield raw
                    continue
                yield BenchmarkRow(
                    sample_id=raw.sample_id,
                    edited=raw.edited,
                    original=raw.original,
                    mask=raw.mask,
                    instruction=raw.instruction,
                    edit_type=raw.edit_type,
                    source_file=raw.source_file,
                    row_index=raw.row_index,
                    root=base,
                )

    def count(self, base: Path) -> int:
        """How many rows there are, by the files' footers."""
        names = ColumnNames(self.original, self.edited)
        return sum(unit.rows or 0 for unit in ParquetReader(base, self._paths(base), names, base).units())

    def _paths(self, folder: Path) -> tuple[Path, ...]:
        matches = re.compile(self.files, re.IGNORECASE).fullmatch
        return tuple(sorted(path for path in folder.rglob("*.parquet") if path.is_file() and matches(path.name)))
