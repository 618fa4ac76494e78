"""Many methods on many benchmarks: what is stored is taken, the rest is run, each method in a process of its own.

One process per method, so that its peak memory is its own and a rival's failure takes nothing else along.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import queue
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sigmask.evaluation.benchmark import Benchmark, Sample, known_benchmarks, load_benchmark
from sigmask.evaluation.benchmark_registry import Originals
from sigmask.evaluation.instruction_condition import with_wrong_instructions, without_instructions
from sigmask.evaluation.methods import NamedMethod, create_method
from sigmask.evaluation.run import evaluate
from sigmask.evaluation.scores import PairScore
from sigmask.evaluation.stored_run import RunStore, StoredCase, StoredRun, run_key
from sigmask.evaluation.worst_cases import WorstCases
from sigmask.types import MaskArray

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
class _Task:
    """One method on the benchmarks for which nothing is stored, as it is sent to a process."""

    method: str
    model: str
    benchmarks: tuple[str, ...]
    condition: Condition
    limit: int | None
    store: Path
    threads: int | None


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
    jobs: int = 1,
    progress: SuiteProgress | None = None,
) -> list[StoredRun]:
    """Every method on every benchmark, benchmark by benchmark.

    Args:
        benchmarks, methods: names or paths; see `load_benchmark` and `create_method`.
        model: the model under test, for rivals that show a part of it.
        limit: at most so many samples of each benchmark.
        jobs: methods that run at the same time, each with one thread; with 1, a method has all of them.

    Raises:
        ConfigError, CorpusError: a method or benchmark does not exist or cannot be used here.
    """
    progress = progress or SuiteProgress()
    loaded = {name: load_benchmark(name) for name in benchmarks}
    ready = {name: create_method(name, model) for name in methods}
    keys = {
        (benchmark, method): run_key(ready[method], loaded[benchmark], condition, limit)
        for benchmark in loaded
        for method in ready
    }
    found = {pair: store.load(key) for pair, key in keys.items()}
    tasks = []
    for method in ready:
        missing = tuple(name for name in loaded if found[name, method] is None)
        if missing:
            threads = 1 if jobs > 1 else None
            tasks.append(_Task(method, model, missing, condition, limit, store.folder, threads))
    if jobs == 1 or len(tasks) == 1:
        for task in tasks:
            _run_task(task, progress.start, progress.advance, loaded, ready[task.method])
    else:
        _run_in_processes(tasks, jobs, progress)
    runs = [found[pair] or store.load(key) for pair, key in keys.items()]
    return [run for run in runs if run is not None]


def _run_in_processes(tasks: Sequence[_Task], jobs: int, progress: SuiteProgress) -> None:
    spawn = multiprocessing.get_context("spawn")  # a fork would take over torch's threads
    with (
        spawn.Manager() as manager,
        ProcessPoolExecutor(jobs, mp_context=spawn, max_tasks_per_child=1) as pool,
    ):
        told: queue.Queue[tuple[object, ...]] = manager.Queue()
        pending: set[Future[None]] = {pool.submit(_run_sent_task, task, told) for task in tasks}
        try:
            while pending:
                done, pending = wait(pending, timeout=0.3, return_when=FIRST_COMPLETED)
                _pass_on(told, progress)
                for future in done:
                    future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True, wait=False)
            raise


def _pass_on(told: queue.Queue[tuple[object, ...]], progress: SuiteProgress) -> None:
    while True:
        try:
            name, *arguments = told.get_nowait()
        except queue.Empty:
            return
        getattr(progress, str(name))(*arguments)


def _run_sent_task(task: _Task, told: queue.Queue[tuple[object, ...]]) -> None:
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
    if task.threads is not None:
        _use_threads(task.threads)
    ready = create_method(task.method, task.model) if method is None else method
    store = RunStore(task.store)
    for name in task.benchmarks:
        benchmark = benchmarks[name]
        known = (
            benchmark.length if task.limit is None or benchmark.length is None else min(benchmark.length, task.limit)
        )
        start(benchmark.name, task.method, known)
        key = run_key(ready, benchmark, task.condition, task.limit)
        store.store(key, functools.partial(_scored, ready, benchmark, task, advance))


def _scored(
    method: NamedMethod, benchmark: Benchmark, task: _Task, advance: Callable[[str, str], None], folder: Path
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
    threads = task.threads or os.cpu_count() or 1
    return StoredRun(result, method.origin, method.rival, _peak_memory(), threads, tuple(cases), folder)


def _use_threads(number: int) -> None:
    import cv2
    import torch

    cv2.setNumThreads(number)
    torch.set_num_threads(number)


def _peak_memory() -> int | None:
    """Of this process so far, in bytes; None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
