"""Annotate a corpus: rows are read, decoded in threads, put through the model in batches, encoded in threads, written.

    reader ─→ decode and prepare (threads) ─→ batch ─→ model ─→ encode (threads) ─→ part ─→ ledger
                                   └────────── bad rows ──────────┴─────────────────┘

Order is kept, every queue is bounded by a count and by pixels, and every row ends either in the masks or in the
quarantine. Image codecs, OpenCV and torch release the interpreter lock, so threads are enough to fill the cores.
Parts follow each other without a pause: while one is encoded and committed, the next is read.
"""

from __future__ import annotations

import os
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sigmask.annotation.bad_row_limit import BadRowLimit, TooManyBadRowsError
from sigmask.annotation.fingerprint import run_fingerprint
from sigmask.annotation.finish import finish_run
from sigmask.annotation.ledger import LEDGER_FOLDER, Ledger, PartRecord
from sigmask.annotation.lost_files import require_few_lost, warn_of_lost
from sigmask.annotation.mask_table import Row, mask_row
from sigmask.annotation.model_runner import ModelFailedError, ModelRunner
from sigmask.annotation.open_part import OpenPart
from sigmask.annotation.output_folder import clear_output, make_output, remove_leftovers, reopen_output
from sigmask.annotation.output_lock import OutputLock
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.annotation.part_plan import ROWS_PER_PART, Part, PartReader, plan_parts
from sigmask.annotation.preparation import prepared_batches
from sigmask.annotation.quarantine import write_quarantine
from sigmask.annotation.sharding import Shard
from sigmask.annotation.summary import Summary
from sigmask.data.corpus import Corpus
from sigmask.data.raw_pair import RawPair
from sigmask.errors import SigmaskError, SigmaskWarning, require_at_least
from sigmask.types import Annotation, BadSample, EditPair

__all__ = ["AnnotateOptions", "ModelFailedError", "annotate", "rows_to_read"]

OnRows = Callable[[int, int], None]
OnAnnotation = Callable[[EditPair, Annotation], None]


@dataclass(frozen=True, slots=True)
class AnnotateOptions:
    """How to run.

    Attributes:
        batch_size: pairs per call of the model, at least 1.
        workers: threads that decode and encode; None means one per core, at most 8.
        limit: rows to read at most, bad ones included; None means all.
        overwrite: remove an earlier run in the output folder instead of going on with it.
        rows_per_part: rows per parquet part, and what a crash costs at most.
        shard: the share of the parts to do.
        max_bad: how many bad rows are too many; None: any number is fine.
        retry_quarantine: when all is done, read the quarantined rows again.
        moved: the corpus is the same as in the earlier run, although it lies elsewhere now.
    """

    batch_size: int = 8
    workers: int | None = None
    limit: int | None = None
    overwrite: bool = False
    rows_per_part: int = ROWS_PER_PART
    shard: Shard = field(default_factory=Shard)
    max_bad: BadRowLimit | None = None
    retry_quarantine: bool = False
    moved: bool = False

    def __post_init__(self) -> None:
        require_at_least(1, batch_size=self.batch_size, workers=self.workers, rows_per_part=self.rows_per_part)
        require_at_least(0, limit=self.limit)
        if self.overwrite and not self.shard.is_whole:
            raise SigmaskError(
                f"overwrite and shard {self.shard} exclude each other: each process would remove what the others "
                "have done. Remove the folder first, then start the shards"
            )
        if self.overwrite and self.retry_quarantine:
            raise SigmaskError("overwrite and retry_quarantine exclude each other: a new run reads every row anyway")


def annotate(
    corpus: Corpus,
    annotator: PairAnnotator,
    output: Path,
    options: AnnotateOptions | None = None,
    *,
    on_rows: OnRows | None = None,
    on_annotation: OnAnnotation | None = None,
) -> Summary:
    """Write masks for every row of `corpus` into the folder `output`, or go on where an earlier call was cut off.

    Args:
        corpus: where the pairs come from.
        annotator: what makes the masks.
        output: gets `masks-*.parquet` and, when all parts of all shards are done, `quarantine.parquet` and, last,
            `summary.json`.
        options: see `AnnotateOptions`.
        on_rows: called with (rows done, bad rows among them), those of earlier calls included: once at the start and
            after each batch. For a progress bar.
        on_annotation: called with each pair that this call annotates and what was made of it, in order: for a
            gallery. Pairs are kept in memory until then, and no longer. Only with it are the corpus's own masks
            decoded, and pairs of which the mask is bad quarantined.

    Returns:
        The summary of the whole run where it is finished, else of this shard's rows.

    Raises:
        OutputDiffersError: `output` holds a run with another corpus, model or options, and `overwrite` is not set.
        OutputLockedError: another process is writing the same share.
        OutputWriteError: the disk is full, or cannot be written otherwise. What was finished is kept.
        TooManyBadRowsError: more rows are bad than `options.max_bad` allows.
        ModelFailedError: the model fails on every pair.
    """
    options = options or AnnotateOptions()
    parts = plan_parts(corpus, limit=options.limit, rows_per_part=options.rows_per_part)
    own = options.shard.own(parts)
    if options.max_bad is not None and not options.retry_quarantine:
        require_few_lost(parts, options.max_bad)
    warn_of_lost(parts)
    fingerprint = run_fingerprint(corpus, annotator, limit=options.limit, rows_per_part=options.rows_per_part)
    make_output(output)
    with OutputLock(output / LEDGER_FOLDER, options.shard) as lock:
        if options.overwrite:
            clear_output(output)
        ledger = Ledger(output)
        ledger.begin(fingerprint, parts, moved=options.moved)
        remove_leftovers(output, own, whole=options.shard.is_whole)
        _withdraw_damaged(ledger, own)
        run = _Run(annotator, output, options, ledger, lock, on_rows, on_annotation)
        try:
            run.first_pass(corpus, own)
            if options.retry_quarantine:
                run.second_pass(corpus, own)
        except TooManyBadRowsError:
            committed = [bad for record in ledger.records(parts).values() for bad in record.bad]
            write_quarantine(output, committed + run.uncommitted_bad)
            raise
        summary = finish_run(output, ledger, parts, own, annotator, corpus)
    if options.max_bad is not None:
        options.max_bad.check(summary.rows, sum(summary.bad.values()), finished=True)
    return summary


def rows_to_read(corpus: Corpus, options: AnnotateOptions) -> int:
    """How many rows `annotate` would go through with these options, those already done included."""
    parts = plan_parts(corpus, limit=options.limit, rows_per_part=options.rows_per_part)
    return sum(part.rows for part in options.shard.own(parts))


def _withdraw_damaged(ledger: Ledger, own: Sequence[Part]) -> None:
    damaged = ledger.damaged(own)
    if damaged:
        names = ", ".join(part.file_name for part in damaged[:3]) + (", …" if len(damaged) > 3 else "")
        warnings.warn(
            f"{len(damaged)} finished part(s) are damaged, missing, cut off by an earlier --limit or of a source that "
            f"has changed, and are made again: {names}",
            SigmaskWarning,
            stacklevel=3,
        )
        ledger.withdraw(damaged)


class _Run:
    """One call of `annotate`: what it works with, and how far it is."""

    def __init__(
        self,
        annotator: PairAnnotator,
        output: Path,
        options: AnnotateOptions,
        ledger: Ledger,
        lock: OutputLock,
        on_rows: OnRows | None,
        on_annotation: OnAnnotation | None,
    ) -> None:
        self._annotator = annotator
        self._output = output
        self._options = options
        self._ledger = ledger
        self._lock = lock
        self._on_rows = on_rows or (lambda done, bad: None)
        self._on_annotation = on_annotation
        self._workers = options.workers or min(os.cpu_count() or 1, 8)
        self._open: deque[OpenPart] = deque()
        self._encoded: deque[tuple[OpenPart, Future[Row] | None]] = deque()
        self._rows = 0
        self._bad = 0
        self._committed_at = time.monotonic()

    @property
    def uncommitted_bad(self) -> list[BadSample]:
        """Bad rows of the parts that were under way when the run stopped."""
        return [bad for part in self._open for bad in part.bad]

    def first_pass(self, corpus: Corpus, own: Sequence[Part]) -> None:
        """Do those of the parts that are not done."""
        done = self._ledger.records(own)
        self._rows = sum(record.rows for record in done.values())
        self._bad = sum(len(record.bad) for record in done.values())
        self._on_rows(self._rows, self._bad)
        missing = [part for part in own if part not in done]
        limit = None if self._options.retry_quarantine and not missing else self._options.max_bad
        if limit is not None:
            limit.check(self._rows, self._bad)
        self._annotate(missing, PartReader(corpus).read, {}, limit)

    def second_pass(self, corpus: Corpus, own: Sequence[Part]) -> None:
        """Read the bad rows of finished parts again, and only those."""
        again = {part: record for part, record in self._ledger.records(own).items() if record.bad}
        wanted = {part: {bad.row_index for bad in record.bad} for part, record in again.items()}
        reader = PartReader(corpus)

        def bad_rows(part: Part) -> Iterator[RawPair | BadSample]:
            return (row for row in reader.read(part) if row.row_index in wanted[part])

        quarantined = sum(map(len, wanted.values()))
        self._rows -= quarantined
        self._bad -= quarantined
        self._annotate(list(again), bad_rows, again, None)

    def _annotate(
        self,
        parts: Sequence[Part],
        read: Callable[[Part], Iterator[RawPair | BadSample]],
        earlier: Mapping[Part, PartRecord],
        limit: BadRowLimit | None,
    ) -> None:
        if not parts:
            return
        reopen_output(self._output)
        batch_size = self._options.batch_size
        model = ModelRunner(self._annotator)
        try:
            with ThreadPoolExecutor(self._workers, thread_name_prefix="sigmask-codec") as codecs:
                for batch in prepared_batches(
                    parts, read, self._annotator, codecs,
                    batch_size=batch_size, workers=self._workers, keep_pairs=self._on_annotation is not None,
                ):  # fmt: skip
                    part = self._part(batch.part, earlier)
                    for ready, outcome in model.run(batch.outcomes):
                        if isinstance(outcome, BadSample):
                            part.add_bad(outcome)
                            self._bad += 1
                            continue
                        assert ready is not None
                        part.count(outcome)
                        place = (ready.sample_id, ready.source_file, ready.row_index)
                        row = codecs.submit(mask_row, *place, outcome, ready.checksum)
                        self._encoded.append((part, row))
                        if self._on_annotation is not None and ready.pair is not None:
                            self._on_annotation(ready.pair, outcome)
                    if batch.ends_part:
                        self._encoded.append((part, None))
                    self._rows += len(batch.outcomes)
                    # a batch that is cut short, unless its part ends, is of large pictures: then few wait for encoding
                    self._drain(leave=2 * (batch_size if batch.ends_part else len(batch.outcomes)))
                    self._on_rows(self._rows, self._bad)
                    if limit is not None:
                        limit.check(self._rows, self._bad)
                self._drain(leave=0)
        except BaseException:
            for part in self._open:
                part.discard()
            raise

    def _part(self, part: Part, earlier: Mapping[Part, PartRecord]) -> OpenPart:
        """The part under way, begun if it is a new one."""
        if not self._open or self._open[-1].part != part:
            self._open.append(OpenPart(part, self._output, earlier.get(part)))
        return self._open[-1]

    def _drain(self, *, leave: int) -> None:
        """Write encoded rows in order, and commit the parts that are complete, until at most `leave` are under way."""
        while len(self._encoded) > leave or (self._encoded and self._encoded[0][1] is None):
            part, row = self._encoded.popleft()
            if row is not None:
                part.write(row.result())
                continue
            self._commit(part)
            self._open.popleft()

    def _commit(self, part: OpenPart) -> None:
        self._lock.confirm()
        now = time.monotonic()
        self._ledger.commit(part.part, part.finish(now - self._committed_at))
        self._committed_at = now
