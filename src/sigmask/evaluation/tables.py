"""Results as tables: for the terminal, Markdown, CSV and JSON, all from one list of columns."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table

from sigmask.evaluation.scores import BenchmarkResult, EditedScores, UneditedScores
from sigmask.evaluation.significance import Interval


def results_table(results: Sequence[BenchmarkResult], width: int = 200) -> Table:
    """One line per benchmark and method, for a terminal of `width` columns. In %, unless the header says otherwise.

    A narrow terminal (under 120 columns) gets the main columns only, and none gets those that only the files hold.
    """
    shown = [index for index, header in enumerate(_HEADERS) if header in (_WIDE if width >= 120 else _MAIN)]
    table = Table(title="Mean per image, in %; best: at the threshold chosen on the very set")
    for index in shown:
        is_text = index < _TEXT_COLUMNS
        table.add_column(_HEADERS[index], justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text)
    for cells in _cells(results):
        table.add_row(*(cells[index] for index in shown))
    return table


def table_cells(results: Sequence[BenchmarkResult]) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of the whole table, as text."""
    return list(_HEADERS), _cells(results)


def to_markdown(results: Sequence[BenchmarkResult]) -> str:
    """The table as a wide terminal shows it, and one of F1 and IoU per edit type where a benchmark has several."""
    shown = [_HEADERS.index(header) for header in _WIDE]
    rows = [[cells[index] for index in shown] for cells in _cells(results)]
    lines = markdown_table(_WIDE, rows, _TEXT_COLUMNS)
    typed = [result for result in results if len(result.by_edit_type) > 1]
    if typed:
        rows = [
            [result.benchmark, result.method, kind, str(scores.pairs), _percent(scores.f1), _percent(scores.iou)]
            for result in typed
            for kind, scores in result.by_edit_type.items()
        ]
        lines += ["", *markdown_table(["benchmark", "method", "edit type", "pairs", "F1", "IoU"], rows, 3)]
    return "\n".join(lines) + "\n"


def to_csv(results: Sequence[BenchmarkResult]) -> str:
    """Every column, comma-separated, with a header line."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_HEADERS)
    writer.writerows(_cells(results))
    return buffer.getvalue()


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
        f1 = f"\\textbf{{{_percent(found.f1)}}}" if found.f1 == best[benchmark] else _percent(found.f1)
        return f"{f1} / {_percent(found.iou)}"

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


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _interval(interval: Interval | None) -> str:
    return "–" if interval is None else f"{100 * interval.low:.1f}–{100 * interval.high:.1f}"


def _edited(show: Callable[[EditedScores], str]) -> Callable[[BenchmarkResult], str]:
    return lambda result: show(result.edited) if result.edited else "–"


def _unedited(show: Callable[[UneditedScores], str]) -> Callable[[BenchmarkResult], str]:
    return lambda result: show(result.unedited) if result.unedited else "–"


def _scored(result: BenchmarkResult) -> str:
    return str(len(result.pairs))


_COLUMNS: tuple[tuple[str, Callable[[BenchmarkResult], str]], ...] = (
    ("benchmark", lambda result: result.benchmark),
    ("method", lambda result: result.method),
    ("pairs", _scored),
    ("bad", lambda result: str(len(result.bad))),
    ("F1", _edited(lambda scores: _percent(scores.f1))),
    ("F1 95 %", _edited(lambda scores: _interval(scores.f1_interval))),
    ("IoU", _edited(lambda scores: _percent(scores.iou))),
    ("IoU 95 %", _edited(lambda scores: _interval(scores.iou_interval))),
    ("precision", _edited(lambda scores: _percent(scores.precision))),
    ("recall", _edited(lambda scores: _percent(scores.recall))),
    ("MCC", _edited(lambda scores: _percent(scores.mcc))),
    ("AUC", _edited(lambda scores: _percent(scores.auc))),
    ("AP", _edited(lambda scores: _percent(scores.average_precision))),
    ("boundary F1", _edited(lambda scores: _percent(scores.boundary_f1))),
    ("side-effect recall", _edited(lambda scores: _percent(scores.side_effect_recall))),
    ("pooled F1", _edited(lambda scores: _percent(scores.pooled_f1))),
    ("best F1", _edited(lambda scores: _percent(scores.best_f1))),
    ("best IoU", _edited(lambda scores: _percent(scores.best_iou))),
    ("best at", _edited(lambda scores: f"{scores.best_threshold:.3f}")),
    ("null area", _unedited(lambda scores: f"{100 * scores.false_positive_share:.2f}")),
    ("null pairs marked", _unedited(lambda scores: _percent(scores.marked_pairs))),
    ("ms/pair", lambda result: f"{1000 * result.seconds_per_pair:.0f}"),
)
_HEADERS = [header for header, _ in _COLUMNS]
_WIDE = (
    *("benchmark", "method", "pairs", "bad", "F1", "IoU", "pooled F1", "best F1", "best IoU", "best at"),
    *("null area", "null pairs marked", "ms/pair"),
)
_MAIN = ("benchmark", "method", "pairs", "F1", "IoU", "best F1", "null area", "ms/pair")
_TEXT_COLUMNS = 2


def _cells(results: Sequence[BenchmarkResult]) -> list[list[str]]:
    return [[show(result) for _, show in _COLUMNS] for result in results]
