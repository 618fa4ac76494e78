"""A progress line with pairs a second and time left: a live bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 10.0
"""How often a log file gets a line. Our choice."""


@contextlib.contextmanager
def progress_over(rows: int | None, limit: int | None = None) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that takes (rows done, bad rows among them). Rows of its first call do not count for the speed.

    Args:
        rows: rows in the corpus, None when unknown.
        limit: rows that will be read at most.
    """
    total = rows if limit is None else limit if rows is None else min(rows, limit)
    if sys.stderr.isatty():
        with _live(total) as update:
            yield update
    else:
        yield _plain(total)


@contextlib.contextmanager
def _live(total: int | None) -> Iterator[Callable[[int, int], None]]:
    columns = (
        TextColumn("annotating"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f} pairs/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[bad]}"),
    )
    speed = _Speed()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("annotating", total=total, rate=0.0, bad="")

        def update(done: int, bad: int) -> None:
            if speed.is_first():
                progress.reset(task, completed=done)  # else the time left is reckoned as if they were done just now
            progress.update(task, completed=done, rate=speed(done), bad=f"{bad} bad" if bad else "")

        yield update


def _plain(total: int | None) -> Callable[[int, int], None]:
    speed = _Speed()
    last = time.monotonic()

    def update(done: int, bad: int) -> None:
        nonlocal last
        rate = speed(done)
        now = time.monotonic()
        if now - last < SECONDS_BETWEEN_LINES:
            return
        last = now
        left = f", {(total - done) / rate:.0f} s left" if total and rate > 0 else ""
        print(f"{done}/{total or '?'} pairs, {bad} bad, {rate:.1f} pairs/s{left}", file=sys.stderr, flush=True)

    return update


class _Speed:
    """Rows a second since the first call, whose rows an earlier run had done."""

    def __init__(self) -> None:
        self._started: float | None = None
        self._before = 0

    def is_first(self) -> bool:
        return self._started is None

    def __call__(self, done: int) -> float:
        if self._started is None:
            self._started, self._before = time.monotonic(), done
        return (done - self._before) / max(time.monotonic() - self._started, 1e-6)


def counting_bar(console: Console) -> Progress:
    """A bar for each task that counts its rows and goes away at the end; nothing where there is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
