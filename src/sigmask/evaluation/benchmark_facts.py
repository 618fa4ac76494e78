"""The registry as Markdown: the lower part of docs/benchmarks.md, which a test holds to benchmarks.yaml.

Regenerate with `python -m sigmask.evaluation.benchmark_facts docs/benchmarks.md`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sigmask.evaluation.benchmark_registry import KnownBenchmark, known_benchmarks
from sigmask.whole_file import whole_file

_HEADING = "## Every known benchmark\n"


def benchmark_facts() -> str:
    """A section for each known benchmark: a table of facts, its traps, what is unverified, and the sources."""
    return "\n".join([_HEADING, *(_section(known) for known in known_benchmarks())])


def write_benchmark_page(page: Path) -> None:
    """Replace the facts in the page, from their heading to its end, by those of the registry."""
    written = page.read_text(encoding="utf-8").partition(_HEADING)[0]
    with whole_file(page) as partial:
        partial.write_text(written + benchmark_facts(), encoding="utf-8")


def _section(known: KnownBenchmark) -> str:
    rows = [
        ("what", known.what),
        ("images", _images(known)),
        ("originals", known.originals.value),
        ("masks", f"{known.masks.made}: {known.masks.note}" if known.masks.note else known.masks.made),
        ("licence", known.licence),
        ("citation", known.citation.text + (f", arXiv:{known.citation.arxiv}" if known.citation.arxiv else "")),
        ("get it", _get(known)),
        ("looked for in", _place(known)),
    ]
    lines = [
        f"### `{known.name}`",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {_cell(text)} |" for name, text in rows),
        "",
    ]
    if known.traps:
        lines += [*(f"- {trap}" for trap in known.traps), ""]
    if known.unverified:
        lines += [f"Unverified: {'; '.join(known.unverified)}.", ""]
    if known.sources:
        lines += [f"Sources: {'; '.join(known.sources)}.", ""]
    return "\n".join(lines)


def _images(known: KnownBenchmark) -> str:
    counts = ((known.images.edited, "edited"), (known.images.authentic, "authentic"))
    return ", ".join(f"{count:,} {kind}" for count, kind in counts if count is not None) or "not stated"


def _get(known: KnownBenchmark) -> str:
    return "; ".join(part for part in (known.get.kind, known.get.url, known.get.note) if part)


def _place(known: KnownBenchmark) -> str:
    if known.shared is not None:
        return f"`$SIGMASK_SHARED/data/bench/{known.shared}`: {known.layout.expected}"
    return f"`$SIGMASK_BENCHMARKS/{known.folder or known.name}`: {known.layout.expected}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write_benchmark_page(Path(sys.argv[1]))
