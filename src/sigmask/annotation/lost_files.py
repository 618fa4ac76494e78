"""Source files that cannot be read at all: each is one bad row, and nobody knows how many rows it held."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from sigmask.annotation.bad_row_limit import BadRowLimit, TooManyBadRowsError
from sigmask.annotation.part_plan import Part
from sigmask.data.unit import UNREADABLE
from sigmask.errors import SigmaskWarning

_MOST_NAMED = 3


def tell_of_lost_files(parts: Sequence[Part], limit: BadRowLimit | None) -> None:
    """Warn of source files that cannot be opened, and refuse a run in which they hold too many rows by estimate.

    A lost file is reckoned to hold as many rows as the others hold on average (our choice), at least one.

    Args:
        parts: of the whole run.
        limit: `--max-bad`; None to warn only.

    Raises:
        TooManyBadRowsError: more rows are lost than `limit` allows.
    """
    lost = [part.source_file for part in parts if any(piece.unit.row_group == UNREADABLE for piece in part.pieces)]
    if not lost:
        return
    named = ", ".join(lost[:_MOST_NAMED]) + (", …" if len(lost) > _MOST_NAMED else "")
    gone = set(lost)
    whole = {part.source_file for part in parts} - gone
    rows = sum(part.rows for part in parts if part.source_file in whole)
    reckoned = round(len(lost) * max(rows / max(len(whole), 1), 1))
    said = f"{len(lost)} of {len(lost) + len(whole)} source files cannot be read at all ({named})"
    if limit is not None and reckoned > (limit.most * (rows + reckoned) if limit.is_share else limit.most):
        raise TooManyBadRowsError(
            f"{said}, by the size of the others about {reckoned:,} of {rows + reckoned:,} rows, more than --max-bad "
            f"{limit} allows: mend the files, move them away, or give a higher --max-bad"
        )
    warnings.warn(
        f"{said}: each counts as one bad row, however many it held; once it is whole, --retry-quarantine reads it",
        SigmaskWarning,
        stacklevel=3,
    )
