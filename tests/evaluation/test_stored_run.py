"""Kept results: what decides a key, that an entry comes back whole, and that a damaged one is made again."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.methods import NamedMethod
from sigmask.evaluation.run import evaluate
from sigmask.evaluation.stored_run import RunStore, StoredCase, StoredRun, default_store, files_fingerprint, run_key
from sigmask.types import EditPair, MapArray
from tests.drawn_corpora import write_table_corpus


def marks_nothing(pair: EditPair) -> MapArray:
    return np.zeros(pair.edited.shape[:2], np.float32)


METHOD = NamedMethod("nothing", marks_nothing, "f", "no weights", rival=True)


@pytest.fixture
def table(tmp_path: Path, drawn_pairs: list[EditPair]) -> Path:
    return write_table_corpus(tmp_path / "drawn", drawn_pairs)


def stored(folder: Path, table: Path) -> StoredRun:
    (result,) = evaluate(marks_nothing, [load_benchmark(table)], name="nothing")
    (folder / "worst.png").write_bytes(b"a picture")
    case = StoredCase("worst.png", result.pairs[0].sample_id, 1.0)
    return StoredRun(result, "no weights", True, 1 << 20, 1, "a machine", (case,), folder)


def test_an_entry_comes_back_as_it_was(tmp_path: Path, table: Path) -> None:
    store = RunStore(tmp_path / "store")
    assert store.load("key") is None
    written = store.store("key", lambda folder: stored(folder, table))
    found = store.load("key")
    assert found == written
    assert found is not None and (found.folder / found.cases[0].file).read_bytes() == b"a picture"
    assert [path.name for path in store.folder.iterdir()] == ["key"]


@pytest.mark.parametrize("damage", ["cut", "other fields", "no picture"])
def test_a_damaged_entry_counts_as_none(tmp_path: Path, table: Path, damage: str) -> None:
    store = RunStore(tmp_path / "store")
    entry = store.store("key", lambda folder: stored(folder, table)).folder
    if damage == "cut":
        os.truncate(entry / "run.json", 100)
    elif damage == "other fields":
        (entry / "run.json").write_text('{"result": {}, "cases": []}')
    else:
        (entry / "worst.png").unlink()
    assert store.load("key") is None
    store.store("key", lambda folder: stored(folder, table))
    assert store.load("key") is not None


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(_: Path) -> StoredRun:
        raise KeyboardInterrupt

    store = RunStore(tmp_path / "store")
    with pytest.raises(KeyboardInterrupt):
        store.store("key", fail)
    assert list(store.folder.iterdir()) == []


def test_the_key_depends_on_method_files_condition_and_limit(table: Path) -> None:
    benchmark = load_benchmark(table)
    key = run_key(METHOD, benchmark, "own", None)
    assert key == run_key(METHOD, load_benchmark(table), "own", None)
    others = {
        run_key(dataclasses.replace(METHOD, fingerprint="g"), benchmark, "own", None),
        run_key(METHOD, benchmark, "none", None),
        run_key(METHOD, benchmark, "own", 3),
    }
    image = next((table.parent / "edited").iterdir())
    image.write_bytes(image.read_bytes() + b"\0")
    others.add(run_key(METHOD, benchmark, "own", None))
    assert len(others) == 4 and key not in others


def test_a_parquet_file_stands_for_itself(tmp_path: Path, table: Path) -> None:
    benchmark = dataclasses.replace(load_benchmark(table), source=tmp_path / "pairs.parquet")
    benchmark.source.write_bytes(b"1")
    before = files_fingerprint(benchmark)
    (tmp_path / "unrelated").write_bytes(b"1")
    assert files_fingerprint(benchmark) == before


def test_where_results_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMASK_CACHE", "/somewhere")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_store() == Path("/somewhere/evaluation")
    monkeypatch.delenv("SIGMASK_CACHE")
    assert default_store() == Path("/caches/sigmask/evaluation")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_store() == Path.home() / ".cache" / "sigmask" / "evaluation"
