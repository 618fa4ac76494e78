"""`--ray`: shards of one run as tasks of Ray workers, on this machine or a cluster (extra `ray`).

Ray only says who does which shard. A shard, its ledger and its lock are those of `--shard i/n`, so that a run under Ray
can be gone on with by one without, and the other way round, and a worker that dies costs what a killed process costs:
the part under way. Its shard goes to the worker that Ray starts in its place.

The output must be one folder that all machines see, and the corpus lie under one path on all of them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from sigmask.annotation.bad_row_limit import BadRowLimit, TooManyBadRowsError
from sigmask.annotation.ledger import LEDGER_FOLDER, Ledger
from sigmask.annotation.lost_files import require_few_lost
from sigmask.annotation.output_folder import clear_output, make_output
from sigmask.annotation.output_lock import OutputLock
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.annotation.part_plan import plan_parts
from sigmask.annotation.pipeline import AnnotateOptions, OnRows, annotate
from sigmask.annotation.quarantine import write_quarantine
from sigmask.annotation.ray_connection import connected, import_ray
from sigmask.annotation.sharding import Shard
from sigmask.annotation.summary import SUMMARY_NAME, Summary
from sigmask.data.corpus import Corpus, load_corpus
from sigmask.data.corpus_address import CorpusAddress
from sigmask.errors import SigmaskError, SigmaskWarning, require_at_least

SHARDS_PER_WORKER = 8
"""So many that workers of unequal speed end together, so few that planning the parts stays cheap. Our choice."""
DEATHS_OF_A_SHARD = 3
"""A shard on which so many workers died is taken to kill them (memory, a broken driver). Our choice."""
CPUS_ON_A_CLUSTER = 4
"""Cores of a worker where none are asked for; more of them help one model little. Our choice."""
_POLL_SECONDS = 0.5
_STOP_SECONDS = 10.0
_PLACE_SECONDS = 30.0


class WorkersDieError(SigmaskError):
    """Workers die again and again on the same shard."""


class _StopError(Exception):
    """The run was stopped elsewhere."""


class OpenAnnotator(Protocol):
    """Opens weights for an engine of so many threads."""

    def __call__(self, *, threads: int) -> PairAnnotator: ...


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work.

    Attributes:
        count: processes, each with a model of its own.
        address: of a running cluster, "auto" for the one that this machine belongs to; None starts one on this machine.
        cpus: cores of each, which Ray reserves and the engines keep to; None: an equal share of this machine's, and
            four on a cluster, or as many as its largest machine has.
        gpus: GPUs of each, or parts of one.
    """

    count: int = 2
    address: str | None = None
    cpus: int | None = None
    gpus: float = 0.0

    def __post_init__(self) -> None:
        require_at_least(1, count=self.count, cpus=self.cpus)
        require_at_least(0, gpus=self.gpus)

    def cores_on(self, machines: Sequence[Mapping[str, float]]) -> int:
        """How many cores each worker gets: `cpus`, or what fits these machines.

        Args:
            machines: of each, what Ray says it has: "CPU", and "GPU" if any.

        Raises:
            SigmaskError: no machine has what one worker needs, so that Ray would wait for one forever.
        """
        largest = int(max((machine.get("CPU", 0) for machine in machines), default=0))
        share = max(1, largest // self.count) if self.address is None else min(CPUS_ON_A_CLUSTER, max(1, largest))
        cpus = share if self.cpus is None else self.cpus
        if not any(machine.get("CPU", 0) >= cpus and machine.get("GPU", 0) >= self.gpus for machine in machines):
            needs = f"{cpus} cores" + (f" and {self.gpus:g} GPUs" if self.gpus else "")
            raise SigmaskError(
                f"no machine has the {needs} that a worker asks for; the largest has {largest} cores and "
                f"{max((machine.get('GPU', 0) for machine in machines), default=0):g} GPUs. --workers sets the cores"
                + (", --device the GPU" if self.gpus else "")
            )
        return cpus


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
        raise SigmaskError(f"Ray deals out the shards itself: leave out --shard {options.shard}")
    if corpus.address is None:
        raise SigmaskError("workers open the corpus anew, so it must be one that load_corpus gave")
    ray = import_ray()
    parts = plan_parts(corpus, limit=options.limit, rows_per_part=options.rows_per_part)
    if options.max_bad is not None and not options.retry_quarantine:
        require_few_lost(parts, options.max_bad)  # the workers warn of them
    count = max(1, min(len(parts), SHARDS_PER_WORKER * workers.count))
    output = output.resolve()
    shards = [Shard(index, count) for index in range(count)]
    with connected(ray, workers.address, workers.count * (workers.cpus or 1)):
        cpus = workers.cores_on([node["Resources"] for node in ray.nodes() if node["Alive"]])
        shard_options = dataclasses.replace(options, overwrite=False, max_bad=None, workers=options.workers or cpus)
        # two threads in each worker: one for the shard, one that tells how far it is
        actor = ray.remote(ShardWorker).options(num_cpus=cpus, num_gpus=workers.gpus, max_concurrency=2)
        opener = partial(open_annotator, threads=cpus)
        hire = partial(actor.remote, corpus.address, opener, output, shard_options)
        limit = None if options.retry_quarantine else options.max_bad
        with _Crew(ray, hire, min(workers.count, count), shards, limit) as crew:
            crew.wait_for_one()  # corpus and model open: nothing is removed for a run that cannot begin
            make_output(output)
            if options.overwrite:
                with OutputLock(output / LEDGER_FOLDER, Shard()):
                    clear_output(output)
            try:
                summary = crew.work(on_rows or (lambda rows, bad: None))
            except TooManyBadRowsError:  # its message says where the bad rows are named: those of finished parts
                records = Ledger(output).records(parts).values()
                write_quarantine(output, [bad for record in records for bad in record.bad])
                raise
            if not (output / SUMMARY_NAME).exists():  # the last shard did not see all records: look again
                summary = crew.look_again()
    if options.max_bad is not None:
        options.max_bad.check(summary.rows, sum(summary.bad.values()), finished=True)
    return summary


@dataclass(frozen=True, slots=True)
class News:
    """What a worker has to tell of a shard: rows done, bad ones among them; and warnings since it was last asked."""

    rows: int
    bad: int
    warnings: tuple[str, ...]


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
        self._rows: dict[Shard, tuple[int, int]] = {}
        self._warnings: list[str] = []
        self._is_stopped = False
        warnings.showwarning = lambda message, *place: self._warnings.append(str(message))

    def open(self) -> None:
        """Open corpus and model. Not done in `__init__`, where what goes wrong would be the worker's death."""
        address = self._address
        self._opened = load_corpus(address.source, **address.columns, root=address.root), self._open_annotator()

    def annotate(self, shard: Shard) -> tuple[Summary, News]:
        """Do one shard, once it is open: what `annotate` returns, and the shard's own figures."""
        assert self._opened is not None
        options = dataclasses.replace(self._options, shard=shard)
        summary = annotate(*self._opened, self._output, options, on_rows=partial(self._note_rows, shard))
        return summary, self.news(shard)

    def news(self, shard: Shard) -> News:
        """Of a shard that is or was under way; answered while it is."""
        said, self._warnings = self._warnings, []
        return News(*self._rows.get(shard, (0, 0)), tuple(said))

    def stop(self) -> None:
        """End the shard under way after its batch, so that its lock is released; what is finished is kept."""
        self._is_stopped = True

    def _note_rows(self, shard: Shard, rows: int, bad: int) -> None:
        if self._is_stopped:
            raise _StopError
        self._rows[shard] = (rows, bad)


class _Crew:
    """The workers, what each does, and what is left; all are stopped at the end of a `with` block."""

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
        self._hired: dict[Any, Any] = {}  # what is answered once a worker is open → the worker
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, Shard]] = {}
        self._deaths: Counter[Shard | None] = Counter()  # None: before a worker had one
        self._done: dict[Shard, tuple[int, int]] = {}
        self._under_way: dict[Shard, tuple[int, int]] = {}
        self._waiting_since: float | None = time.monotonic()
        self._said: set[str] = set()
        for _ in range(workers):
            self._add_worker()

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *error: object) -> None:
        at_work = [worker for worker, _ in self._busy.values()]
        for worker in at_work:
            worker.stop.remote()
        if at_work:  # they release their locks, which on other machines would outlive them
            self._ray.wait(list(self._busy), num_returns=len(at_work), timeout=_STOP_SECONDS)
        for worker in [*self._hired.values(), *self._idle, *at_work]:
            self._ray.kill(worker)

    def wait_for_one(self) -> None:
        """Until one worker is open; what goes wrong there is raised."""
        while not self._idle:
            finished, _ = self._ray.wait(list(self._hired), timeout=_POLL_SECONDS)
            for task in finished:
                self._greet(task)
            self._tell_of_waiting()

    def work(self, on_rows: OnRows) -> Summary:
        """Do every shard; the summary of the last one to finish, which is that of the run."""
        summary: Summary | None = None
        while self._left or self._busy:
            while self._left and self._idle:
                worker, shard = self._idle.pop(), self._left.popleft()
                self._busy[worker.annotate.remote(shard)] = (worker, shard)
            waiting = [*self._busy, *(self._hired if self._left else ())]
            finished, _ = self._ray.wait(waiting, timeout=_POLL_SECONDS)
            for task in finished:
                if task in self._hired:
                    self._greet(task)
                    continue
                found = self._result(task)
                if found is not None and (summary is None or found.rows >= summary.rows):
                    summary = found
            self._tell_of_waiting()
            rows, bad = self._rows()
            on_rows(rows, bad)
            if self._limit is not None:
                self._limit.check(rows, bad)
        assert summary is not None
        return summary

    def look_again(self) -> Summary:
        """Take the last step of a run again, whose shards are all done."""
        summary: Summary = self._ray.get(self._idle[0].annotate.remote(Shard()))[0]
        return summary

    def _add_worker(self) -> None:
        worker = self._hire()
        self._hired[worker.open.remote()] = worker

    def _greet(self, task: Any) -> None:
        """Take in a worker that is open."""
        worker = self._hired.pop(task)
        try:
            self._ray.get(task)
        except self._ray.exceptions.RayActorError as error:
            self._replace_dead(None, error)
            return
        except self._ray.exceptions.RayTaskError as error:
            self._idle.append(worker)  # to be dismissed
            raise error.cause from error
        self._idle.append(worker)
        self._waiting_since = None

    def _tell_of_waiting(self) -> None:
        """Say so once if no worker is ready for long."""
        if self._waiting_since is not None and time.monotonic() - self._waiting_since > _PLACE_SECONDS:
            self._waiting_since = None
            warnings.warn(
                f"no worker is ready after {_PLACE_SECONDS:.0f} s: the cluster's cores or GPUs are in use, or corpus "
                "and model take long to open; waiting",
                SigmaskWarning,
                stacklevel=3,
            )

    def _result(self, task: Any) -> Summary | None:
        worker, shard = self._busy.pop(task)
        try:
            done: tuple[Summary, News] = self._ray.get(task)
        except self._ray.exceptions.RayActorError as error:
            self._left.append(shard)
            self._under_way.pop(shard, None)
            self._replace_dead(shard, error)
            return None
        except self._ray.exceptions.RayTaskError as error:
            self._idle.append(worker)
            raise error.cause from error
        self._idle.append(worker)
        summary, news = done
        self._pass_on(news)
        self._done[shard] = news.rows, news.bad
        self._under_way.pop(shard, None)
        return summary

    def _pass_on(self, news: News) -> None:
        """Warn of what workers warned of, once of each."""
        for said in news.warnings:
            if said not in self._said:
                self._said.add(said)
                warnings.warn(said, SigmaskWarning, stacklevel=5)

    def _replace_dead(self, shard: Shard | None, error: Exception) -> None:
        self._deaths[shard] += 1
        if self._deaths[shard] >= DEATHS_OF_A_SHARD:
            what = "before they had a shard" if shard is None else f"on shard {shard} (out of memory?)"
            raise WorkersDieError(
                f"{DEATHS_OF_A_SHARD} workers died {what}; the last time: {error}. "
                "Finished parts are kept, and the same command goes on"
            ) from error
        self._add_worker()

    def _rows(self) -> tuple[int, int]:
        """(rows done, bad ones among them) of the shards that are done and of those under way."""
        asked = {worker.news.remote(shard): shard for worker, shard in self._busy.values()}
        answered, _ = self._ray.wait(list(asked), num_returns=len(asked), timeout=_POLL_SECONDS) if asked else ([], [])
        for answer in answered:
            with contextlib.suppress(self._ray.exceptions.RayActorError):  # its task says so too
                news: News = self._ray.get(answer)
                self._pass_on(news)
                self._under_way[asked[answer]] = news.rows, news.bad
        counts = [*self._done.values(), *self._under_way.values()]
        return sum(rows for rows, _ in counts), sum(bad for _, bad in counts)
