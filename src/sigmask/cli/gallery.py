"""`sigmask gallery`: a page that shows a run's masks on the corpus's pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sigmask.errors import SigmaskError

_FAILED_SHOWN = 5


def gallery(
    run_folder: Annotated[Path, typer.Argument(help="What 'sigmask annotate' wrote; it need not be finished.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page; an earlier page is replaced.")],
    most: Annotated[int, typer.Option(min=1, help="Pairs shown at most.")] = 100,
    order: Annotated[
        str, typer.Option(help="spread, worst, best (by quality), smallest, largest (by area).")
    ] = "spread",
    where: Annotated[str | None, typer.Option(help='A filter such as "quality < .6 and area > .1".')] = None,
    corpus: Annotated[Path | None, typer.Option(help="The corpus, where it is no longer as annotated.")] = None,
    original: Annotated[str | None, typer.Option(help="Column of the original image, as for annotate.")] = None,
    edited: Annotated[str | None, typer.Option(help="Column of the edited image.")] = None,
    instruction: Annotated[str | None, typer.Option(help="Column of the instruction.")] = None,
    root: Annotated[Path | None, typer.Option(help="Folder that image paths are relative to.")] = None,
) -> None:
    """Show masks of RUN_FOLDER on a page: original, edited, the mask's outline, and the truth where there is one."""
    from sigmask.cli.annotated_corpus import corpus_of
    from sigmask.cli.progress import counting_bar
    from sigmask.export.expression import parse_filter
    from sigmask.export.mask_run import MaskRun
    from sigmask.report.run_gallery import choose_rows, write_run_gallery

    rules = parse_filter(where) if where is not None else ()
    run = MaskRun(run_folder)
    chosen = choose_rows(run, most=most, order=order, rules=rules)
    if not chosen:
        raise SigmaskError(f"no row of '{run_folder}' is left to show" + (f" under --where '{where}'" if where else ""))
    pairs = corpus_of(run, corpus, {"original": original, "edited": edited, "instruction": instruction}, root)
    for folder, what in (
        (run_folder, "the run"),
        (Path(pairs.address.source) if pairs.address else None, "the corpus"),
    ):
        if folder is not None and output.resolve().is_relative_to(folder.resolve()):
            raise SigmaskError(f"{output} lies in {what}: name another folder for the page")
    console = Console()
    with counting_bar(console) as bar:
        task = bar.add_task("drawing", total=len(chosen))
        page, failed = write_run_gallery(run, pairs, output, chosen, on_row=lambda: bar.advance(task))
    for line in failed[:_FAILED_SHOWN]:
        console.print(f"  not shown: {line}", markup=False, highlight=False, soft_wrap=True)
    if len(failed) > _FAILED_SHOWN:
        console.print(f"  not shown: {len(failed) - _FAILED_SHOWN} more")
    console.print(f"gallery: {page}", markup=False, highlight=False, soft_wrap=True)
