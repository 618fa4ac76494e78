"""Methods × benchmarks: order, progress, what is told, and processes that give what one process gives."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import ConfigError, SigmaskError
from sigmask.evaluation import suite as suite_module
from sigmask.evaluation.methods import NamedMethod
from sigmask.evaluation.stored_run import RunStore
from sigmask.evaluation.suite import SuiteProgress, run_suite, safe_name
from sigmask.types import EditPair, MapArray
from tests.drawn_corpora import write_table_corpus


class Told(SuiteProgress):
    def __init__(self) -> None:
        self.started: list[tuple[str, str, int | None]] = []
        self.pairs = 0

    def start(self, benchmark: str, method: str, pairs: int | None) -> None:
        self.started.append((benchmark, method, pairs))

    def advance(self, benchmark: str, method: str) -> None:
        self.pairs += 1


@pytest.fixture
def tables(tmp_path: Path, drawn_pairs: list[EditPair]) -> list[str]:
    first = write_table_corpus(tmp_path / "first", drawn_pairs)
    return [str(first), str(write_table_corpus(tmp_path / "second", drawn_pairs[:2]))]


METHODS = ["absolute-difference", "ssim"]


def test_every_method_on_every_benchmark_then_nothing_anew(tmp_path: Path, tables: list[str]) -> None:
    told, store = Told(), RunStore(tmp_path / "store")
    runs = run_suite(tables, METHODS, store, progress=told).runs
    assert [(run.result.benchmark, run.result.method) for run in runs] == [
        ("first", "absolute-difference"),
        ("first", "ssim"),
        ("second", "absolute-difference"),
        ("second", "ssim"),
    ]
    assert told.started[:2] == [("first", "absolute-difference", 5), ("second", "absolute-difference", 2)]
    assert told.pairs == 14
    assert all(run.rival and run.cases for run in runs)
    again = Told()
    assert run_suite(tables, METHODS, store, progress=again).runs == runs
    assert again.started == []
    third = run_suite(tables, [*METHODS, "blurred-difference"], store, progress=again).runs
    assert len(third) == 6 and {method for _, method, _ in again.started} == {"blurred-difference"}


def test_processes_give_what_one_gives(tmp_path: Path, tables: list[str]) -> None:
    told = Told()
    one = run_suite(tables, METHODS, RunStore(tmp_path / "one"), limit=2).runs
    two = run_suite(tables, METHODS, RunStore(tmp_path / "two"), limit=2, jobs=2, progress=told).runs
    assert told.pairs == 8
    assert [run.threads for run in two] == [1] * 4
    for mine, theirs in zip(one, two, strict=True):
        assert (mine.result.edited, mine.result.curve) == (theirs.result.edited, theirs.result.curve)
        assert [dataclasses.replace(pair, seconds=0) for pair in mine.result.pairs] == [
            dataclasses.replace(pair, seconds=0) for pair in theirs.result.pairs
        ]
        assert mine.peak_memory is None
        assert theirs.peak_memory is None or theirs.peak_memory > 1 << 24


def test_a_process_does_not_inherit_its_parents_peak_memory(tmp_path: Path, tables: list[str]) -> None:
    fat = np.ones(700 << 17)  # 700 MB
    (run,) = run_suite(tables[1:], ["absolute-difference"], RunStore(tmp_path / "store"), jobs=2).runs
    assert run.peak_memory is None or run.peak_memory < fat.nbytes


def test_one_method_is_split_over_the_processes(tmp_path: Path, tables: list[str]) -> None:
    told = Told()
    suite = run_suite(tables, ["ssim"], RunStore(tmp_path / "store"), jobs=2, progress=told)
    assert [run.result.benchmark for run in suite.runs] == ["first", "second"] and told.pairs == 7


def test_a_method_that_fails_takes_no_other_along(
    tmp_path: Path, tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = suite_module.create_method

    def broken(name: str, model: str, least_quality: float) -> NamedMethod:
        def call(pair: EditPair) -> MapArray:
            raise ZeroDivisionError("oh")

        return dataclasses.replace(make(name, model), call=call) if name == "ssim" else make(name, model)

    monkeypatch.setattr(suite_module, "create_method", broken)
    suite = run_suite(tables, METHODS, RunStore(tmp_path / "store"))
    assert {run.result.method for run in suite.runs} == {"absolute-difference"} and len(suite.runs) == 2
    assert suite.failed == {"ssim": "ZeroDivisionError: oh"}
    with pytest.raises(SigmaskError, match="ssim: ZeroDivisionError"):
        suite.all_results()


def test_two_benchmarks_of_one_name_are_refused(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    tables = [str(write_table_corpus(tmp_path / side / "bench", drawn_pairs)) for side in "ab"]
    with pytest.raises(ConfigError, match="two benchmarks are called 'bench'"):
        run_suite(tables, METHODS, RunStore(tmp_path / "store"))


def test_names_of_files_stay_in_their_folder() -> None:
    assert [safe_name(name) for name in ("tiny", "owner/model", "C:\\models\\tiny", "../x", "..")] == [
        *("tiny", "owner_model", "C_models_tiny", "x", "_"),
    ]


def test_an_unknown_method_stops_before_anything_runs(tmp_path: Path, tables: list[str]) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'ssim'"):
        run_suite(tables, ["ssim", "simm"], RunStore(tmp_path / "store"))
    assert not (tmp_path / "store").exists()
