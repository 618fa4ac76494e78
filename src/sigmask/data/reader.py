"""What a corpus needs of a layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from sigmask.data.columns import ColumnNames
from sigmask.data.raw_pair import RawPair
from sigmask.data.unit import Unit
from sigmask.types import BadSample


class Reader(Protocol):
    """Its parts, and the rows of a part."""

    @property
    def kind(self) -> str: ...

    @property
    def columns(self) -> ColumnNames | None: ...

    def units(self) -> tuple[Unit, ...]: ...

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]: ...
