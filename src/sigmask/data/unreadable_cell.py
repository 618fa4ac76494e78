"""A cell that cannot be read as what it should be. It costs what it holds, not its row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnreadableCell:
    """Stands for the cell's value; `problem` says what is wrong with it."""

    problem: str
