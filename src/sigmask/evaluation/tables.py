"""Results as tables: for the terminal, Markdown, CSV and JSON, all from one list of columns."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table

from sigmask.evaluation.scores import BenchmarkResult, EditedScores, UneditedScores


def results_table(results: Sequence[BenchmarkResult], width: int = 200) -> Table:
    """One line per benchmark and method, for a terminal of `width` columns. In %, unless the header says otherwise.

    A narrow terminal (under 120 columns) gets the main columns only; nothing is cut short.
    """
    shown = [index for index, header in enumerate(_HEADERS) if width >= 120 or header in _MAIN]
    table = Table(title="Mean per image, in %; best: at the threshold chosen on the very set")
    for index in shown:
        is_text = index < _TEXT_COLUMNS
        table.add_column(_HEADERS[index], justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text)
    for cells in _cells(results):
        table.add_row(*(cells[index] for index in shown))
    return table


def to_markdown(results: Sequence[BenchmarkResult]) -> str:
    """The table, and one of F1 and IoU per edit type where a benchmark has several types."""
    lines = _markdown(_HEADERS, _cells(results), _TEXT_COLUMNS)
    typed = [result for result in results if len(result.by_edit_type) > 1]
    if typed:
        rows = [
            [result.benchmark, result.method, kind, str(scores.pairs), _percent(scores.f1), _percent(scores.iou)]
            for result in typed
            for kind, scores in result.by_edit_type.items()
        ]
        lines += ["", *_markdown(["benchmark", "method", "edit type", "pairs", "F1", "IoU"], rows, 3)]
    return "\n".join(lines) + "\n"


def to_csv(results: Sequence[BenchmarkResult]) -> str:
    """The same columns as the table, comma-separated, with a header line."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_HEADERS)
    writer.writerows(_cells(results))
    return buffer.getvalue()


def to_json(results: Sequence[BenchmarkResult]) -> str:
    """Everything, every pair's scores included: a list of objects with the fields of `BenchmarkResult`."""
    return json.dumps([dataclasses.asdict(result) for result in results], indent=2, allow_nan=False) + "\n"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


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
    ("IoU", _edited(lambda scores: _percent(scores.iou))),
    ("pooled F1", _edited(lambda scores: _percent(scores.pooled_f1))),
    ("best F1", _edited(lambda scores: _percent(scores.best_f1))),
    ("best IoU", _edited(lambda scores: _percent(scores.best_iou))),
    ("best at", _edited(lambda scores: f"{scores.best_threshold:.3f}")),
    ("null area", _unedited(lambda scores: f"{100 * scores.false_positive_share:.2f}")),
    ("null pairs marked", _unedited(lambda scores: _percent(scores.marked_pairs))),
    ("ms/pair", lambda result: f"{1000 * result.seconds_per_pair:.0f}"),
)
_HEADERS = [header for header, _ in _COLUMNS]
_MAIN = ("benchmark", "method", "pairs", "F1", "IoU", "best F1", "null area", "ms/pair")
_TEXT_COLUMNS = 2


def _cells(results: Sequence[BenchmarkResult]) -> list[list[str]]:
    return [[show(result) for _, show in _COLUMNS] for result in results]


def _markdown(headers: Sequence[str], rows: Sequence[Sequence[Any]], text_columns: int) -> list[str]:
    rule = ["---" if index < text_columns else "---:" for index in range(len(headers))]
    escaped = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return ["| " + " | ".join(cells) + " |" for cells in (headers, rule, *escaped)]
