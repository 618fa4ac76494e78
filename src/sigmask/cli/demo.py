"""`sigmask demo`: the main job on pictures that are already here, or on the user's own folder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sigmask.annotation.doubtful import LEAST_QUALITY
from sigmask.cli.progress import progress_over
from sigmask.cli.summary_table import print_summary

if TYPE_CHECKING:
    from sigmask.demo.demo_run import DemoResult, DemoScore

SHOWN_ROWS = 30


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for pairs, masks and gallery.")] = Path(
        "demo-output"
    ),
    corpus: Annotated[Path | None, typer.Option(help="Your own corpus instead of the demo's pairs.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Rows of your corpus to read at most.")] = 200,
    model: Annotated[str, typer.Option(help="Weights: a name, a folder, or a Hub id.")] = "tiny",
    least_quality: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Give up masks of a lower expected IoU; 0 keeps every mask.")
    ] = LEAST_QUALITY,
) -> None:
    """Edit photographs, perturb every pixel as an editor does, find the edits again, and show it all on a page."""
    from sigmask.annotation.annotator import Annotator
    from sigmask.annotation.pipeline import AnnotateOptions
    from sigmask.data.corpus import load_corpus
    from sigmask.demo.demo_run import run_demo, run_on_corpus

    annotator = Annotator.from_pretrained(model, least_quality=least_quality)
    if corpus is None:
        result = run_demo(output, annotator)
    else:
        rows = load_corpus(corpus)
        with progress_over(len(rows), limit) as on_rows:
            options = AnnotateOptions(limit=limit, overwrite=True)
            result = run_on_corpus(rows, annotator, output, options, on_rows=on_rows)
    console = Console()
    _print_scores(console, result)
    if corpus is not None or result.summary.bad:
        print_summary(console, result.summary, output / "masks")
    if corpus is not None and limit is not None and limit < len(rows):
        print(f"these are the first {limit} pairs of {len(rows)}: --limit reads more, sigmask annotate all")
    if result.overview is not None:
        print(f"overview: {result.overview.resolve()}")
    print(f"gallery: {result.page.resolve()}")


def _print_scores(console: Console, result: DemoResult) -> None:
    scores = result.scores[:SHOWN_ROWS]
    scored = any(not math.isnan(score.f1_ours) for score in scores)
    table = Table("pair", "action", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for heading in ("area %", "quality", *(("F1", "pixel F1") if scored else ()), "pixel area %"):
        table.add_column(heading, justify="right")
    for score in scores:
        figures = [f"{100 * score.area:.1f}", f"{score.quality:.2f}"]
        if scored:
            figures += [_percent(score.f1_ours), _percent(score.f1_difference)]
        table.add_row(escape(score.sample_id), score.action, *figures, f"{100 * score.marked_by_difference:.1f}")
    if scored:
        table.add_section()
        means = (_percent(_mean(result.scores, name)) for name in ("f1_ours", "f1_difference"))
        table.add_row("mean of all", "", "", "", *means, "")
    console.print(table)
    for score in scores:
        if score.note:
            print(f"  {score.sample_id}: {score.note}")
    if len(result.scores) > len(scores):
        print(f"  and {len(result.scores) - len(scores)} more pairs")
    print("pixel: absolute difference above Otsu's threshold for the pair; –: nothing really changed")


def _mean(scores: Sequence[DemoScore], name: str) -> float:
    values = [getattr(score, name) for score in scores if not math.isnan(getattr(score, name))]
    return sum(values) / len(values) if values else math.nan


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f}"
