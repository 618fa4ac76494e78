"""The unit in which a corpus is read and, later, shared out: one row group of one source file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """One independently readable part of a corpus. Sources without row groups are one unit each.

    `rows` is how many pairs and bad samples reading it yields; None where only reading it tells.
    """

    source_file: str
    row_group: int
    rows: int | None
