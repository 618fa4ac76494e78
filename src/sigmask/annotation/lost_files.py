"""Source files that cannot be read at all: each is one bad row, and nobody knows how many rows it held."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from sigmask.annotation.bad_row_limit import BadRowLimit, TooManyBadRowsError
from sigmask.annotation.part_plan import Part
from sigmask.data.unit import UNREADABLE
from sigmask.errors import SigmaskWarning

_MOST_NAMED = 3


def require_few_lost(parts: Sequence[Part], limit: BadRowLimit) -> None:
    """Refuse a run in which the source files that cannot be opened hold too many rows by estimate.

    A lost file is reckoned to hold as many rows as the others hold on average (our choice), at least one.

    Args:
        parts: of the whole run.

    Raises:
        TooManyBadRowsError: more rows are lost than `limit` allows.
    """
    lost = _lost(parts)
    whole = {part.source_file for part in parts} - lost.keys()
    rows = sum(part.rows for part in parts if part.source_file in whole)
    reckoned = round(len(lost) * max(rows / max(len(whole), 1), 1))
    if lost and limit.is_passed(rows + reckoned, reckoned):
        raise TooManyBadRowsError(
            f"{_said(parts)}, by the size of the others about {reckoned:,} of {rows + reckoned:,} rows, more than "
            f"--max-bad {limit} allows: mend the files, move them away, or give a higher --max-bad"
        )


def warn_of_lost(parts: Sequence[Part]) -> None:
    """Warn of source files that cannot be opened."""
    if _lost(parts):
        warnings.warn(
            f"{_said(parts)}: each counts as one bad row, however many it held; once it is whole, --retry-quarantine "
            "reads it",
            SigmaskWarning,
            stacklevel=3,
        )


def _lost(parts: Sequence[Part]) -> dict[str, None]:
    """Their names, in order."""
    return {
        part.source_file: None for part in parts if any(piece.unit.row_group == UNREADABLE for piece in part.pieces)
    }


def _said(parts: Sequence[Part]) -> str:
    lost = list(_lost(parts))
    named = ", ".join(lost[:_MOST_NAMED]) + (", …" if len(lost) > _MOST_NAMED else "")
    return f"{len(lost)} of {len({part.source_file for part in parts})} source files cannot be read at all ({named})"
