"""The columns that a corpus turned out to have, and what can be named within their cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sigmask.data.cell_selector import SIDES
from sigmask.data.image_cell import is_image_struct

_MAX_DEPTH = 6
"""Levels of structs and lists within a cell that are looked into (our choice)."""
_SIDE = re.compile(r"\[(?:" + "|".join(SIDES) + r")\]$")
_INDEX = re.compile(r"\[\d+(?:/\d+)?\]")


@dataclass(frozen=True, slots=True)
class FoundColumns:
    """Column names, and the parts of those that hold structs or lists, as `cell_selector` names them.

    Attributes:
        names: the columns, in the corpus's order.
        parts: "pair.before", "images[0]" and the like; a struct that is an image has no parts.
        plain: the columns whose cells are no structs and no lists.
    """

    names: tuple[str, ...]
    parts: tuple[str, ...] = ()
    plain: frozenset[str] = frozenset()

    @classmethod
    def of_schema(cls, schema: pa.Schema) -> FoundColumns:
        """Those of a parquet file."""
        plain = {field.name for field in schema if not pa.types.is_nested(field.type)}
        return cls._of(
            tuple(schema.names), (part for field in schema for part in _of_type(field.name, field.type, 0)), plain
        )

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]]) -> FoundColumns:
        """Those that these rows have, in the order of first sight."""
        names: dict[str, None] = {}
        parts: dict[str, None] = {}
        filled: set[str] = set()
        nested: set[str] = set()
        for row in rows:
            names.update(dict.fromkeys(row))
            filled.update(name for name, cell in row.items() if cell is not None)
            nested.update(name for name, cell in row.items() if isinstance(cell, Mapping | list | tuple))
            parts.update((part, None) for name, cell in row.items() for part in _of_cell(name, cell, 0))
        return cls._of(tuple(names), parts, filled - nested)

    @classmethod
    def _of(cls, names: tuple[str, ...], parts: Iterable[str], plain: Iterable[str]) -> FoundColumns:
        return cls(names, tuple(part for part in parts if part not in names), frozenset(plain))

    def may_hold(self, name: str) -> bool:
        """Whether a cell that was seen has the part that `name` selects, or is empty where it would be."""
        wanted = _anywhere(name)
        column = re.split(r"[.\[]", wanted, maxsplit=1)[0]
        if column in self.plain:
            return wanted == column
        within = [part for part in map(_anywhere, self.parts) if re.split(r"[.\[]", part, maxsplit=1)[0] == column]
        return not within or any(_is_within(wanted, part) or _is_within(part, wanted) for part in within)


def _anywhere(name: str) -> str:
    """The selector without half and with every place in a list as the first."""
    return _INDEX.sub("[0]", _SIDE.sub("", name))


def _is_within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _of_type(name: str, kind: pa.DataType, depth: int) -> Iterator[str]:
    """The parts of a column of that type; the name itself where it has none."""
    if depth < _MAX_DEPTH and pa.types.is_struct(kind) and not is_image_struct([field.name for field in kind]):
        for field in kind:
            yield from _of_type(f"{name}.{field.name}", field.type, depth + 1)
    elif depth < _MAX_DEPTH and (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        for place in range(2):
            yield from _of_type(f"{name}[{place}]", kind.value_type, depth + 1)
    else:
        yield name


def _of_cell(name: str, cell: Any, depth: int) -> Iterator[str]:
    if depth < _MAX_DEPTH and isinstance(cell, Mapping) and cell and not is_image_struct(cell):
        for key, value in cell.items():
            yield from _of_cell(f"{name}.{key}", value, depth + 1)
    elif depth < _MAX_DEPTH and isinstance(cell, list) and cell:
        for place, value in enumerate(cell[:2]):
            yield from _of_cell(f"{name}[{place}]", value, depth + 1)
    else:
        yield name
