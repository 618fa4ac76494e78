"""Runs told in lines: what `run_suite` tells, in the words of a tool."""

from __future__ import annotations

from collections.abc import Callable

from sigmask.evaluation.suite import SuiteProgress


class ToldRuns(SuiteProgress):
    """Tells of each run that begins and counts them; what is taken from the store begins none.

    Args:
        line: benchmark, method → what to tell.
        tell: takes a line.
    """

    def __init__(self, line: Callable[[str, str], str], tell: Callable[[str], None]) -> None:
        self.begun = 0
        self._line, self._tell = line, tell

    def start(self, benchmark: str, method: str, pairs: int | None) -> None:
        self.begun += 1
        self._tell(self._line(benchmark, method))
