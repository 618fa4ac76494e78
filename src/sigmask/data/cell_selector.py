"""Names a part of a column's cell: an element of a list, a key of an object, or half of a composite picture.

    image[0]                 the first element of a list
    image[0/2]               the first element of a list that must have two; a longer list is a bad row
    conversations[0].value   a key of an object within a list
    picture[left]            the left half of a picture that shows two side by side (also right, top, bottom)

A column that is really called so wins over the reading as a selector.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.errors import BadReason, SampleError

SIDES = ("left", "right", "top", "bottom")

_STEP = re.compile(
    r"\.(?P<key>[^.\[\]]+)|\[(?P<index>\d+)(?:/(?P<count>\d+))?\]|\[(?P<side>" + "|".join(SIDES) + r")\]"
)


@dataclass(frozen=True, slots=True)
class ImageHalf:
    """A cell of which only one half is meant, cut once it is decoded."""

    cell: Any
    side: str

    def cut(self, pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The half of (H, W, ...) pixels; of an odd number the middle line belongs to neither half."""
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        halves = {
            "left": pixels[:, :width],
            "right": pixels[:, pixels.shape[1] - width :],
            "top": pixels[:height],
            "bottom": pixels[pixels.shape[0] - height :],
        }
        return np.ascontiguousarray(halves[self.side])


def base_column(name: str, available: Container[str]) -> str | None:
    """The column that `name` takes a cell from: itself, or the part before its steps; None if there is no such."""
    if name in available:
        return name
    base, steps = _parsed(name)
    return base if steps and base in available else None


def bare_column(name: str) -> str:
    """The column before any steps, for a corpus whose columns are not at hand."""
    base, steps = _parsed(name)
    return base if steps else name


def select(row: Mapping[str, Any], name: str) -> Any:
    """The cell, or the part of it, that `name` stands for; None where the column or the part is absent or null.

    Raises:
        SampleError: BAD_ROW if the cell has not the form that the name expects.
    """
    if name in row:
        return row[name]
    base, steps = _parsed(name)
    cell = row.get(base)
    for step in steps:
        if cell is None:
            return None
        cell = _step(cell, step, name)
    return cell


@dataclass(frozen=True, slots=True)
class _Step:
    key: str | None = None
    index: int = 0
    count: int | None = None
    side: str | None = None


@cache
def _parsed(name: str) -> tuple[str, tuple[_Step, ...]]:
    """(column, steps); no steps if the name is not a selector."""
    first = re.search(r"[.\[]", name)
    if first is None:
        return name, ()
    base, position = name[: first.start()], first.start()
    steps: list[_Step] = []
    while position < len(name):
        match = _STEP.match(name, position)
        if match is None or (steps and steps[-1].side):  # nothing comes after a half
            return name, ()
        count = match["count"]
        steps.append(_Step(match["key"], int(match["index"] or 0), int(count) if count else None, match["side"]))
        position = match.end()
    return base, tuple(steps)


def _step(cell: Any, step: _Step, name: str) -> Any:
    if step.side is not None:
        return ImageHalf(cell, step.side)
    if step.key is not None:
        if not isinstance(cell, Mapping):
            raise SampleError(
                BadReason.BAD_ROW, f"'{name}': expected an object with '{step.key}', got {type(cell).__name__}"
            )
        return cell.get(step.key)
    if not isinstance(cell, list | tuple | np.ndarray):
        raise SampleError(BadReason.BAD_ROW, f"'{name}': expected a list, got {type(cell).__name__}")
    if step.count is not None and len(cell) != step.count:
        raise SampleError(BadReason.BAD_ROW, f"'{name}': expected a list of {step.count}, got {len(cell)}")
    return cell[step.index] if step.index < len(cell) else None
