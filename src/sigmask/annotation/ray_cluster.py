"""`--ray`: shards of one run as tasks of Ray workers, on this machine or a cluster (extra `ray`).

Ray only says who does which shard. A shard, its ledger and its lock are those of `--shard i/n`, so that a run under Ray
can be gone on with by one without, and the other way round, and a worker that dies costs what a killed process costs:
the part under way. Its shard goes to the worker that Ray starts in its place.

The output must be one folder that all machines see, and the corpus lie under one path on all of them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from sigmask.annotation.bad_row_limit import BadRowLimit
from sigmask.annotation.ledger import LEDGER_FOLDER
from sigmask.annotation.output_folder import clear_output, make_output
from sigmask.annotation.output_lock import EXPIRY_SECONDS, OutputLock, OutputLockedError
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.annotation.part_plan import plan_parts
from sigmask.annotation.pipeline import AnnotateOptions, OnRows, annotate
from sigmask.annotation.sharding import Shard
from sigmask.annotation.summary import SUMMARY_NAME, Summary
from sigmask.data.corpus import Corpus, load_corpus
from sigmask.data.corpus_address import CorpusAddress
from sigmask.errors import MissingExtraError, SigmaskError

SHARDS_PER_WORKER = 8
"""So many that workers of unequal speed end together, so few that planning the parts stays cheap. Our choice."""
DEATHS_OF_A_SHARD = 3
"""A shard on which so many workers died is taken to kill them (memory, a broken driver). Our choice."""
CPUS_ON_A_CLUSTER = 4
"""Cores of a worker where none are asked for; more of them help one model little. Our choice."""
_POLL_SECONDS = 0.5
_LOCK_POLL_SECONDS = 2.0
_ANSWER_SECONDS = 10.0


class WorkersDieError(SigmaskError):
    """Workers die again and again on the same shard."""


class OpenAnnotator(Protocol):
    """Opens weights for an engine of so many threads."""

    def __call__(self, *, threads: int) -> PairAnnotator: ...


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work.

    Attributes:
        count: processes, each with a model of its own.
        address: of a running cluster, "auto" for the one that this machine belongs to; None starts one on this machine.
        cpus: cores of each, which Ray reserves and the engines keep to.
        gpus: GPUs of each, or parts of one.
    """

    count: int = 2
    address: str | None = None
    cpus: int = 1
    gpus: float = 0.0

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("cpus", 1), ("gpus", 0)):
            if getattr(self, name) < least:
                raise SigmaskError(f"{name} of workers must be at least {least}, got {getattr(self, name)}")

    @classmethod
    def sized(cls, count: int, *, cpus: int | None, address: str | None, gpu: bool = False) -> Workers:
        """So many workers; without `cpus`, those of this machine share its cores, and others get four each."""
        if cpus is None:
            cpus = max(1, (os.cpu_count() or 1) // count) if address is None else CPUS_ON_A_CLUSTER
        return cls(count, address, cpus, 1.0 if gpu else 0.0)


def annotate_on_ray(
    corpus: Corpus,
    open_annotator: OpenAnnotator,
    output: Path,
    options: AnnotateOptions | None = None,
    workers: Workers | None = None,
    *,
    on_rows: OnRows | None = None,
) -> Summary:
    """As `annotate`, by many processes: the same files, byte for byte where they run the same engine on like machines.

    Args:
        corpus: as `load_corpus` gives it; each worker opens it again by its address.
        open_annotator: called in each worker with `threads=` the cores that it has; picklable, such as
            `functools.partial(Annotator.from_pretrained, "tiny")`.
        output: as for `annotate`; an absolute path that all machines see is made of it.
        options: as for `annotate`. `shard` must be the whole; `max_bad` counts over all workers.
        workers: see `Workers`.
        on_rows: called with (rows done, bad ones among them), of all workers, about twice a second.

    Returns:
        The summary of the whole run.

    Raises:
        MissingExtraError: Ray is not installed.
        WorkersDieError: workers die again and again on the same shard.
        SigmaskError: what `annotate` raises in any worker; the others are stopped, and what is finished is kept.
    """
    options, workers = options or AnnotateOptions(), workers or Workers()
    if not options.shard.is_whole:
        raise SigmaskError(f"Ray deals out the shards itself: leave out shard {options.shard}")
    if corpus.address is None:
        raise SigmaskError("workers open the corpus anew, so it must be one that load_corpus gave")
    ray = _ray()
    parts = plan_parts(corpus, limit=options.limit, rows_per_part=options.rows_per_part)
    count = max(1, min(len(parts), SHARDS_PER_WORKER * workers.count))
    output = output.resolve()
    make_output(output)
    if options.overwrite:
        with OutputLock(output / LEDGER_FOLDER, Shard()):
            clear_output(output)
    shard_options = dataclasses.replace(options, overwrite=False, max_bad=None, workers=options.workers or workers.cpus)
    started_here = _connect(ray, workers)
    # two threads in each worker: one for the shard, one that tells how far it is
    actor = ray.remote(ShardWorker).options(num_cpus=workers.cpus, num_gpus=workers.gpus, max_concurrency=2)
    hire = partial(actor.remote, corpus.address, partial(open_annotator, threads=workers.cpus), output, shard_options)
    shards = [Shard(index, count) for index in range(count)]
    crew = _Crew(ray, hire, min(workers.count, count), shards, None if options.retry_quarantine else options.max_bad)
    try:
        summary = crew.work(on_rows or (lambda rows, bad: None))
        if not (output / SUMMARY_NAME).exists():  # the last shard did not see all records: look again
            summary = crew.look_again()
    finally:
        crew.dismiss()
        if started_here:
            ray.shutdown()
    if options.max_bad is not None:
        options.max_bad.check(summary.rows, sum(summary.bad.values()), finished=True)
    return summary


class ShardWorker:
    """One process of the crew; opens corpus and model once, and does the shards that it is given."""

    def __init__(
        self,
        address: CorpusAddress,
        open_annotator: Callable[[], PairAnnotator],
        output: Path,
        options: AnnotateOptions,
    ) -> None:
        self._address = address
        self._open_annotator = open_annotator
        self._opened: tuple[Corpus, PairAnnotator] | None = None
        self._output = output
        self._options = options
        self._rows = (0, 0)

    def annotate(self, shard: Shard, *, patient: bool) -> tuple[Summary, int, int]:
        """Do one shard: what `annotate` returns, and the shard's own rows and bad ones among them.

        A `patient` worker waits for the lock of one that died on another machine to expire.
        """
        if self._opened is None:  # not before: what goes wrong here is the shard's error, and not the worker's death
            address = self._address
            corpus = load_corpus(address.source, **address.columns, root=address.root)
            self._opened = corpus, self._open_annotator()
        options = dataclasses.replace(self._options, shard=shard)
        self._rows = (0, 0)
        give_up = time.monotonic() + (1.5 * EXPIRY_SECONDS if patient else 0.0)
        while True:
            try:
                summary = annotate(*self._opened, self._output, options, on_rows=self._note_rows)
                return summary, *self._rows
            except OutputLockedError:
                if time.monotonic() >= give_up:
                    raise
                time.sleep(_LOCK_POLL_SECONDS)

    def rows(self) -> tuple[int, int]:
        """(rows, bad ones among them) of the shard under way; answered while it is under way."""
        return self._rows

    def _note_rows(self, rows: int, bad: int) -> None:
        self._rows = (rows, bad)


class _Crew:
    """The workers, what each does, and what is left."""

    def __init__(
        self,
        ray: ModuleType,
        hire: Callable[[], Any],
        workers: int,
        shards: Sequence[Shard],
        limit: BadRowLimit | None,
    ) -> None:
        self._ray = ray
        self._hire = hire
        self._limit = limit
        self._left = deque(shards)
        self._idle = [hire() for _ in range(workers)]
        self._busy: dict[Any, tuple[Any, Shard]] = {}
        self._deaths: Counter[Shard] = Counter()
        self._done: dict[Shard, tuple[int, int]] = {}

    def work(self, on_rows: OnRows) -> Summary:
        """Do every shard; the summary of the last one to finish, which is that of the run."""
        summary: Summary | None = None
        while self._left or self._busy:
            while self._left and self._idle:
                worker, shard = self._idle.pop(), self._left.popleft()
                self._busy[worker.annotate.remote(shard, patient=self._deaths[shard] > 0)] = (worker, shard)
            finished, _ = self._ray.wait(list(self._busy), timeout=_POLL_SECONDS)
            for task in finished:
                found = self._result(task)
                if found is not None and (summary is None or found.rows >= summary.rows):
                    summary = found
            rows, bad = self._rows()
            on_rows(rows, bad)
            if self._limit is not None:
                self._limit.check(rows, bad)
        assert summary is not None
        return summary

    def look_again(self) -> Summary:
        """Take the last step of a run again, whose shards are all done."""
        summary: Summary = self._ray.get(self._idle[0].annotate.remote(Shard(), patient=True))[0]
        return summary

    def dismiss(self) -> None:
        """Stop all workers, those at work included."""
        for worker in [*self._idle, *(worker for worker, _ in self._busy.values())]:
            self._ray.kill(worker)

    def _result(self, task: Any) -> Summary | None:
        worker, shard = self._busy.pop(task)
        try:
            done: tuple[Summary, int, int] = self._ray.get(task)
        except self._ray.exceptions.RayActorError as error:
            self._deaths[shard] += 1
            if self._deaths[shard] >= DEATHS_OF_A_SHARD:
                raise WorkersDieError(
                    f"{DEATHS_OF_A_SHARD} workers died on shard {shard} (out of memory?); the last time: {error}. "
                    "Finished parts are kept, and the same command goes on"
                ) from error
            self._left.append(shard)
            self._idle.append(self._hire())
            return None
        except self._ray.exceptions.RayTaskError as error:
            self._idle.append(worker)
            raise error.cause from error
        self._idle.append(worker)
        summary, rows, bad = done
        self._done[shard] = rows, bad
        return summary

    def _rows(self) -> tuple[int, int]:
        """(rows done, bad ones among them) of the shards that are done and of those under way."""
        asked = [worker.rows.remote() for worker, _ in self._busy.values()]
        answered, _ = self._ray.wait(asked, num_returns=len(asked), timeout=_POLL_SECONDS) if asked else ([], [])
        counts = list(self._done.values())
        for answer in answered:
            with contextlib.suppress(self._ray.exceptions.RayActorError):  # its task says so too
                counts.append(self._ray.get(answer))
        return sum(rows for rows, _ in counts), sum(bad for _, bad in counts)


def _ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere unless the user asks for it
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingExtraError("ray", "ray", "annotating on a cluster") from error
    found: ModuleType = ray
    return found


def require_reachable(address: str) -> None:
    """Look whether anything listens at HOST:PORT, for which Ray itself would wait for minutes; "auto" is left to Ray.

    Raises:
        SigmaskError: nothing does.
    """
    match = re.fullmatch(r"(?:ray://)?\[?([^/\]]+?)\]?:(\d+)", address)
    if match is None:
        return
    try:
        socket.create_connection((match[1], int(match[2])), timeout=_ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise SigmaskError(f"no Ray cluster answers at {address}: {error}") from error


def _connect(ray: ModuleType, workers: Workers) -> bool:
    """Join the cluster; whether it was started here, and is to be stopped at the end."""
    if ray.is_initialized():
        return False
    if workers.address is None:
        ray.init(
            num_cpus=workers.count * workers.cpus, include_dashboard=False, log_to_driver=False, configure_logging=False
        )
    else:
        require_reachable(workers.address)
        try:
            ray.init(address=workers.address, log_to_driver=False, configure_logging=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise SigmaskError(f"no Ray cluster answers at {workers.address}: {error}") from error
    return True
