"""How published benchmarks lie on disk, as data: each kind of layout is a strict configuration that can read itself.

A layout answers two questions: where below a folder the benchmark begins (`find`, None if it is not there), and which
rows it has (`rows`, undecoded, in a fixed order).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from sigmask.evaluation.benchmark_layouts.files import FilesLayout
from sigmask.evaluation.benchmark_layouts.parquet import ParquetLayout
from sigmask.evaluation.benchmark_layouts.sessions import SessionsLayout
from sigmask.evaluation.benchmark_layouts.table import TableLayout
from sigmask.evaluation.benchmark_sample import BenchmarkRow
from sigmask.types import BadSample

AnyLayout = TableLayout | FilesLayout | ParquetLayout | SessionsLayout
"""Told apart by `kind`."""


class Layout(Protocol):
    """What a benchmark needs of its layout."""

    def find(self, folder: Path) -> Path | None:
        """The folder in which the benchmark lies: `folder`, one within it, or None."""

    def rows(self, base: Path) -> Iterator[BenchmarkRow | BadSample]:
        """Every row, undecoded, in an order that does not change; `base` is what `find` gave."""

    @property
    def expected(self) -> str:
        """What `find` looks for, in words, for error messages."""


__all__ = ["AnyLayout", "FilesLayout", "Layout", "ParquetLayout", "SessionsLayout", "TableLayout"]
