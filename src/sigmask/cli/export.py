"""`sigmask export`: a run's masks and the corpus's pictures as a data set in a format that others open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sigmask.cli.progress import counting_bar


def export(
    run_folder: Annotated[Path, typer.Argument(help="What 'sigmask annotate' wrote.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the data set.")],
    to: Annotated[str, typer.Option(help="imdl-benco, coco, webdataset, hf or folders.")],
    corpus: Annotated[Path | None, typer.Option(help="The corpus, where it is no longer as annotated.")] = None,
    where: Annotated[str | None, typer.Option(help='A filter such as "quality >= .8 and 0.002 < area < .6".')] = None,
    action: Annotated[str | None, typer.Option(help="Only these actions, separated by commas.")] = None,
    scope: Annotated[str | None, typer.Option(help="Only these scopes: local, global, none.")] = None,
    val_share: Annotated[float, typer.Option(help="Share of the pairs for validation.")] = 0.05,
    drop_near_duplicates: Annotated[
        bool, typer.Option("--drop-near-duplicates", help="Leave out pairs that repeat a better one.")
    ] = False,
    keep_empty: Annotated[
        bool, typer.Option("--keep-empty", help="Keep rows that mark nothing: given up, or nothing changed.")
    ] = False,
    keep_unaligned: Annotated[
        bool, typer.Option("--keep-unaligned", help="Keep rows whose two pictures agree almost nowhere.")
    ] = False,
    authentic: Annotated[
        bool, typer.Option("--authentic", help="Also write each original once, as a picture without edits.")
    ] = False,
    with_originals: Annotated[
        bool,
        typer.Option("--with-originals", help="hf, webdataset: also each pair's original; folders has it always."),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Decides which originals are for validation.")] = 0,
    licence: Annotated[str, typer.Option(help="The corpus's licence, where sigmask does not know it.")] = "",
    original: Annotated[str | None, typer.Option(help="Column of the original image, as for annotate.")] = None,
    edited: Annotated[str | None, typer.Option(help="Column of the edited image.")] = None,
    instruction: Annotated[str | None, typer.Option(help="Column of the instruction.")] = None,
    root: Annotated[Path | None, typer.Option(help="Folder that image paths are relative to.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Decoding threads; default one per core.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier export.")] = False,
) -> None:
    """Write the masks in RUN_FOLDER and the pictures of its corpus as a data set; exit code 1 if nothing is left.

    Filters compare quality, area, action, scope and flags: "action != 'style' and 'cropped' not in flags".
    """
    import numpy as np

    from sigmask.cli.annotated_corpus import corpus_of
    from sigmask.export.export import ExportOptions
    from sigmask.export.export import export as export_run
    from sigmask.export.expression import parse_filter, selection_rule
    from sigmask.export.mask_run import MaskRun
    from sigmask.export.output_folder import require_free
    from sigmask.export.sample import VALIDATION
    from sigmask.export.selection import Wishes
    from sigmask.export.targets import find_target

    find_target(to, with_originals=with_originals)
    rules = parse_filter(where) if where is not None else ()
    for column, wanted in (("action", action), ("scope", scope)):
        if wanted is not None:
            rules = (*rules, selection_rule(column, [word.strip() for word in wanted.split(",")]))
    wishes = Wishes(rules, val_share, drop_near_duplicates, authentic, keep_empty, keep_unaligned)
    options = ExportOptions(seed, licence, workers, overwrite, with_originals)
    require_free(output, overwrite=overwrite)
    run = MaskRun(run_folder)
    pairs = corpus_of(run, corpus, {"original": original, "edited": edited, "instruction": instruction}, root)
    console = Console()
    with counting_bar(console) as bar:
        total = len(pairs)
        tasks = {step: bar.add_task(step, total=total) for step in ("examining", "writing")}
        accounting = export_run(
            run,
            pairs,
            output,
            to,
            wishes,
            options,
            np.random.default_rng(seed),
            on_row=lambda step: bar.advance(tasks[step]),
        )
    written = accounting.exported.total() > 0
    table = Table(show_header=False, box=None, pad_edge=False)
    for words, count in accounting.lines():
        table.add_row(escape(words), f"{count:,}")
    for split, count in accounting.authentic.items():
        table.add_row(f"authentic originals in {split}", f"{count:,}")
    if accounting.not_authentic:
        table.add_row("originals left out, being edits", f"{accounting.not_authentic:,}")
    if accounting.without_mask:
        table.add_row("rows of the corpus without a mask", f"{accounting.without_mask:,}")
    console.print(table)
    console.print(
        f"output: {output}" if written else "nothing is left, so nothing was written",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if written and val_share and not accounting.exported[VALIDATION]:
        console.print(
            f"no pair is for validation: {100 * val_share:g} % of them is less than the pairs of any one original, "
            "which are never separated; --val-share takes more",
            highlight=False,
            soft_wrap=True,
        )
    for line in accounting.first_bad:
        console.print(f"  bad: {line}", markup=False, highlight=False, soft_wrap=True)
    if not written:
        raise typer.Exit(1)
