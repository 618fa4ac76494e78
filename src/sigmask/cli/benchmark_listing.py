"""How `sigmask evaluate --list` shows the known benchmarks and rivals; made to be read at 100 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from sigmask.evaluation.benchmark_registry import (
    KnownBenchmark,
    known_benchmarks,
    published_benchmarks_folder,
    shared_benchmarks_folder,
)

_LICENCE_WIDTH = 14  # columns: the longest word of one, "non-commercial"

_WORDS = (
    ("pairs", "which edited images come with their original; without one, only detectors can be judged"),
    ("exact", "the mask is what was replaced"),
    ("loose", "the mask is a region given to the editor beforehand; more or less than it may have changed"),
    ("drawn", "the mask was drawn by hand afterwards"),
    ("automatic", "the mask was made by a program"),
    ("not stated", "no word on it was found"),
)


def benchmark_listing(rivals: Iterable[str]) -> Group:
    """Our own benches, the published ones, what the words mean, what is unverified, and the rivals."""
    own = [known for known in known_benchmarks() if known.shared is not None]
    published = [known for known in known_benchmarks() if known.shared is None]
    folder = published_benchmarks_folder()
    return Group(
        f"[bold]Development benches[/], looked for in {escape(str(shared_benchmarks_folder()))} (SIGMASK_SHARED); "
        "third-party images, not published",
        _table(own, with_licence=False),
        "",
        f"[bold]Published benchmarks[/], looked for in {escape(str(folder))}/NAME (SIGMASK_BENCHMARKS)"
        if folder is not None
        else "[bold]Published benchmarks[/], looked for in $SIGMASK_BENCHMARKS/NAME (SIGMASK_BENCHMARKS is not set)",
        _table(published, with_licence=True),
        "",
        "[bold]What the words say[/]",
        _terms(_WORDS),
        "",
        "[bold]Unverified[/] (the rest, with sources, traps and citations, is in docs/benchmarks.md)",
        _terms(_unverified(published)),
        "",
        "[bold]Also[/]: any JSONL table or folder of triplets.",
        f"[bold]Rivals[/]: {', '.join(rivals)}",
    )


def _table(benchmarks: Iterable[KnownBenchmark], with_licence: bool) -> Table:
    table = _borderless(header=True)
    for header in ("benchmark", "at hand"):
        table.add_column(header, no_wrap=True)
    table.add_column("images", no_wrap=True, justify="right")
    for header in ("pairs", "masks"):
        table.add_column(header, no_wrap=True)
    if with_licence:
        table.add_column("licence", max_width=_LICENCE_WIDTH)
    table.add_column("what")
    for known in benchmarks:
        table.add_row(
            known.name,
            "yes" if known.base() is not None else "no",
            "?" if known.images.edited is None else f"{known.images.edited:,}",
            known.originals.value,
            known.masks.made,
            *([escape(known.licence)] if with_licence else []),
            escape(known.what),
        )
    return table


def _terms(terms: Iterable[tuple[str, str]]) -> Table:
    """Words and what is said of each, side by side."""
    table = _borderless(header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for word, text in terms:
        table.add_row(word, escape(text))
    return table


def _unverified(benchmarks: Sequence[KnownBenchmark]) -> list[tuple[str, str]]:
    """What is unverified, once for benchmarks of one download."""
    said: dict[str, str] = {}
    for known in benchmarks:
        if known.unverified:
            said.setdefault("; ".join(known.unverified), known.folder or known.name)
    return [(name, text) for text, name in said.items()]


def _borderless(header: bool) -> Table:
    return Table(box=None, show_header=header, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
