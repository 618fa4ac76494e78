"""`sigmask evaluate`: the model and its rivals on benchmarks, as one table."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sigmask.annotation.doubtful import LEAST_QUALITY
from sigmask.annotation.summary import NAMED_ROWS
from sigmask.cli.benchmark_listing import benchmark_listing
from sigmask.evaluation.baselines import BASELINES
from sigmask.evaluation.gain import gains, means_over_benchmarks
from sigmask.evaluation.methods import method_names
from sigmask.evaluation.results_page import results_page
from sigmask.evaluation.scores import BenchmarkResult
from sigmask.evaluation.selective_scores import selective_scores, selective_table
from sigmask.evaluation.stored_run import RunStore, StoredRun, default_store
from sigmask.evaluation.suite import (
    WORST_CASES,
    Condition,
    SuiteProgress,
    benchmarks_at_hand,
    run_suite,
    safe_name,
)
from sigmask.evaluation.tables import results_table, to_csv, to_json, to_latex, to_markdown
from sigmask.report.evaluation_page import write_evaluation_page
from sigmask.whole_file import whole_file

_EXIT_INTERRUPTED = 130


def evaluate(
    benchmarks: Annotated[
        list[str] | None,
        typer.Argument(help="Names (see --list), JSONL tables, or folders of triplets; 'all': those at hand."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="The model under test: a name, folder or Hub id. By default the first in --methods, or tiny."
        ),
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(help="What to score, separated by commas; 'all': the model and every rival. Default: the model."),
    ] = None,
    more_benchmarks: Annotated[
        str | None, typer.Option("--benchmarks", help="The same as the arguments, separated by commas.")
    ] = None,
    no_instruction: Annotated[bool, typer.Option("--no-instruction", help="Tell the model nothing.")] = False,
    wrong_instruction: Annotated[
        bool, typer.Option("--wrong-instruction", help="Give each pair another pair's instruction.")
    ] = False,
    least_quality: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Score once more without the pairs of a lower expected IoU, and say how many stay."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many pairs of each benchmark.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            file_okay=False,
            help="Folder for everything: index.html, results.md, .csv, .tex and .json, worst cases.",
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write everything, every pair's scores included.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the table as Markdown.")] = None,
    csv: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the table as CSV.")] = None,
    latex: Annotated[Path | None, typer.Option(dir_okay=False, help="Write F1 and IoU as a LaTeX table.")] = None,
    worst: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write the worst cases as pictures into this folder.")
    ] = None,
    worst_count: Annotated[
        int, typer.Option(min=1, max=WORST_CASES, help="How many of them, per benchmark and method.")
    ] = 12,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes at the same time, of one thread each; by default one for each core."),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Folder of the results that are kept, by default $SIGMASK_CACHE or the user's cache."
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Take no kept result, and keep none.")] = False,
    list_known: Annotated[bool, typer.Option("--list", help="List the known benchmarks and rivals.")] = False,
) -> None:
    """Score masks against true ones: F1 and IoU, mean per image at 0.5 and at the best threshold of the set.

    Pairs in which nothing was edited are judged by the area marked, never as an F1 of zero. A method's result on a
    benchmark is kept and taken again until its weights, its code or the benchmark's files change, so a run that was
    cut off goes on.
    """
    console = Console()
    if list_known:
        console.print(benchmark_listing(BASELINES), highlight=False)
        return
    wanted = _benchmark_names([*(benchmarks or []), *_split(more_benchmarks, "--benchmarks")])
    if no_instruction and wrong_instruction:
        raise typer.BadParameter("choose one of --no-instruction and --wrong-instruction")
    condition = Condition.NONE if no_instruction else Condition.WRONG if wrong_instruction else Condition.OWN
    named = _split(methods, "--methods")
    tested = model or next((name for name in named if name != "all" and name not in BASELINES), "tiny")
    names, not_run = method_names(named or [tested], tested)
    for name, reason in not_run.items():
        console.print(f"not run here: {name}: {reason}", markup=False)
    for path in (output, worst, cache, *(file.parent for file in (json, markdown, csv, latex) if file is not None)):
        if path is not None:
            _make_folder(path)  # now, and not after half an hour
    with _told_when_interrupted(), ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) if fresh else cache or default_store()
        with _Bars(console) as bars:
            suite = run_suite(
                wanted,
                names,
                RunStore(folder),
                model=tested,
                condition=condition,
                limit=limit,
                # so that every mask that counts is there; above the usual bound the usual results will do
                least_quality=LEAST_QUALITY if least_quality is None else min(least_quality, LEAST_QUALITY),
                jobs=jobs or os.cpu_count() or 1,
                progress=bars,
            )
        runs, results = suite.runs, [run.result for run in suite.runs]
        console.print(results_table(results, console.width))
        if least_quality is not None:
            _print_selective(console, results, least_quality)
        _print_gains(console, runs, tested)
        _report_bad(console, results)
        for path, text in ((json, to_json), (markdown, to_markdown), (csv, to_csv), (latex, to_latex)):
            if path is not None:
                _write(path, text(results))
        if worst is not None:
            _copy_worst(runs, worst, worst_count)
        if output is not None:
            command, unfinished = shlex.join(["sigmask", *sys.argv[1:]]), not_run | suite.failed
            _write(output / "results.md", results_page(runs, tested, command, unfinished))
            for name, text in (("results.json", to_json), ("results.csv", to_csv), ("results.tex", to_latex)):
                _write(output / name, text(results))
            page = write_evaluation_page(output, runs, tested, command=command, not_run=unfinished)
            console.print(f"page: {page}", markup=False, highlight=False, soft_wrap=True)
    for method, reason in suite.failed.items():
        console.print(f"failed: {method}: {reason}", markup=False, highlight=False, soft_wrap=True)
    if suite.failed or not any(result.pairs for result in results):
        raise typer.Exit(1)


class _Bars(SuiteProgress):
    """A progress bar for each method on each benchmark that is being run; one that is done goes away."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._console = console
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def __enter__(self) -> _Bars:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def start(self, benchmark: str, method: str, pairs: int | None) -> None:
        for (_, other), task in self._tasks.items():
            if other == method:
                self._bar.update(task, visible=False)
        self._tasks[benchmark, method] = self._bar.add_task(escape(f"{benchmark} · {method}"), total=pairs)
        if not self._console.is_terminal:
            self._console.print(f"running {benchmark} · {method}", markup=False, highlight=False)

    def advance(self, benchmark: str, method: str) -> None:
        if (task := self._tasks.get((benchmark, method))) is not None:
            self._bar.advance(task)


@contextlib.contextmanager
def _told_when_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        Console(stderr=True).print("interrupted: finished results are kept, and the same command goes on", markup=False)
        raise typer.Exit(_EXIT_INTERRUPTED) from error


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"'{path}' cannot be written to: {error.strerror}") from error


def _split(text: str | None, option: str) -> list[str]:
    if text is None:
        return []
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter(f"{option}: expected names separated by commas, got '{text}'")
    return names


def _benchmark_names(named: Sequence[str]) -> list[str]:
    if not named:
        raise typer.BadParameter("name at least one benchmark; --list shows those that are known")
    at_hand = benchmarks_at_hand() if "all" in named else []
    if "all" in named and not at_hand:
        raise typer.BadParameter("no known benchmark is at hand; --list says where each is looked for")
    return list(dict.fromkeys(each for name in named for each in (at_hand if name == "all" else [name])))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _copy_worst(runs: Sequence[StoredRun], folder: Path, count: int) -> None:
    for run in runs:
        place = folder / safe_name(run.result.benchmark) / safe_name(run.result.method)
        place.mkdir(parents=True, exist_ok=True)
        for case in run.cases[:count]:
            shutil.copyfile(run.folder / case.file, place / case.file)


def _print_gains(console: Console, runs: Sequence[StoredRun], model: str) -> None:
    for gain in gains(runs, model):
        interval = gain.comparison.interval
        console.print(
            f"{gain.model.benchmark}: {model} {100 * gain.comparison.difference:+.1f} F1 over {gain.rival.method} "
            f"(95 %: {100 * interval.low:+.1f} to {100 * interval.high:+.1f})",
            markup=False,
            highlight=False,
        )
    benchmarks, means = means_over_benchmarks(runs)
    ours = next((each for each in means if each.method == model), None)
    best = next((each for each in means if each.rival), None)
    if ours is not None and best is not None:
        console.print(
            f"mean of {len(benchmarks)} benchmarks: {model} {100 * ours.f1:.1f} F1 and {100 * ours.iou:.1f} IoU, "
            f"{100 * (ours.f1 - best.f1):+.1f} and {100 * (ours.iou - best.iou):+.1f} over {best.method}",
            markup=False,
            highlight=False,
        )


def _print_selective(console: Console, results: Sequence[BenchmarkResult], least_quality: float) -> None:
    scores = [each for result in results if (each := selective_scores(result, least_quality)) is not None]
    if scores:
        console.print(selective_table(scores))
    else:
        console.print("--least-quality: none of these methods says what quality it expects of a mask", markup=False)


def _report_bad(console: Console, results: list[BenchmarkResult]) -> None:
    """The first few samples that were not scored, of each benchmark and reason, and how many more there are."""
    bad: dict[tuple[str, str], dict[str, str]] = {}
    for result in results:
        for sample in result.bad:
            bad.setdefault((result.benchmark, sample.reason), {})[sample.sample_id] = sample.message
    for (benchmark, reason), samples in bad.items():
        for sample_id, message in list(samples.items())[:NAMED_ROWS]:
            console.print(f"not scored: {benchmark} {sample_id}: {reason}: {message}", markup=False)
        if len(samples) > NAMED_ROWS:
            console.print(f"not scored: {benchmark}: {len(samples) - NAMED_ROWS:,} more of {reason}", markup=False)
