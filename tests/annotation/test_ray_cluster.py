"""Two workers of a local Ray cluster write what one process writes, also when one of them is killed."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sigmask.annotation.bad_row_limit import BadRowLimit, TooManyBadRowsError
from sigmask.annotation.ledger import LEDGER_FOLDER
from sigmask.annotation.pipeline import AnnotateOptions, annotate
from sigmask.annotation.ray_cluster import (
    OpenAnnotator,
    Workers,
    WorkersDieError,
    annotate_on_ray,
)
from sigmask.annotation.ray_connection import connected, require_reachable, why_not_connected
from sigmask.annotation.sharding import Shard
from sigmask.annotation.summary import Summary
from sigmask.data.corpus import load_corpus
from sigmask.errors import (
    BadReason,
    MissingExtraError,
    SampleError,
    SigmaskError,
    SigmaskWarning,
    WeightsError,
)
from tests.annotation.crash_server import SlowAnnotator
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawing import draw_pair
from tests.drawn_corpora import write_parquet_corpus

OPTIONS = AnnotateOptions(batch_size=2, workers=1, rows_per_part=4)
ROWS = 30


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """One small cluster for all tests of this file; starting one takes seconds."""
    ray = pytest.importorskip("ray", reason="needs the extra ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80 << 20)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 rows in 8 parts, of which rows 3 and 17 are bad."""
    rng = np.random.default_rng(3)
    path = write_parquet_corpus(
        tmp_path_factory.mktemp("corpus") / "a.parquet", [draw_pair(rng, 24, 32) for _ in range(ROWS)], "bytes"
    )
    table = pq.read_table(path)
    cells = table["edited"].to_pylist()
    for row in (3, 17):
        cells[row] = cells[row][:40]
    pq.write_table(table.set_column(2, "edited", [cells]), path, row_group_size=2)
    return path


@pytest.fixture(scope="module")
def alone(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    output = tmp_path_factory.mktemp("alone")
    annotate(load_corpus(corpus), FakeAnnotator(), output, OPTIONS)
    return written(output)


def written(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.iterdir() if path.suffix == ".parquet"}


def open_fake(pace: float = 0.0, *, threads: int) -> FakeAnnotator:
    assert threads == 1
    return SlowAnnotator(pace, ())


def open_nothing(*, threads: int) -> FakeAnnotator:
    raise WeightsError("no such weights")


def open_deadly(*, threads: int) -> FakeAnnotator:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_two_workers_write_the_files_of_one(corpus: Path, alone: dict[str, bytes], tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    summary = annotate_on_ray(
        load_corpus(corpus), open_fake, tmp_path, OPTIONS, Workers(2), on_rows=lambda *rows: seen.append(rows)
    )
    assert (summary.rows, summary.written, summary.bad) == (ROWS, ROWS - 2, {"truncated": 2})
    assert Summary.load(tmp_path) == summary
    assert written(tmp_path) == alone
    assert seen[-1] == (ROWS, 2)


def test_a_killed_worker_costs_nothing(corpus: Path, alone: dict[str, bytes], tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(rows: int, bad: int) -> None:
        locks = list((tmp_path / LEDGER_FOLDER).glob("lock-*.json"))
        if not killed and rows and locks:
            killed.append(json.loads(locks[0].read_text())["pid"])
            os.kill(killed[0], signal.SIGKILL)

    summary = annotate_on_ray(
        load_corpus(corpus), partial(open_fake, 0.25), tmp_path, OPTIONS, Workers(2), on_rows=kill_one
    )
    assert killed
    assert summary.rows == ROWS
    assert written(tmp_path) == alone
    assert not list((tmp_path / LEDGER_FOLDER).glob("lock-*"))


def test_a_run_goes_on_from_one_process_to_many_and_back(corpus: Path, alone: dict[str, bytes], tmp_path: Path) -> None:
    annotate(load_corpus(corpus), FakeAnnotator(), tmp_path, AnnotateOptions(rows_per_part=4, shard=Shard(1, 3)))
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.glob("masks-*")}
    assert finished
    annotate_on_ray(load_corpus(corpus), open_fake, tmp_path, OPTIONS, Workers(2))
    assert written(tmp_path) == alone
    assert all(path.stat().st_mtime_ns == when for path, when in finished.items())
    assert annotate(load_corpus(corpus), FakeAnnotator(), tmp_path, OPTIONS).rows == ROWS


def test_overwriting_begins_anew(corpus: Path, alone: dict[str, bytes], tmp_path: Path) -> None:
    annotate(load_corpus(corpus), FakeAnnotator(), tmp_path, AnnotateOptions(limit=4, rows_per_part=2))
    options = AnnotateOptions(batch_size=2, rows_per_part=4, overwrite=True)
    annotate_on_ray(load_corpus(corpus), open_fake, tmp_path, options, Workers(2))
    assert written(tmp_path) == alone


def test_bad_rows_of_all_workers_count(corpus: Path, tmp_path: Path) -> None:
    options = AnnotateOptions(rows_per_part=4, max_bad=BadRowLimit.parse("1"))
    with pytest.raises(TooManyBadRowsError, match=r"2 of \d+ rows are bad"):
        annotate_on_ray(load_corpus(corpus), open_fake, tmp_path, options, Workers(2))
    assert set(pq.read_table(tmp_path / "quarantine.parquet")["reason"].to_pylist()) <= {"truncated"}


def test_what_a_worker_raises_is_raised_here(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such weights"):
        annotate_on_ray(load_corpus(corpus), open_nothing, tmp_path, OPTIONS, Workers(2))


class _Deadly(FakeAnnotator):
    def infer(self, prepared):  # type: ignore[no-untyped-def]
        os.kill(os.getpid(), signal.SIGKILL)


def open_well_and_die(*, threads: int) -> FakeAnnotator:
    return _Deadly()


class _Warning(FakeAnnotator):
    def infer(self, prepared):  # type: ignore[no-untyped-def]
        warnings.warn("the engine is odd", SigmaskWarning, stacklevel=1)
        return super().infer(prepared)


def open_warning(*, threads: int) -> FakeAnnotator:
    return _Warning()


def test_what_workers_warn_of_is_said_here_once(corpus: Path, tmp_path: Path) -> None:
    with pytest.warns(SigmaskWarning) as said:
        annotate_on_ray(load_corpus(corpus), open_warning, tmp_path, OPTIONS, Workers(2))
    assert [str(each.message) for each in said] == ["the engine is odd"]


def test_a_shard_that_kills_its_workers_is_given_up(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkersDieError, match="3 workers died on shard"):
        annotate_on_ray(load_corpus(corpus), open_well_and_die, tmp_path, OPTIONS, Workers(1))


def test_workers_that_die_at_once_are_given_up(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkersDieError, match="3 workers died before they had a shard"):
        annotate_on_ray(load_corpus(corpus), open_deadly, tmp_path, OPTIONS, Workers(1))


def test_ray_deals_out_the_shards_itself(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(SigmaskError, match="leave out --shard 0/2"):
        annotate_on_ray(load_corpus(corpus), open_fake, tmp_path, AnnotateOptions(shard=Shard(0, 2)))
    with pytest.raises(SigmaskError, match="count must be at least 1, got 0"):
        Workers(0)
    nameless = load_corpus(corpus)
    nameless.address = None
    with pytest.raises(SigmaskError, match="open the corpus anew"):
        annotate_on_ray(nameless, open_fake, tmp_path, OPTIONS)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "[::1]:1", "127.0.0.1:99999"])
def test_an_address_at_which_nothing_listens_is_told_at_once(address: str) -> None:
    with pytest.raises(SigmaskError, match="no Ray cluster answers at"):
        require_reachable(address)


def answering(server: socket.socket, answer: bytes) -> threading.Thread:
    def serve() -> None:
        with server.accept()[0] as connection:
            connection.recv(64)
            connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def test_what_speaks_http2_is_let_through_and_auto_is_left_to_ray() -> None:
    settings = bytes((0, 0, 6, 4, 0, 0, 0, 0, 0)) + bytes((0, 4, 0, 63, 255, 255))
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = answering(server, settings)
        require_reachable(f"127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    require_reachable("auto")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b""])
def test_another_server_is_told_at_once(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = answering(server, answer)
        with pytest.raises(SigmaskError, match="is no Ray cluster"):
            require_reachable(f"127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def test_workers_share_the_cores_of_one_machine_and_take_four_of_a_cluster_s() -> None:
    machine = {"CPU": 16.0, "memory": 1e9}
    assert Workers(3).cores_on([machine]) == 5
    assert Workers(32).cores_on([machine]) == 1
    assert Workers(3, "auto").cores_on([{"CPU": 2.0}, machine]) == 4
    assert Workers(3, "auto").cores_on([{"CPU": 2.0}, {"CPU": 2.0}]) == 2
    assert Workers(3, "auto", 7, 1.0).cores_on([machine | {"GPU": 2.0}]) == 7


@pytest.mark.parametrize(
    ("workers", "message"),
    [
        (Workers(1, "auto", 17), r"the 17 cores that a worker asks for; the largest has 16 cores and 2 GPUs"),
        (Workers(1, "auto", 9, 1.0), r"the 9 cores and 1 GPUs.*--device the GPU"),
        (Workers(1, "auto", 1, 4.0), "the 1 cores and 4 GPUs"),
    ],
)
def test_a_worker_that_no_machine_can_hold_is_told_at_once(workers: Workers, message: str) -> None:
    with pytest.raises(SigmaskError, match=message):
        workers.cores_on([{"CPU": 16.0}, {"CPU": 8.0, "GPU": 2.0}])


@pytest.mark.parametrize(
    ("opener", "workers", "message"),
    [(open_fake, Workers(1, cpus=99), "no machine has the 99 cores"), (open_nothing, Workers(1), "no such weights")],
)
def test_nothing_is_removed_for_a_run_that_cannot_begin(
    opener: OpenAnnotator, workers: Workers, message: str, corpus: Path, tmp_path: Path
) -> None:
    annotate(load_corpus(corpus), FakeAnnotator(), tmp_path, OPTIONS)
    before = written(tmp_path)
    with pytest.raises(SigmaskError, match=message):
        annotate_on_ray(load_corpus(corpus), opener, tmp_path, AnnotateOptions(overwrite=True), workers)
    assert written(tmp_path) == before


def test_an_address_of_the_environment_is_tried_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoRay:
        @staticmethod
        def is_initialized() -> bool:
            return False

    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(SigmaskError, match=r"answers at 127\.0\.0\.1:1"), connected(NoRay, "auto", 1):  # type: ignore[arg-type]
        pass


def test_a_stopped_run_leaves_no_lock(corpus: Path, alone: dict[str, bytes], tmp_path: Path) -> None:
    def interrupt(rows: int, bad: int) -> None:
        if rows:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate_on_ray(load_corpus(corpus), partial(open_fake, 0.2), tmp_path, OPTIONS, Workers(2), on_rows=interrupt)
    assert not list((tmp_path / LEDGER_FOLDER).glob("lock-*"))
    annotate_on_ray(load_corpus(corpus), open_fake, tmp_path, OPTIONS, Workers(2))
    assert written(tmp_path) == alone


def test_rows_done_never_go_backwards(corpus: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    annotate_on_ray(
        load_corpus(corpus), partial(open_fake, 0.05), tmp_path, OPTIONS, Workers(2),
        on_rows=lambda rows, bad: seen.append(rows),
    )  # fmt: skip
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("Unauthenticated: Token authentication is enabled but the authentication token is invalid", "wants a token"),
        ("timed out", "no Ray cluster answers at head:6379: timed out"),
    ],
)
def test_a_refused_token_is_no_silent_cluster(reason: str, wanted: str) -> None:
    assert wanted in why_not_connected("head:6379", reason)


@pytest.mark.parametrize(
    "error", [MissingExtraError("ray", "ray", "this"), SampleError(BadReason.TRUNCATED, "cut off"), SigmaskError("so")]
)
def test_errors_cross_from_process_to_process(error: SigmaskError) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert getattr(arrived, "reason", None) == getattr(error, "reason", None)
