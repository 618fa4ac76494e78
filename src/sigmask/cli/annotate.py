"""`sigmask annotate`: masks for a whole corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sigmask.cli.progress import progress_over
from sigmask.cli.summary_table import print_summary


def annotate(
    corpus: Annotated[Path, typer.Argument(help="A folder, a .jsonl/.csv table, or parquet file(s).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for masks, quarantine and summary.")],
    original: Annotated[str | None, typer.Option(help="Column of the original image.")] = None,
    edited: Annotated[str | None, typer.Option(help="Column of the edited image.")] = None,
    instruction: Annotated[str | None, typer.Option(help="Column of the instruction.")] = None,
    mask: Annotated[str | None, typer.Option(help="Column of a mask the corpus has.")] = None,
    root: Annotated[Path | None, typer.Option(help="Folder that image paths are relative to.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Rows to read at most.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Pairs per call of the model.")] = 8,
    workers: Annotated[int | None, typer.Option(min=1, help="Decoding threads; default one per core.")] = None,
    model: Annotated[str, typer.Option(help="Weights: a name, a folder, or a Hub id.")] = "tiny",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    threshold: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Mask threshold.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in the output.")] = False,
) -> None:
    """Write a mask for every pair of CORPUS. Bad rows are counted and listed; exit code 1 only if no row was usable."""
    from sigmask.annotation.pipeline import AnnotateOptions
    from sigmask.annotation.pipeline import annotate as annotate_corpus
    from sigmask.data.corpus import load_corpus

    options = AnnotateOptions(batch_size, workers, limit, overwrite)
    rows = load_corpus(corpus, original=original, edited=edited, instruction=instruction, mask=mask, root=root)
    from sigmask.annotation.annotator import Annotator

    annotator = Annotator.from_pretrained(model, device=device, threshold=threshold)
    with progress_over(len(rows), limit) as on_rows:
        summary = annotate_corpus(rows, annotator, output, options, on_rows=on_rows)
    print_summary(Console(), summary, output)
    if summary.rows and not summary.written:
        raise typer.Exit(1)
