"""A run that is killed, runs out of disk, or finds its files damaged ends like an unbroken one, byte for byte."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sigmask.annotation.pipeline import AnnotateOptions, annotate
from sigmask.annotation.sharding import Shard
from sigmask.annotation.summary import Summary
from sigmask.data.corpus import load_corpus
from sigmask.errors import SigmaskWarning
from tests.annotation.crash_server import ROWS_PER_PART, CrashServer
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawing import draw_pair
from tests.drawn_corpora import write_parquet_corpus

OPTIONS = AnnotateOptions(batch_size=4, workers=2, rows_per_part=ROWS_PER_PART)
KILLS = 25


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of 11 and 7 rows in row groups of two, so parts of 6, 5, 6 and 1 rows; one row in each is bad."""
    rng = np.random.default_rng(7)
    folder = tmp_path_factory.mktemp("corpus")
    for name, rows in (("a", 11), ("b", 7)):
        pairs = [draw_pair(rng, 24, 32) for _ in range(rows)]
        path = write_parquet_corpus(folder / f"{name}.parquet", pairs, "bytes")
        table = pq.read_table(path)
        cells = table["edited"].to_pylist()
        cells[5] = cells[5][:40]
        pq.write_table(table.set_column(2, "edited", [cells]), path, row_group_size=2)
    return folder


@pytest.fixture(scope="module")
def unbroken(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an undisturbed run writes."""
    output = tmp_path_factory.mktemp("unbroken")
    summary = annotate(load_corpus(corpus), FakeAnnotator(), output, OPTIONS)
    assert (summary.rows, summary.written, summary.bad) == (18, 16, {"truncated": 2})
    assert len(list(output.glob("masks-*"))) == 4
    return written(output)


@pytest.fixture(scope="module")
def server() -> Iterator[CrashServer]:
    with CrashServer() as started:
        yield started


def written(output: Path) -> dict[str, bytes]:
    """Names and bytes of all that a run leaves, but for the times in summary and ledger."""
    return {path.name: path.read_bytes() for path in output.iterdir() if path.is_file() and path.suffix != ".json"}


def finish(corpus: Path, output: Path) -> dict[str, bytes]:
    summary = annotate(load_corpus(corpus), FakeAnnotator(), output, OPTIONS)
    assert (summary.rows, summary.written) == (18, 16)
    assert Summary.load(output) == summary
    assert not leftovers(output)
    return written(output)


def leftovers(output: Path) -> list[Path]:
    return [path for path in output.rglob("*") if path.suffix == ".partial" or path.name.startswith("lock-")]


def rows_of(output: Path) -> list[tuple[str, int]]:
    """(source file, row) of everything in masks and quarantine, sorted."""
    tables = [pq.read_table(path) for path in (*output.glob("masks-*.parquet"), *output.glob("quarantine.parquet"))]
    found = [(row["source_file"], row["row_index"]) for table in tables for row in table.to_pylist()]
    return sorted(found)


def test_a_kill_between_any_two_changes_of_the_disk_costs_no_row(
    corpus: Path, server: CrashServer, tmp_path: Path
) -> None:
    options = replace(OPTIONS, limit=6)  # one part: the changes of a second would be the same
    annotate(load_corpus(corpus), FakeAnnotator(), tmp_path / "unbroken", options)
    for moment in itertools.count(1):
        output = tmp_path / str(moment)
        code = server.run(corpus, output, limit=6, kill_at=moment)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        assert rows_of(output) == sorted(set(rows_of(output)))
        annotate(load_corpus(corpus), FakeAnnotator(), output, options)
        assert written(output) == written(tmp_path / "unbroken"), f"killed before change {moment}"
        assert not leftovers(output)
    assert moment > 20  # of part, record, lock, quarantine and summary


def test_kills_at_random_moments_cost_no_row(
    corpus: Path, unbroken: dict[str, bytes], server: CrashServer, tmp_path: Path, rng: np.random.Generator
) -> None:
    started = time.monotonic()
    assert server.run(corpus, tmp_path / "timed", pace=0.01) == 0
    duration = time.monotonic() - started
    kills = 0
    for trial in itertools.count():
        output = tmp_path / str(trial)
        # killed again and again on its way, until it comes through
        while True:
            process = server.start(corpus, output, pace=0.01)
            time.sleep(duration * float(rng.uniform(0.05, 0.9)))
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                os.kill(process, signal.SIGKILL)
            if server.wait() == 0:
                break
            kills += 1
            assert rows_of(output) == sorted(set(rows_of(output)))
            if rng.random() < 0.5:
                break
        assert finish(corpus, output) == unbroken
        if kills >= KILLS:
            break


def test_a_kill_while_quarantined_rows_are_read_again_costs_no_row(
    corpus: Path, server: CrashServer, tmp_path: Path
) -> None:
    ids = pq.read_table(corpus / "a.parquet")["id"].to_pylist()
    options = replace(OPTIONS, limit=8)
    annotate(load_corpus(corpus), FakeAnnotator(), tmp_path / "unbroken", options)
    summary = annotate(load_corpus(corpus), FakeAnnotator([ids[2], ids[3], ids[7]]), tmp_path / "before", options)
    assert summary.bad == {"model_failed": 3, "truncated": 1}
    for moment in itertools.count(1, 2):
        output = tmp_path / str(moment)
        shutil.copytree(tmp_path / "before", output)
        code = server.run(corpus, output, limit=8, retry_quarantine=True, kill_at=moment)
        if code == 0:
            break
        with warnings.catch_warnings():
            # where the crash fell between a part and its record, the part counts as damaged, and a warning says so
            warnings.simplefilter("ignore", SigmaskWarning)
            annotate(load_corpus(corpus), FakeAnnotator(), output, options)
        assert rows_of(output) == [("a.parquet", row) for row in range(8)]
        annotate(load_corpus(corpus), FakeAnnotator(), output, replace(options, retry_quarantine=True))
        assert written(output) == written(tmp_path / "unbroken"), f"killed before change {moment}"
    assert written(output) == written(tmp_path / "unbroken")
    assert moment > 20


@pytest.mark.parametrize("limit", [60, 1_000, 7_510])
def test_a_full_disk_is_one_clear_error_and_no_lost_row(
    limit: int, corpus: Path, unbroken: dict[str, bytes], server: CrashServer, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    sizes = {name: len(content) for name, content in unbroken.items()}
    assert min(size for name, size in sizes.items() if name != "README.md") > 1_000
    assert max(sizes.values()) > 7_510, sizes
    assert server.run(corpus, output, file_size_limit=limit) == 2
    message = Path(f"{output}.error").read_text()
    assert "File too large" in message
    assert "run the same command again" in message
    assert not list(output.rglob("*.partial"))
    assert finish(corpus, output) == unbroken


def test_damaged_parts_are_found_and_made_again(corpus: Path, unbroken: dict[str, bytes], tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert finish(corpus, output) == unbroken
    flipped, cut, gone, record = sorted(output.glob("masks-*.parquet"))
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    cut.write_bytes(cut.read_bytes()[:-1])
    gone.unlink()
    stored = output / ".ledger" / f"{record.stem}.json"
    stored.write_text(stored.read_text().replace('"written": 1', '"written": 2'))
    with pytest.warns(SigmaskWarning, match=r"4 finished part\(s\) are damaged"):
        assert finish(corpus, output) == unbroken


def test_shards_in_any_order_make_what_one_run_makes(corpus: Path, unbroken: dict[str, bytes], tmp_path: Path) -> None:
    for order in itertools.permutations(range(3)):
        output = tmp_path / "".join(map(str, order))
        for place, index in enumerate(order):
            assert (output / "summary.json").exists() is False
            options = AnnotateOptions(batch_size=4, rows_per_part=ROWS_PER_PART, shard=Shard(index, 3))
            summary = annotate(load_corpus(corpus), FakeAnnotator(), output, options)
            assert (summary.rows == 18) == (place == 2)
        assert written(output) == unbroken
        assert Summary.load(output).rows == 18


def test_shards_at_once_share_one_folder_and_others_are_kept_out(
    corpus: Path, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    with ExitStack() as stack:
        servers = [stack.enter_context(CrashServer()) for _ in range(3)]
        for index, server in enumerate(servers[:2]):
            server.start(corpus, output, shard=f"{index}/2", pace=0.3)
        while len(list((output / ".ledger").glob("lock-*.json"))) < 2:
            time.sleep(0.01)
        for shard in ("0/1", "1/2", "0/3"):
            assert servers[2].run(corpus, output, shard=shard) == 2
            assert "is being written by process" in Path(f"{output}.error").read_text()
        assert [server.wait() for server in servers[:2]] == [0, 0]
    assert written(output) == unbroken
    assert Summary.load(output).rows == 18
