"""Results as tables: for the terminal, Markdown, CSV and JSON, all from one list of columns."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.markup import escape
from rich.table import Table

from sigmask.evaluation.scores import BenchmarkResult, EditedScores, UneditedScores
from sigmask.evaluation.significance import Interval


def results_table(results: Sequence[BenchmarkResult], width: int = 200) -> Table:
    """One line per benchmark and method, for a terminal of `width` columns. In %, unless the header says otherwise.

    A narrow terminal (under 120 columns) gets the main columns only, and none gets those that only the files hold.
    """
    table = Table(title="Mean per image, in %; best: at the threshold chosen on the very set")
    shown = [column for column in _COLUMNS if column.wide and (width >= 120 or column.main)]
    for column in shown:
        justify: Literal["left", "right"] = "left" if column.text else "right"
        table.add_column(column.header, justify=justify, overflow="fold", no_wrap=not column.text)
    for result in results:
        table.add_row(*(escape(column.show(result)) for column in shown))
    return table


def table_cells(results: Sequence[BenchmarkResult]) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of the whole table, as text."""
    return [column.header for column in _COLUMNS], [[column.show(each) for column in _COLUMNS] for each in results]


def to_markdown(results: Sequence[BenchmarkResult]) -> str:
    """The table as a wide terminal shows it, and one of F1 and IoU per edit type where a benchmark has several."""
    shown = [column for column in _COLUMNS if column.wide]
    rows = [[column.show(each) for column in shown] for each in results]
    lines = markdown_table([column.header for column in shown], rows, sum(column.text for column in shown))
    typed = [result for result in results if len(result.by_edit_type) > 1]
    if typed:
        rows = [
            [result.benchmark, result.method, kind, str(scores.pairs), percent(scores.f1), percent(scores.iou)]
            for result in typed
            for kind, scores in result.by_edit_type.items()
        ]
        lines += ["", *markdown_table(["benchmark", "method", "edit type", "pairs", "F1", "IoU"], rows, 3)]
    return "\n".join(lines) + "\n"


def to_csv(results: Sequence[BenchmarkResult]) -> str:
    """Every scalar of each result, unrounded and in [0, 1], by the names of `BenchmarkResult`'s fields; empty where
    undefined."""
    rows = [flat_result(result) for result in results]
    headers = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, headers, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def flat_result(result: BenchmarkResult) -> dict[str, Any]:
    """The scalars of a result: `benchmark`, `method`, `pairs`, …, `edited.f1`, `edited.f1_interval.low`, …"""
    flat: dict[str, Any] = {
        "benchmark": result.benchmark,
        "method": result.method,
        "threshold": result.threshold,
        "pairs": len(result.pairs),
        "bad": len(result.bad),
        "seconds_per_pair": result.seconds_per_pair,
    }
    plain = result.to_dict()
    for part in ("edited", "unedited", "image_level"):
        flat |= _scalars(plain[part] or {}, f"{part}.")
    return flat


def _scalars(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _scalars(value, f"{prefix}{name}.")
        elif value is not None:
            flat[f"{prefix}{name}"] = value
    return flat


def to_latex(results: Sequence[BenchmarkResult]) -> str:
    r"""A `tabular` for `\usepackage{booktabs}`: methods × benchmarks, each cell "F1 / IoU", the best F1 bold."""
    benchmarks = list(dict.fromkeys(result.benchmark for result in results if result.edited))
    methods = list(dict.fromkeys(result.method for result in results))
    scores = {(each.method, each.benchmark): each.edited for each in results if each.edited}
    best = {name: max(scores[key].f1 for key in scores if key[1] == name) for name in benchmarks}

    def cell(method: str, benchmark: str) -> str:
        found = scores.get((method, benchmark))
        if found is None:
            return "--"
        f1 = f"\\textbf{{{percent(found.f1)}}}" if found.f1 == best[benchmark] else percent(found.f1)
        return f"{f1} / {percent(found.iou)}"

    rows = [[_latex(method), *(cell(method, benchmark) for benchmark in benchmarks)] for method in methods]
    header = ["F1 / IoU", *(_latex(benchmark) for benchmark in benchmarks)]
    lines = [f"\\begin{{tabular}}{{l{'r' * len(benchmarks)}}}", "\\toprule", f"{' & '.join(header)} \\\\", "\\midrule"]
    lines += [f"{' & '.join(row)} \\\\" for row in rows]
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}"]) + "\n"


def to_json(results: Sequence[BenchmarkResult]) -> str:
    """Everything, every pair's scores included: a list of objects with the fields of `BenchmarkResult`."""
    return json.dumps([dataclasses.asdict(result) for result in results], indent=2, allow_nan=False) + "\n"


def markdown_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], text_columns: int = 1) -> list[str]:
    """Lines of a Markdown table; all columns but the first `text_columns` are aligned to the right."""
    rule = ["---" if index < text_columns else "---:" for index in range(len(headers))]
    escaped = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return ["| " + " | ".join(cells) + " |" for cells in (headers, rule, *escaped)]


def _latex(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text)


def percent(value: float | None, digits: int = 1) -> str:
    """A share in percent, a dash for None."""
    return "–" if value is None else f"{100 * value:.{digits}f}"


def _interval(interval: Interval | None) -> str:
    return "–" if interval is None else f"{100 * interval.low:.1f}–{100 * interval.high:.1f}"


def _edited(show: Callable[[EditedScores], str]) -> Callable[[BenchmarkResult], str]:
    return lambda result: show(result.edited) if result.edited else "–"


def _unedited(show: Callable[[UneditedScores], str]) -> Callable[[BenchmarkResult], str]:
    return lambda result: show(result.unedited) if result.unedited else "–"


def _scored(result: BenchmarkResult) -> str:
    return str(len(result.pairs))


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: `main` ones are shown on any terminal, `wide` ones on a wide one and in Markdown, others in files."""

    header: str
    show: Callable[[BenchmarkResult], str]
    wide: bool = True
    main: bool = False
    text: bool = False


_COLUMNS: tuple[_Column, ...] = (
    _Column("benchmark", lambda result: result.benchmark, main=True, text=True),
    _Column("method", lambda result: result.method, main=True, text=True),
    _Column("pairs", _scored, main=True),
    _Column("bad", lambda result: str(len(result.bad))),
    _Column("F1", _edited(lambda scores: percent(scores.f1)), main=True),
    _Column("F1 95 %", _edited(lambda scores: _interval(scores.f1_interval)), wide=False),
    _Column("IoU", _edited(lambda scores: percent(scores.iou)), main=True),
    _Column("IoU 95 %", _edited(lambda scores: _interval(scores.iou_interval)), wide=False),
    _Column("precision", _edited(lambda scores: percent(scores.precision)), wide=False),
    _Column("recall", _edited(lambda scores: percent(scores.recall)), wide=False),
    _Column("MCC", _edited(lambda scores: percent(scores.mcc)), wide=False),
    _Column("AUC", _edited(lambda scores: percent(scores.auc)), wide=False),
    _Column("AP", _edited(lambda scores: percent(scores.average_precision)), wide=False),
    _Column("boundary F1", _edited(lambda scores: percent(scores.boundary_f1)), wide=False),
    _Column("side-effect recall", _edited(lambda scores: percent(scores.side_effect_recall)), wide=False),
    _Column("pooled F1", _edited(lambda scores: percent(scores.pooled_f1))),
    _Column("best F1", _edited(lambda scores: percent(scores.best_f1)), main=True),
    _Column("best IoU", _edited(lambda scores: percent(scores.best_iou))),
    _Column("best at", _edited(lambda scores: f"{scores.best_threshold:.3f}")),
    _Column("null area", _unedited(lambda scores: f"{100 * scores.false_positive_share:.2f}"), main=True),
    _Column("null pairs marked", _unedited(lambda scores: percent(scores.marked_pairs))),
    _Column("ms/pair", lambda result: f"{1000 * result.seconds_per_pair:.0f}", main=True),
)
