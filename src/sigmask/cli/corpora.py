"""`sigmask corpora`: the corpora whose columns are known."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def corpora() -> None:
    """List the edit corpora that need no column options, with their columns and what to know of them."""
    from sigmask.data.columns import ADAPTERS

    table = Table("corpus", "container", "original → edited", "instruction", "mask", "note", box=None, pad_edge=False)
    for adapter in ADAPTERS:
        columns = adapter.columns
        table.add_row(
            adapter.name,
            adapter.container,
            f"{columns.original} → {columns.edited}",
            columns.instruction or "–",
            columns.mask or "–",
            adapter.note,
        )
    Console().print(table)
