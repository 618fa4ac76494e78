"""What the instruction buys: one model told the right words, none, another pair's, or with its prior used otherwise.

`python -m sigmask.evaluation.instruction_ablation cocoglide_vae true_edits --model tiny -o ablation.md`
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sigmask.command_errors import run_tool
from sigmask.errors import ConfigError, SigmaskWarning
from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.benchmark_result import BenchmarkResult
from sigmask.evaluation.comparison import compare_results
from sigmask.evaluation.instruction_condition import has_no_instruction, require_instructions
from sigmask.evaluation.methods import VARIANT_SIGN
from sigmask.evaluation.stored_run import RunStore, default_store
from sigmask.evaluation.suite import Condition, SuiteProgress, benchmarks_at_hand, run_suite
from sigmask.evaluation.tables import markdown_table, percent
from sigmask.evaluation.told_runs import ToldRuns
from sigmask.output_path import require_parent
from sigmask.whole_file import whole_file

CONDITIONS: dict[str, tuple[str, Condition]] = {
    "right instruction": ("", Condition.OWN),
    "no instruction": ("", Condition.NONE),
    "wrong instruction": ("", Condition.WRONG),
    "uniform prior": ("uniform-prior", Condition.OWN),
    "prior multiplied in": ("naive-prior", Condition.OWN),
}
"""Columns of the table: how the prior is used (see `prior_variants`), and what is told."""
_REFERENCE = "no instruction"

Results = dict[str, list[BenchmarkResult]]


def ablate_instruction(
    benchmarks: Sequence[str],
    model: str,
    store: RunStore,
    *,
    limit: int | None = None,
    progress: Callable[[str], SuiteProgress] | None = None,
) -> Results:
    """The results of each condition, benchmark by benchmark; `progress` makes what is told of it from its name.

    Raises:
        ConfigError, CorpusError: a benchmark has no instructions, or `run_suite` refuses it.
    """
    require_instructions({name: load_benchmark(name).read() for name in benchmarks})
    results: Results = {}
    for name, (variant, condition) in CONDITIONS.items():
        method = f"{model}{VARIANT_SIGN}{variant}" if variant else model
        told = None if progress is None else progress(name)
        suite = run_suite(benchmarks, [method], store, model=model, condition=condition, limit=limit, progress=told)
        results[name] = suite.all_results()
    return results


def ablation_page(results: Results, model: str) -> str:
    """As Markdown: F1 of each condition and its difference to no instruction, then the same per edit type.

    Of benchmarks that mark what the instruction does not name, the recall of that part too: words must not hide it.
    """
    lines = [f"# What the instruction buys: `{model}`", ""]
    lines += [
        "F1 in %, mean per image at 0.5; in brackets the difference to no instruction with its 95 % interval.",
        "",
    ]
    rows = []
    for place, reference in enumerate(results[_REFERENCE]):
        row = [reference.benchmark]
        for name, condition in results.items():
            row.append(_cell(condition[place], reference, show_difference=name != _REFERENCE))
        rows.append(row)
    lines += markdown_table(["benchmark", *results], rows)
    unasked = []
    for place, reference in enumerate(results[_REFERENCE]):
        found = [condition[place].edited for condition in results.values()]
        if reference.edited is not None and reference.edited.side_effect_pairs:
            recalls = [percent(None if each is None else each.side_effect_recall) for each in found]
            unasked.append([reference.benchmark, str(reference.edited.side_effect_pairs), *recalls])
    if unasked:
        lines += ["", "## Recall in % of changes that the instruction does not name", ""]
        lines += markdown_table(["benchmark", "pairs", *results], unasked)
    typed = []
    for place, reference in enumerate(results[_REFERENCE]):
        for kind in reference.by_edit_type:
            scores = [condition[place].by_edit_type[kind] for condition in results.values()]
            typed.append(
                [reference.benchmark, kind, str(scores[0].pairs), *(f"{100 * each.f1:.1f}" for each in scores)]
            )
    if typed:
        lines += ["", "## Per edit type", "", *markdown_table(["benchmark", "edit type", "pairs", *results], typed, 2)]
    return "\n".join(lines) + "\n"


def _cell(result: BenchmarkResult, reference: BenchmarkResult, *, show_difference: bool) -> str:
    if result.edited is None:
        return f"{100 * result.unedited.false_positive_share:.2f} % marked" if result.unedited else "–"
    text = f"{100 * result.edited.f1:.1f}"
    if not show_difference or result.edited.pairs < 2:
        return text
    compared = compare_results(result, reference, np.random.default_rng(0))
    low, high = 100 * compared.interval.low, 100 * compared.interval.high
    return f"{text} ({100 * compared.difference:+.1f}: {low:+.1f} to {high:+.1f})"


def _told_on_stderr(condition: str) -> SuiteProgress:
    def line(benchmark: str, method: str) -> str:
        return f"running {benchmark} · {method}, {condition}"

    return ToldRuns(line, lambda text: typer.echo(text, err=True))


def _instructed_at_hand() -> list[str]:
    """The benchmarks at hand that have instructions; a warning names the others."""
    at_hand = benchmarks_at_hand()
    mute = [name for name in at_hand if has_no_instruction(load_benchmark(name).read())]
    if len(mute) == len(at_hand):
        raise ConfigError("expected a benchmark with instructions, found none at hand. Name one, or its table.")
    if mute:
        warnings.warn(f"left out, having no instructions: {', '.join(mute)}", SigmaskWarning, stacklevel=2)
    return [name for name in at_hand if name not in mute]


def main(
    benchmarks: Annotated[
        list[str] | None, typer.Argument(help="names or paths; by default all at hand that have instructions")
    ] = None,
    model: str = "tiny",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Markdown file to write")] = None,
    limit: Annotated[int | None, typer.Option(min=1)] = None,
) -> None:
    """Print the table."""
    if output is not None:
        require_parent(output)
    names = benchmarks or _instructed_at_hand()
    results = ablate_instruction(names, model, RunStore(default_store()), limit=limit, progress=_told_on_stderr)
    page = ablation_page(results, model)
    print(page)
    if output is not None:
        with whole_file(output) as partial:
            partial.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run_tool(main)
