"""How a run's summary looks on the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sigmask.annotation.doubtful import EVERY_MASK
from sigmask.annotation.quarantine import QUARANTINE_NAME
from sigmask.annotation.summary import Summary
from sigmask.types import UNREADABLE_INSTRUCTION


def print_summary(console: Console, summary: Summary, output: Path, *, done_before: int = 0) -> None:
    """Print counts, speed and the bad rows by reason, with the first few named.

    Args:
        done_before: rows that earlier calls had done; the speed is then that of all calls together.
    """
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("rows", str(summary.rows))
    if done_before:
        table.add_row("of them done before", str(done_before))
    table.add_row("masks written", str(summary.written))
    table.add_row("masks doubtful", str(summary.doubtful))
    if summary.unreadable_instructions:
        table.add_row("instruction unreadable", str(summary.unreadable_instructions))
    for reason, count in summary.bad.items():
        table.add_row(f"bad: {reason}", str(count))
    table.add_row("pairs/s, all calls" if done_before else "pairs/s", f"{summary.pairs_per_second:.1f}")
    table.add_row("mean area", f"{100 * summary.mean_area:.2f} %")
    table.add_row("mean quality", f"{summary.mean_quality:.2f}")
    table.add_row("scope", ", ".join(f"{scope} {count}" for scope, count in summary.scope_counts.items()) or "–")
    table.add_row("weights", escape(summary.model))
    table.add_row("output", escape(str(output)))
    console.print(table)
    if summary.doubtful:
        console.print(f"  doubtful masks were given up and are empty: {EVERY_MASK}", highlight=False, soft_wrap=True)
    if summary.unreadable_instructions:
        console.print(
            f"  pairs with an unreadable instruction are annotated as if nothing were said, and flagged "
            f"{UNREADABLE_INSTRUCTION}",
            highlight=False,
            soft_wrap=True,
        )
    for line in summary.first_bad:
        console.print(f"  bad: {line}", markup=False, highlight=False, soft_wrap=True)
    unnamed = sum(summary.bad.values()) - len(summary.first_bad)
    if unnamed > 0:
        there = (output / QUARANTINE_NAME).exists()
        when = "" if there else ", which is written when all shards are done"
        console.print(f"  and {unnamed} more in {QUARANTINE_NAME}{when}", highlight=False)
    if summary.written:
        console.print("  to look at them: sigmask gallery", str(output), "-o gallery", highlight=False, soft_wrap=True)
