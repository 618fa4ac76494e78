"""`sigmask evaluate`: the model and its rivals on benchmarks, as one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sigmask.cli.benchmark_listing import benchmark_listing
from sigmask.errors import ConfigError, WeightsError, unknown_name
from sigmask.evaluation.baselines import BASELINES, create_baseline, split_by_availability
from sigmask.evaluation.benchmark import Benchmark, Sample, load_benchmark
from sigmask.evaluation.instruction_condition import with_wrong_instructions, without_instructions
from sigmask.evaluation.run import Method, Observer
from sigmask.evaluation.run import evaluate as run_evaluation
from sigmask.evaluation.scores import BenchmarkResult, PairScore
from sigmask.evaluation.tables import results_table, to_csv, to_json, to_markdown
from sigmask.evaluation.worst_cases import WorstCases
from sigmask.types import Annotation, EditPair, MapArray, MaskArray


def evaluate(
    benchmarks: Annotated[
        list[str] | None, typer.Argument(help="Names (see --list), JSONL tables, or folders of triplets.")
    ] = None,
    model: Annotated[str, typer.Option(help="A model's name, folder, or Hub id.")] = "tiny",
    methods: Annotated[
        str | None,
        typer.Option(help="Models and rivals, separated by commas, in place of --model; 'all': it and every rival."),
    ] = None,
    no_instruction: Annotated[bool, typer.Option("--no-instruction", help="Tell the model nothing.")] = False,
    wrong_instruction: Annotated[
        bool, typer.Option("--wrong-instruction", help="Give each pair another pair's instruction.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many pairs of each benchmark.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write everything, every pair's scores included.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the table as Markdown.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table as CSV.")] = None,
    worst: Annotated[Path | None, typer.Option(help="Write the worst cases as pictures into this folder.")] = None,
    worst_count: Annotated[int, typer.Option(min=1, help="How many of them, per benchmark and method.")] = 12,
    list_known: Annotated[bool, typer.Option("--list", help="List the known benchmarks and rivals.")] = False,
) -> None:
    """Score masks against true ones: F1 and IoU, mean per image at 0.5 and at the best threshold of the set.

    Pairs in which nothing was edited are judged by the area marked, never as an F1 of zero.
    """
    console = Console()
    if list_known:
        console.print(benchmark_listing(BASELINES), highlight=False)
        return
    if not benchmarks:
        raise typer.BadParameter("name at least one benchmark; --list shows those that are known")
    if no_instruction and wrong_instruction:
        raise typer.BadParameter("choose one of --no-instruction and --wrong-instruction")
    prepare = without_instructions if no_instruction else with_wrong_instructions if wrong_instruction else None
    loaded = [load_benchmark(each) for each in benchmarks]
    ready = [(name, _create_method(name, model)) for name in _method_names(console, methods, model)]
    results: list[BenchmarkResult] = []
    with _progress_bar(console) as bar:
        for benchmark in loaded:
            for name, method in ready:
                cases = WorstCases(worst_count) if worst is not None else None
                observer = _observer(bar, benchmark, name, limit, cases)
                results += run_evaluation(
                    method, [benchmark], name=name, limit=limit, prepare=prepare, progress=observer
                )
                if worst is not None and cases is not None:
                    cases.write(worst / benchmark.name / name.replace("/", "_"))
    console.print(results_table(results, console.width))
    _report_bad(console, results)
    for path, write in ((json, to_json), (markdown, to_markdown), (csv, to_csv)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(write(results), encoding="utf-8")


def _method_names(console: Console, methods: str | None, model: str) -> list[str]:
    """What to run: 'all' is the model and every rival that can be run here; why the others cannot is printed."""
    if methods is None:
        return [model]
    names = [name.strip() for name in methods.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter(f"--methods: expected names separated by commas, got '{methods}'")
    everything: list[str] = []
    if "all" in names:
        ready, reasons = split_by_availability(model=model)
        everything = [model, *(baseline.rival.name for baseline in ready)]
        for name, reason in reasons.items():
            console.print(f"not run here: {name}: {reason}", markup=False)
    expanded = [each for name in names for each in (everything if name == "all" else [name])]
    return list(dict.fromkeys(expanded))


def _create_method(name: str, model: str) -> Method:
    if name in BASELINES:
        baseline = create_baseline(name, model=model)
        reason = baseline.available()
        if reason is not None:
            raise ConfigError(f"rival '{name}' cannot be run here: {reason}")
        return baseline
    # Imported here, so that the rivals alone start without torch.
    from sigmask.annotation.annotator import Annotator

    try:
        annotator = Annotator.from_pretrained(name)
    except WeightsError as error:
        raise ConfigError(f"{unknown_name('method', name, ['tiny', *BASELINES])} As a model: {error}") from error

    def annotate(pair: EditPair) -> MapArray | Annotation:
        annotation: Annotation = annotator(pair.original, pair.edited, pair.instruction)
        return annotation

    return annotate


def _observer(bar: Progress, benchmark: Benchmark, name: str, limit: int | None, cases: WorstCases | None) -> Observer:
    total = benchmark.length
    if total is not None and limit is not None:
        total = min(total, limit)
    task = bar.add_task(f"{benchmark.name} · {name}", total=total)

    def observe(sample: Sample, predicted: MaskArray | None, score: PairScore | None) -> None:
        if cases is not None:
            cases(sample, predicted, score)
        bar.advance(task)

    return observe


def _progress_bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _report_bad(console: Console, results: list[BenchmarkResult]) -> None:
    shown: set[tuple[str, str]] = set()
    for result in results:
        for sample in result.bad:
            if (result.benchmark, sample.sample_id) not in shown:
                shown.add((result.benchmark, sample.sample_id))
                console.print(
                    f"not scored: {result.benchmark} {sample.sample_id}: {sample.reason}: {sample.message}",
                    markup=False,
                )
