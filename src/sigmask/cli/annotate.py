"""`sigmask annotate`: masks for a whole corpus. docs/annotate.md describes it, exit codes included."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from sigmask.annotation.doubtful import LEAST_QUALITY
from sigmask.annotation.part_plan import ROWS_PER_PART
from sigmask.cli.progress import progress_over
from sigmask.cli.summary_table import print_summary
from sigmask.command_errors import say_error
from sigmask.errors import EXIT_CANNOT_WRITE, SigmaskError

EXIT_NO_ROW_USABLE = 1
EXIT_TOO_MANY_BAD = 3
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def annotate(
    corpus: Annotated[
        str, typer.Argument(help="A folder, a .jsonl/.json/.csv table, parquet, tars, or hf:OWNER/NAME.")
    ],
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
    backend: Annotated[str, typer.Option(help="What runs the model: auto, torch, openvino, onnx.")] = "auto",
    precision: Annotated[str, typer.Option(help="Of OpenVINO: auto, float32, bfloat16, int8.")] = "auto",
    threshold: Annotated[float | None, typer.Option(help="Mask threshold, between 0 and 1; by default 0.5.")] = None,
    least_quality: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Give up masks of a lower expected IoU; 0 keeps every mask.")
    ] = LEAST_QUALITY,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start anew instead of going on.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an earlier run. This is the default.")] = False,
    shard: Annotated[str, typer.Option(help="Do share i of n, counted from 0: 0/3, 1/3, 2/3.")] = "0/1",
    max_bad: Annotated[str | None, typer.Option(help="Stop at more bad rows than this: 5% or 200.")] = None,
    retry_quarantine: Annotated[
        bool, typer.Option("--retry-quarantine", help="Read the rows in quarantine again.")
    ] = False,
    rows_per_part: Annotated[
        int, typer.Option(min=1, help="Rows of a part at most: what an interruption costs, and the size of a file.")
    ] = ROWS_PER_PART,
    moved: Annotated[bool, typer.Option("--moved", help="Go on although CORPUS lies elsewhere now.")] = False,
    ray: Annotated[
        int | None, typer.Option(min=1, help="So many Ray workers do it (extra 'ray'), each with --workers cores.")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option(help="A running Ray cluster, or 'auto'; by default one on this machine.")
    ] = None,
) -> None:
    """Write a mask for every pair of CORPUS. The same command again goes on where a run was cut off.

    Exit codes: 0 done, 1 no row was usable, 2 refused, 3 more bad rows than --max-bad, 4 the output cannot be written.
    """
    from sigmask.annotation.bad_row_limit import BadRowLimit
    from sigmask.annotation.pipeline import AnnotateOptions, rows_to_read
    from sigmask.annotation.pipeline import annotate as annotate_corpus
    from sigmask.annotation.sharding import Shard
    from sigmask.annotation.summary import SUMMARY_NAME
    from sigmask.data.corpus import load_corpus

    if overwrite and resume:
        raise typer.BadParameter("--overwrite and --resume exclude each other")
    if Path(corpus).resolve() == output.resolve():
        raise SigmaskError(f"{output} is the corpus itself: name another folder for the masks")
    options = AnnotateOptions(
        batch_size=batch_size,
        workers=workers,
        limit=limit,
        overwrite=overwrite,
        shard=Shard.parse(shard),
        max_bad=None if max_bad is None else BadRowLimit.parse(max_bad),
        retry_quarantine=retry_quarantine,
        moved=moved,
        rows_per_part=rows_per_part,
    )
    if ray is None and ray_address is not None:
        raise typer.BadParameter("--ray-address needs --ray N, the number of workers")
    from sigmask.annotation.annotator import Annotator

    rows = load_corpus(corpus, original=original, edited=edited, instruction=instruction, mask=mask, root=root)
    open_annotator = partial(
        Annotator.from_pretrained,
        str(Path(model).resolve()) if Path(model).is_dir() else model,
        device=device, threshold=threshold, backend=backend, precision=precision, least_quality=least_quality,
    )  # fmt: skip
    done_at_start: list[int] = []
    with _exit_codes(), progress_over(rows_to_read(rows, options)) as show:

        def on_rows(done: int, bad: int) -> None:
            if not done_at_start:
                done_at_start.append(done)
            show(done, bad)

        if ray is None:
            summary = annotate_corpus(rows, open_annotator(), output, options, on_rows=on_rows)
        else:
            from sigmask.annotation.ray_cluster import Workers, annotate_on_ray

            crew = Workers(ray, ray_address, workers, gpus=1.0 if device.startswith("cuda") else 0.0)
            summary = annotate_on_ray(rows, open_annotator, output, options, crew, on_rows=on_rows)
    print_summary(Console(), summary, output, done_before=done_at_start[0] if done_at_start else 0)
    if not (output / SUMMARY_NAME).exists():
        Console().print(
            f"shard {options.shard} is done, others are not: these figures are its own, and whichever shard ends last "
            f"writes {SUMMARY_NAME}",
            soft_wrap=True,
            highlight=False,
        )
    if summary.rows and not summary.written:
        raise typer.Exit(EXIT_NO_ROW_USABLE)


@contextlib.contextmanager
def _exit_codes() -> Iterator[None]:
    """Give the ways in which a run stops early a line and an exit code each. SIGTERM stops it as Ctrl-C does."""
    from sigmask.annotation.bad_row_limit import TooManyBadRowsError
    from sigmask.annotation.write_errors import OutputWriteError

    terminated = False  # noted here, since Ray makes a plain KeyboardInterrupt of whatever a signal raises

    def terminate(number: int, frame: FrameType | None) -> None:
        """As Ctrl-C; a batch system sends SIGTERM before it kills."""
        nonlocal terminated
        terminated = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except TooManyBadRowsError as error:
        say_error(str(error))
        raise typer.Exit(EXIT_TOO_MANY_BAD) from error
    except OutputWriteError as error:
        say_error(str(error))
        raise typer.Exit(EXIT_CANNOT_WRITE) from error
    except KeyboardInterrupt as error:
        say_error("interrupted: finished parts are kept (see --rows-per-part), and the same command goes on")
        raise typer.Exit(EXIT_TERMINATED if terminated else EXIT_INTERRUPTED) from error
    finally:
        signal.signal(signal.SIGTERM, before)
