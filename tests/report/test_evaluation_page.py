"""The page of a comparison: its pictures are there, names are escaped, groups sort by size."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from sigmask.evaluation.stored_run import StoredCase, StoredRun
from sigmask.report.evaluation_page import plot_of, write_evaluation_page
from tests.evaluation.test_gain import run_of


@pytest.fixture
def runs(tmp_path: Path) -> list[StoredRun]:
    """Two methods with names that a page must escape, each with two pictures."""
    made = []
    for method, columns in (("ours<b>#1", 3), ("a/b", 8)):
        folder = tmp_path / "store" / str(columns)
        folder.mkdir(parents=True)
        for name in ("01_x.png", "02_y.png"):
            (folder / name).write_bytes(b"a picture")
        cases = (StoredCase("01_x.png", "x", 0.9), StoredCase("02_y.png", "y", columns / 10))
        run = run_of(method, 0.9, columns, rival=method == "a/b")
        made.append(dataclasses.replace(run, cases=cases, folder=folder))
    return made


def test_every_picture_is_there_and_every_name_escaped(tmp_path: Path, runs: list[StoredRun]) -> None:
    (tmp_path / "out" / "worst" / "old").mkdir(parents=True)
    path = write_evaluation_page(tmp_path / "out", runs, "ours<b>#1", command="a <command>", not_run={"x": "no & why"})
    page = path.read_text(encoding="utf-8")
    pictures = [unquote(found) for found in re.findall(r'<img src="([^"]+)"', page)]
    assert len(pictures) == 4 and all((tmp_path / "out" / picture).is_file() for picture in pictures)
    assert not (tmp_path / "out" / "worst" / "old").exists()
    assert "ours<b>" not in page and "ours&lt;b&gt;#1" in page
    assert "a &lt;command&gt;" in page and "no &amp; why" in page
    assert page.index('alt="bench x"') < page.index('alt="bench y"')  # the worst first
    assert 'data-sort="3">&gt; 20 %' in page


def test_the_model_and_the_best_others_have_a_rank(runs: list[StoredRun]) -> None:
    results = [run.result for run in runs]
    others = [dataclasses.replace(results[1], method=f"other {number}") for number in range(6)]
    plot = plot_of([*results, *others], "bench", "ours<b>#1")
    ranks = {curve.method: curve.rank for curve in plot.curves}
    assert ranks["ours<b>#1"] == 0 and plot.curves[-1].method == "ours<b>#1"
    assert sorted(ranks.values()) == [-1, -1, -1, 0, 1, 2, 3, 4]
