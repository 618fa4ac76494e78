from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from sigmask.errors import BadReason
from sigmask.evaluation.counts import count_mask, count_thresholds
from sigmask.evaluation.scores import BenchmarkResult, ScoreCollector
from sigmask.evaluation.tables import results_table, to_csv, to_json, to_latex, to_markdown
from sigmask.evaluation.worst_cases import WorstCases
from sigmask.types import BadSample, EditPair


@pytest.fixture
def results() -> list[BenchmarkResult]:
    image = np.zeros((2, 2, 3), np.uint8)
    collector = ScoreCollector("bench", "a|b", 0.5)
    for index, (kind, probability) in enumerate((("add", [[1, 0], [0, 0]]), ("remove", [[1, 1], [1, 0]]))):
        mask = np.array([[True, False], [False, False]])
        predicted = np.array(probability, np.float32)
        pair = EditPair(str(index), image, image, None, kind, mask)
        collector.add(pair, count_mask(predicted > 0.5, mask), count_thresholds(predicted, mask), 0.004)
    collector.add_bad(BadSample("torn", BadReason.TRUNCATED, "cut short"))
    null = ScoreCollector("null", "a|b", 0.5)
    empty = np.zeros((2, 2), bool)
    null.add(
        EditPair("n", image, image, None, None, empty),
        count_mask(empty, empty),
        count_thresholds(empty.astype(np.float32), empty),
        0.002,
    )
    return [collector.result(), null.result()]


def test_markdown(results: list[BenchmarkResult]) -> None:
    lines = to_markdown(results).splitlines()
    # F1: 1 and 2/4; pooled tp 2, fp 2: 4/6.
    assert lines[2] == "| bench | a\\|b | 2 | 1 | 75.0 | 66.7 | 66.7 | 75.0 | 66.7 | 0.000 | – | – | 4 |"
    assert lines[3] == "| null | a\\|b | 1 | 0 | – | – | – | – | – | – | 0.00 | 0.0 | 2 |"
    assert lines[-2:] == ["| bench | a\\|b | add | 1 | 100.0 | 100.0 |", "| bench | a\\|b | remove | 1 | 50.0 | 33.3 |"]


def test_csv_holds_every_number_unrounded(results: list[BenchmarkResult]) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(results))))
    assert rows[0]["method"] == "a|b" and float(rows[0]["edited.pooled_f1"]) == pytest.approx(2 / 3)
    assert float(rows[0]["edited.f1_interval.low"]) <= 0.75 <= float(rows[0]["edited.f1_interval.high"])
    assert rows[1]["edited.f1"] == "" and float(rows[1]["unedited.specificity"]) == 1


def test_the_terminal_shows_names_as_they_are(results: list[BenchmarkResult]) -> None:
    odd = dataclasses.replace(results[0], benchmark="set[a]", method="runs[/v2]")
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(results_table([odd]))
    assert "set[a]" in console.export_text(clear=False) and "runs[/v2]" in console.export_text()


def test_latex_has_methods_in_rows(results: list[BenchmarkResult]) -> None:
    lines = to_latex(results).splitlines()
    assert lines[0] == r"\begin{tabular}{lr}" and lines[2] == r"F1 / IoU & bench \\"
    assert lines[4] == r"a|b & \textbf{75.0} / 66.7 \\"


def test_the_terminal(results: list[BenchmarkResult]) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(results_table(results))
    text = console.export_text()
    assert "75.0" in text and "null pairs marked" in text


def test_json_holds_every_pair_and_no_nan(results: list[BenchmarkResult]) -> None:
    first, null = json.loads(to_json(results))
    assert [pair["f1"] for pair in first["pairs"]] == [1.0, 0.5]
    assert first["by_edit_type"]["add"]["iou"] == 1.0
    assert first["bad"][0]["reason"] == "truncated"
    assert null["edited"] is None and null["pairs"][0]["f1"] is None


def test_worst_cases_are_the_worst_and_are_drawn(tmp_path: Path) -> None:
    image = np.zeros((16, 24, 3), np.uint8)
    mask = np.zeros((16, 24), bool)
    mask[:8] = True
    cases = WorstCases(2)
    collector = ScoreCollector("bench", "method", 0.5)
    for name, rows in (("good", 8), ("worst/of all", 0), ("middling", 4), ("fair", 7)):
        predicted = np.zeros((16, 24), bool)
        predicted[:rows] = True
        pair = EditPair(name, image, image, "löschen 猫", None, mask)
        grid = count_thresholds(predicted.astype(np.float32), mask)
        cases(pair, predicted, collector.add(pair, count_mask(predicted, mask), grid, 0.0))
    cases(BadSample("torn", BadReason.TRUNCATED, "cut short"), None, None)
    paths = cases.write(tmp_path / "worst")
    assert [path.name for path in paths] == ["01_worst_of_all.png", "02_middling.png"]
    assert all(path.stat().st_size > 0 for path in paths)
    with pytest.raises(ValueError, match="1 or more"):
        WorstCases(0)
