"""The comparison as one HTML page: gains, a sortable table, precision-recall curves, breakdowns, the worst cases."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from sigmask.evaluation.benchmark_result import BenchmarkResult
from sigmask.evaluation.gain import gains
from sigmask.evaluation.results_page import (
    COST_HEADERS,
    GAIN_HEADERS,
    IMAGE_LEVEL_HEADERS,
    cost_rows,
    gain_cells,
    group_rows,
    image_level_rows,
)
from sigmask.evaluation.scores import MASK_SIZES
from sigmask.evaluation.stored_run import StoredRun
from sigmask.evaluation.suite import WORST_CASES, safe_name
from sigmask.evaluation.tables import table_cells
from sigmask.version import __version__
from sigmask.whole_file import whole_file

_NAMED_CURVES = 4  # beside the model's: the others are drawn in grey, and named where the pointer rests
_PLOT = 300  # pixels


@dataclass(frozen=True, slots=True)
class Curve:
    """A precision-recall curve as an SVG polyline; `rank` 0 is the model, 1 … the best others, -1 the rest."""

    method: str
    points: str
    rank: int
    average_precision: float | None


@dataclass(frozen=True, slots=True)
class Plot:
    """The curves of one benchmark, those of low rank last, so that they lie on top."""

    benchmark: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class WorstCase:
    """A picture on the page: its path from there, and what it shows."""

    picture: str
    benchmark: str
    sample_id: str
    badness: float


def write_evaluation_page(
    folder: Path, runs: Sequence[StoredRun], model: str, *, command: str, not_run: Mapping[str, str]
) -> Path:
    """Write `index.html` and `worst/` into `folder`, and give the page's path.

    Args:
        runs: every method on every benchmark.
        model: the model under test.
        command, not_run: see `results_page`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "worst", ignore_errors=True)  # an earlier run's
    results = [run.result for run in runs]
    headers, rows = table_cells(results)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sigmask.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("evaluation.html.j2").render(
        model=model,
        command=command,
        machine=", ".join(dict.fromkeys(run.machine for run in runs)),
        version=__version__,
        gain_headers=GAIN_HEADERS,
        gains=[gain_cells(gain) for gain in gains(runs, model)],
        headers=headers,
        rows=rows,
        plots=[plot_of(results, benchmark, model) for benchmark in _with_curve(results)],
        size=_PLOT,
        types=group_rows(results, "by_edit_type"),
        sizes=group_rows(results, "by_mask_size"),
        size_order=list(MASK_SIZES),
        image_level_headers=IMAGE_LEVEL_HEADERS,
        image_level=image_level_rows(results),
        cost_headers=COST_HEADERS,
        costs=cost_rows(runs),
        worst={method: _worst_cases(folder, runs, method) for method in dict.fromkeys(r.method for r in results)},
        not_run=not_run,
    )
    path = folder / "index.html"
    with whole_file(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def plot_of(results: Sequence[BenchmarkResult], benchmark: str, model: str) -> Plot:
    """The curves of every method on a benchmark; those of the model and of the best others by average precision get a
    rank."""
    here = [each for each in results if each.benchmark == benchmark and each.curve is not None]
    others = sorted((each for each in here if each.method != model), key=_average_precision, reverse=True)
    ranks = {model: 0} | {each.method: rank for rank, each in enumerate(others[:_NAMED_CURVES], start=1)}
    curves = []
    for each in here:
        assert each.curve is not None
        points = " ".join(
            f"{_PLOT * recall:.1f},{_PLOT * (1 - precision):.1f}"
            for recall, precision in zip(each.curve.recall, each.curve.precision, strict=True)
        )
        average = each.edited.average_precision if each.edited else None
        curves.append(Curve(each.method, points, ranks.get(each.method, -1), average))
    return Plot(benchmark, tuple(sorted(curves, key=lambda curve: -curve.rank if curve.rank >= 0 else -99)))


def _with_curve(results: Sequence[BenchmarkResult]) -> list[str]:
    return list(dict.fromkeys(each.benchmark for each in results if each.curve is not None))


def _average_precision(result: BenchmarkResult) -> float:
    value = result.edited.average_precision if result.edited else None
    return -1.0 if value is None else value


def _worst_cases(folder: Path, runs: Sequence[StoredRun], method: str) -> list[WorstCase]:
    """The method's worst cases of all benchmarks together; their pictures are copied beside the page."""
    cases = [(case, run) for run in runs if run.result.method == method for case in run.cases]
    cases.sort(key=lambda entry: -entry[0].badness)
    shown = []
    for case, run in cases[:WORST_CASES]:
        place = Path("worst") / safe_name(run.result.benchmark) / safe_name(method)
        (folder / place).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run.folder / case.file, folder / place / case.file)
        shown.append(WorstCase(f"{place.as_posix()}/{case.file}", run.result.benchmark, case.sample_id, case.badness))
    return shown
