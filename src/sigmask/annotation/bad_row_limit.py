"""`--max-bad`: how many unusable rows a run puts up with before it stops."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sigmask.errors import SigmaskError

ROWS_BEFORE_A_SHARE_COUNTS = 100
"""A share of fewer rows says little: while a run goes on, a percentage is not looked at before. Our choice."""


class TooManyBadRowsError(SigmaskError):
    """More rows are bad than `--max-bad` allows."""


@dataclass(frozen=True, slots=True)
class BadRowLimit:
    """At most `most` bad rows, or, where `is_share`, at most that share of the rows, in [0, 1]."""

    most: float
    is_share: bool

    @classmethod
    def parse(cls, text: str) -> BadRowLimit:
        """Read "5%" or "200".

        Raises:
            SigmaskError: it is neither a percentage of at most 100 nor a whole number.
        """
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text.strip())
        if match is not None and float(match[1]) <= 100:
            return cls(float(match[1]) / 100, True)
        if re.fullmatch(r"\d+", text.strip()):
            return cls(int(text), False)
        raise SigmaskError(f"--max-bad is a percentage of the rows such as 5%, or a number of rows, got '{text}'")

    def __str__(self) -> str:
        return f"{100 * self.most:g}%" if self.is_share else f"{self.most:g}"

    def is_passed(self, rows: int, bad: int) -> bool:
        """Whether `bad` of `rows` are too many."""
        return bad > (self.most * rows if self.is_share else self.most)

    def check(self, rows: int, bad: int, *, finished: bool = False) -> None:
        """Raise if too many of the rows so far are bad.

        Raises:
            TooManyBadRowsError: a count is passed; or a share is, of at least `ROWS_BEFORE_A_SHARE_COUNTS` rows or of
                all rows of a finished run.
        """
        if self.is_share and not finished and rows < ROWS_BEFORE_A_SHARE_COUNTS:
            return
        if self.is_passed(rows, bad):
            done = "The run is finished" if finished else "Stopped; finished parts are kept"
            raise TooManyBadRowsError(
                f"{bad} of {rows} rows are bad ({100 * bad / max(rows, 1):.1f} %), more than --max-bad {self} allows. "
                f"{done}: quarantine.parquet names the bad rows and their reasons"
                + ("" if finished else "; with a higher --max-bad the same command goes on")
            )
