"""Many methods on many benchmarks: what is stored is taken, the rest is run in processes of its own.

A process runs one method, with one thread, so that its peak memory and its times are its own, and the failure of one
method takes no other along.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import platform
import queue
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sigmask.annotation.doubtful import LEAST_QUALITY
from sigmask.errors import ConfigError, SigmaskError
from sigmask.evaluation.benchmark import Benchmark, Sample, known_benchmarks, load_benchmark
from sigmask.evaluation.benchmark_registry import Originals
from sigmask.evaluation.benchmark_result import BenchmarkResult
from sigmask.evaluation.instruction_condition import (
    require_wrong_instructions,
    with_wrong_instructions,
    without_instructions,
)
from sigmask.evaluation.methods import NamedMethod, create_method
from sigmask.evaluation.run import evaluate
from sigmask.evaluation.scores import PairScore
from sigmask.evaluation.stored_run import RunStore, StoredCase, StoredRun, run_key
from sigmask.evaluation.worst_cases import WorstCases
from sigmask.types import MaskArray
from sigmask.worker_process import leave_with_parent

_MOST_PROCESSES = 61  # Windows waits for no more at once
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
WORST_CASES = 24
"""Pictures kept for each method and benchmark."""


class Condition(StrEnum):
    """What the methods are told."""

    OWN = "own"
    NONE = "none"
    WRONG = "wrong"


_PREPARE: dict[Condition, Callable[[Iterable[Sample]], Iterable[Sample]] | None] = {
    Condition.OWN: None,
    Condition.NONE: without_instructions,
    Condition.WRONG: with_wrong_instructions,
}


class SuiteProgress:
    """What `run_suite` tells; every method may be overridden."""

    def start(self, benchmark: str, method: str, pairs: int | None) -> None:
        """A run begins; `pairs` is None where only reading tells."""

    def advance(self, benchmark: str, method: str) -> None:
        """One pair of it is done."""


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What came out.

    Attributes:
        runs: benchmark by benchmark; those that failed are not among them.
        failed: method → why it stopped, for those that did; their finished benchmarks are in `runs`.
    """

    runs: tuple[StoredRun, ...]
    failed: dict[str, str]

    def all_results(self) -> list[BenchmarkResult]:
        """The results of every run.

        Raises:
            SigmaskError: if a method failed.
        """
        if self.failed:
            raise SigmaskError("; ".join(f"{method}: {reason}" for method, reason in self.failed.items()))
        return [run.result for run in self.runs]


@dataclass(frozen=True, slots=True)
class _Task:
    """One method on benchmarks for which nothing is stored, as it is sent to a process; `keys` name their entries."""

    method: str
    model: str
    benchmarks: tuple[str, ...]
    keys: tuple[str, ...]
    condition: Condition
    limit: int | None
    least_quality: float
    store: Path


def benchmarks_at_hand() -> list[str]:
    """The known benchmarks that are found here and whose images come with originals."""
    return [
        known.name for known in known_benchmarks() if known.originals is not Originals.NONE and known.base() is not None
    ]


def run_suite(
    benchmarks: Sequence[str],
    methods: Sequence[str],
    store: RunStore,
    *,
    model: str = "tiny",
    condition: Condition = Condition.OWN,
    limit: int | None = None,
    least_quality: float = LEAST_QUALITY,
    jobs: int = 1,
    progress: SuiteProgress | None = None,
) -> SuiteResult:
    """Every method on every benchmark.

    Args:
        benchmarks, methods: names or paths; see `load_benchmark` and `create_method`.
        model: the model under test, for rivals that show a part of it.
        limit: at most so many samples of each benchmark.
        least_quality: expected IoU under which a model gives a mask up.
        jobs: processes at the same time, each with one thread; with 1, everything runs in this process with all
            threads, and peak memory is not measured. With more, a script must call this below
            `if __name__ == "__main__":`, as all that start processes.

    Raises:
        ConfigError, CorpusError: a method or benchmark does not exist or cannot be used here, two benchmarks have one
            name, or none has wrong instructions to give. A method that stops later on is told in the result.
    """
    progress = progress or SuiteProgress()
    loaded = {name: load_benchmark(name) for name in benchmarks}
    _require_distinct(loaded)
    if condition is Condition.WRONG:
        paired = [benchmark for benchmark in loaded.values() if benchmark.originals is not Originals.NONE]
        require_wrong_instructions({benchmark.name: benchmark.read() for benchmark in paired})
    ready = {name: create_method(name, model, least_quality) for name in methods}
    keys = {
        (benchmark, method): run_key(ready[method], loaded[benchmark], condition, limit)
        for benchmark in loaded
        for method in ready
    }
    found = {pair: store.load(key) for pair, key in keys.items()}
    missing = {method: [name for name in loaded if found[name, method] is None] for method in ready}
    tasks = [
        _Task(
            method,
            model,
            part,
            tuple(keys[name, method] for name in part),
            condition,
            limit,
            least_quality,
            store.folder,
        )
        for method, names in missing.items()
        for part in _parts(names, jobs, methods=sum(map(bool, missing.values())))
    ]
    failed: dict[str, str] = {}
    if jobs == 1:
        for task in tasks:
            with _told_in(failed, task.method):
                _run_task(task, progress.start, progress.advance, loaded, ready[task.method])
    elif tasks:
        _run_in_processes(tasks, min(jobs, len(tasks), _MOST_PROCESSES), progress, failed)
    runs = {pair: found[pair] or store.load(key) for pair, key in keys.items()}
    for (_, method), run in runs.items():
        if run is None:
            failed.setdefault(method, "its result could not be read back")
    return SuiteResult(tuple(run for run in runs.values() if run is not None), failed)


def safe_name(name: str) -> str:
    """A method's or benchmark's name as a file's: a path or a Hub id may be one."""
    return re.sub(r"[^A-Za-z0-9._@+-]+", "_", name).strip("._") or "_"


def _require_distinct(loaded: dict[str, Benchmark]) -> None:
    for name, number in Counter(benchmark.name for benchmark in loaded.values()).items():
        if number > 1:
            given = [path for path, benchmark in loaded.items() if benchmark.name == name]
            raise ConfigError(f"two benchmarks are called '{name}': {', '.join(given)}. Rename the folder of one.")


def _parts(names: Sequence[str], jobs: int, methods: int) -> list[tuple[str, ...]]:
    """A method's benchmarks, split where there are fewer methods than processes."""
    number = min(len(names), -(-jobs // max(1, methods)))
    return [tuple(names[first::number]) for first in range(number)]


@contextlib.contextmanager
def _told_in(failed: dict[str, str], method: str) -> Iterator[None]:
    """Whatever a method raises is noted in place of ending the others; an interrupt is not held up."""
    try:
        yield
    except SigmaskError as error:
        failed[method] = str(error)
    except Exception as error:
        failed[method] = f"{type(error).__name__}: {error}"


def _run_in_processes(tasks: Sequence[_Task], jobs: int, progress: SuiteProgress, failed: dict[str, str]) -> None:
    spawn = multiprocessing.get_context("spawn")  # a fork would take over torch's threads
    with (
        _one_thread_each(),
        spawn.Manager() as manager,
        ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_begin_to_work, max_tasks_per_child=1) as pool,
    ):
        told: queue.Queue[tuple[object, ...]] = manager.Queue()
        others = set(multiprocessing.active_children())
        method_of: dict[Future[None], str] = {pool.submit(_run_sent_task, task, told): task.method for task in tasks}
        pending = set(method_of)
        try:
            while pending:
                done, pending = wait(pending, timeout=0.3, return_when=FIRST_COMPLETED)
                _pass_on(told, progress)
                for future in done:
                    with _told_in(failed, method_of[future]):
                        future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True, wait=False)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            raise


def _begin_to_work() -> None:
    """Ctrl-C goes to every process of a terminal; the one that started the others answers it and ends them.

    Where that one is killed, they end by themselves.
    """
    leave_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Libraries read these when they are loaded, so a new process must find them."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _pass_on(told: queue.Queue[tuple[object, ...]], progress: SuiteProgress) -> None:
    while True:
        try:
            name, *arguments = told.get_nowait()
        except queue.Empty:
            return
        getattr(progress, str(name))(*arguments)


def _run_sent_task(task: _Task, told: queue.Queue[tuple[object, ...]]) -> None:
    import cv2

    cv2.setNumThreads(1)
    _run_task(
        task,
        lambda *arguments: told.put(("start", *arguments)),
        lambda *arguments: told.put(("advance", *arguments)),
        {name: load_benchmark(name) for name in task.benchmarks},
        None,
    )


def _run_task(
    task: _Task,
    start: Callable[[str, str, int | None], None],
    advance: Callable[[str, str], None],
    benchmarks: dict[str, Benchmark],
    method: NamedMethod | None,
) -> None:
    """`method` is None in a process of its own, which makes it, and whose memory is then measured."""
    ready = create_method(task.method, task.model, task.least_quality) if method is None else method
    store = RunStore(task.store)
    for name, key in zip(task.benchmarks, task.keys, strict=True):
        benchmark = benchmarks[name]
        pairs = benchmark.length
        start(benchmark.name, task.method, pairs if pairs is None or task.limit is None else min(pairs, task.limit))
        store.store(key, functools.partial(_scored, ready, benchmark, task, advance, own_process=method is None))


def _scored(
    method: NamedMethod,
    benchmark: Benchmark,
    task: _Task,
    advance: Callable[[str, str], None],
    folder: Path,
    *,
    own_process: bool,
) -> StoredRun:
    worst = WorstCases(WORST_CASES)

    def observe(sample: Sample, predicted: MaskArray | None, score: PairScore | None) -> None:
        worst(sample, predicted, score)
        advance(benchmark.name, method.name)

    (result,) = evaluate(
        method.call,
        [benchmark],
        name=method.name,
        limit=task.limit,
        prepare=_PREPARE[task.condition],
        progress=observe,
    )
    cases = [
        StoredCase(path.name, sample_id, badness)
        for path, (sample_id, badness) in zip(worst.write(folder), worst.badness, strict=True)
    ]
    return StoredRun(
        result,
        method.origin,
        method.rival,
        peak_memory=_peak_memory() if own_process else None,
        threads=1 if own_process else os.cpu_count() or 1,
        machine=machine(),
        cases=tuple(cases),
        folder=folder,
    )


def machine() -> str:
    """The processor and its number of cores, in words."""
    name = platform.processor() or platform.machine()
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file():
        lines = [line for line in cpu.read_text().splitlines() if line.startswith("model name")]
        name = lines[0].split(":", 1)[1].strip() if lines else name
    return f"{os.cpu_count()} cores ({name})"


def _peak_memory() -> int | None:
    """Of this process so far, in bytes; None where the system does not say.

    Not `ru_maxrss`: on Linux a new process starts with its parent's.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    peak = re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
    return 1024 * int(peak.group(1)) if peak else None
