"""Annotate a corpus: rows are read, decoded in threads, put through the model in batches, encoded in threads, written.

    reader ─→ decode and prepare (threads) ─→ batch ─→ model ─→ encode (threads) ─→ writer
                                   └────────── bad rows ──────────┴────────────→ quarantine

Order is kept, every queue is bounded by a count and by pixels, and every row ends either in the masks or in the
quarantine. Image codecs, OpenCV and torch release the interpreter lock, so threads are enough to fill the cores.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sigmask.annotation.mask_table import Row, mask_row
from sigmask.annotation.ordered_threads import in_order
from sigmask.annotation.output_folder import open_output
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.annotation.quarantine import Quarantine
from sigmask.annotation.summary import Summary, Tally
from sigmask.annotation.writer import ROWS_PER_PART, MaskWriter
from sigmask.data.corpus import Corpus
from sigmask.data.raw_pair import RawPair, decode_pair
from sigmask.errors import BadReason, SampleError, SigmaskError
from sigmask.types import Annotation, BadSample, EditPair

PIXELS_IN_FLIGHT = 48_000_000
"""Pixels of decoded pairs (both images) that may be held at once: with their maps about half a gigabyte. Our choice."""
FAILURES_BEFORE_STOP = 32
"""When the model has failed on this many pairs and on none it succeeded, the model is at fault, not the pairs."""


class ModelFailedError(SigmaskError):
    """The model fails on everything it is given."""


@dataclass(frozen=True, slots=True)
class AnnotateOptions:
    """How to run.

    Attributes:
        batch_size: pairs per call of the model, at least 1.
        workers: threads that decode and encode; None means one per core, at most 8.
        limit: rows to read at most, bad ones included; None means all.
        overwrite: replace an earlier run in the output folder instead of refusing.
        rows_per_part: rows per parquet part.
    """

    batch_size: int = 8
    workers: int | None = None
    limit: int | None = None
    overwrite: bool = False
    rows_per_part: int = ROWS_PER_PART

    def __post_init__(self) -> None:
        for name, least in (("batch_size", 1), ("workers", 1), ("limit", 0), ("rows_per_part", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise SigmaskError(f"{name} must be at least {least}, got {value}")


def annotate(
    corpus: Corpus,
    annotator: PairAnnotator,
    output: Path,
    options: AnnotateOptions | None = None,
    *,
    on_rows: Callable[[int, int], None] | None = None,
    on_annotation: Callable[[EditPair, Annotation], None] | None = None,
) -> Summary:
    """Write masks for every row of `corpus` into the folder `output`.

    Args:
        corpus: where the pairs come from.
        annotator: what makes the masks.
        output: gets `masks-*.parquet`, `quarantine.parquet` and, last, `summary.json`.
        options: see `AnnotateOptions`.
        on_rows: called with (rows done, bad rows among them) after each batch: for a progress bar.
        on_annotation: called with each pair and what was made of it, in order: for a gallery. Pairs are kept in
            memory until then, and no longer.

    Raises:
        OutputExistsError: `output` already holds a run and `options.overwrite` is not set.
        ModelFailedError: the model fails on every pair.
    """
    options = options or AnnotateOptions()
    open_output(output, overwrite=options.overwrite)
    started = time.monotonic()
    workers = options.workers or min(os.cpu_count() or 1, 8)
    tally = Tally()
    with (
        ThreadPoolExecutor(workers, thread_name_prefix="sigmask-codec") as codecs,
        Quarantine(output) as quarantine,
        MaskWriter(output, rows_per_part=options.rows_per_part) as writer,
    ):
        window = _Window(least=workers + 1, most=workers + 3 * options.batch_size)
        prepare = _Preparer(annotator, keep_pairs=on_annotation is not None)
        rows = islice(corpus.rows(), options.limit)
        model = _Model(annotator)
        encoded: deque[Future[Row]] = deque()
        for batch in _batches(in_order(codecs, prepare, rows, window=window), options.batch_size, window):
            for ready, outcome in model.run(batch):
                if isinstance(outcome, BadSample):
                    quarantine.add(outcome)
                    continue
                assert ready is not None
                tally.add(outcome)
                encoded.append(codecs.submit(mask_row, ready.sample_id, ready.source_file, ready.row_index, outcome))
                if on_annotation is not None and ready.pair is not None:
                    on_annotation(ready.pair, outcome)
            _drain(encoded, writer, leave=2 * options.batch_size)
            if on_rows is not None:
                on_rows(tally.written + quarantine.counts.total(), quarantine.counts.total())
        _drain(encoded, writer, leave=0)
    summary = tally.summary(
        bad=quarantine.counts,
        first_bad=quarantine.first,
        seconds=time.monotonic() - started,
        model=annotator.name,
        fingerprint=annotator.fingerprint,
    )
    summary.save(output)
    return summary


@dataclass(frozen=True, slots=True)
class _Ready:
    """A pair ready for the model, and where its row came from."""

    sample_id: str
    source_file: str
    row_index: int
    prepared: Any
    pixels: int
    pair: EditPair | None

    def failed(self, error: Exception) -> BadSample:
        return BadSample(
            sample_id=self.sample_id,
            reason=BadReason.MODEL_FAILED,
            message=f"the model failed on this pair: {type(error).__name__}: {error}",
            source_file=self.source_file,
            row_index=self.row_index,
        )


class _Preparer:
    """Turns a raw row into a `_Ready` pair or a `BadSample`; runs in worker threads."""

    def __init__(self, annotator: PairAnnotator, *, keep_pairs: bool) -> None:
        self._annotator = annotator
        self._keep_pairs = keep_pairs

    def __call__(self, row: RawPair | BadSample) -> _Ready | BadSample:
        if isinstance(row, BadSample):
            return row
        pair = decode_pair(row)
        if isinstance(pair, BadSample):
            return pair
        ready = _Ready(
            pair.sample_id,
            pair.source_file,
            pair.row_index,
            prepared=None,
            pixels=pair.original.shape[0] * pair.original.shape[1] + pair.edited.shape[0] * pair.edited.shape[1],
            pair=pair if self._keep_pairs else None,
        )
        try:
            prepared = self._annotator.prepare(pair)
        except SampleError as error:
            return BadSample(pair.sample_id, error.reason, str(error), pair.source_file, pair.row_index)
        except Exception as error:  # whatever one pair breaks must not end the run; it is quarantined with its name
            return ready.failed(error)
        return _Ready(ready.sample_id, ready.source_file, ready.row_index, prepared, ready.pixels, ready.pair)


class _Window:
    """How many pairs may be under way: fewer while large pictures pass, so that memory stays flat."""

    def __init__(self, *, least: int, most: int) -> None:
        self._least = least
        self._most = most
        self._largest = 1.0

    def __call__(self) -> int:
        return max(self._least, min(self._most, int(PIXELS_IN_FLIGHT / self._largest)))

    def observe(self, pixels: int) -> None:
        """Note the size of a pair; the memory of a large one fades over some dozens of pairs."""
        self._largest = max(float(pixels), 0.95 * self._largest)


def _batches(
    outcomes: Iterable[_Ready | BadSample], batch_size: int, window: _Window
) -> Iterator[list[_Ready | BadSample]]:
    """Group outcomes, in order, into lists with at most `batch_size` pairs and a quarter of the pixels in flight."""
    batch: list[_Ready | BadSample] = []
    pixels = 0
    for outcome in outcomes:
        batch.append(outcome)
        if isinstance(outcome, _Ready):
            window.observe(outcome.pixels)
            pixels += outcome.pixels
        if len(batch) >= batch_size or pixels >= PIXELS_IN_FLIGHT // 4:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


class _Model:
    """Runs the annotator on batches, and pair by pair where a batch fails, so that only the culprit is lost."""

    def __init__(self, annotator: PairAnnotator) -> None:
        self._annotator = annotator
        self._succeeded = False
        self._failures = 0

    def run(self, batch: list[_Ready | BadSample]) -> Iterator[tuple[_Ready | None, Annotation | BadSample]]:
        """Yield (pair, its annotation or why there is none) in the batch's order."""
        ready = [item for item in batch if isinstance(item, _Ready)]
        outcomes = iter(self._infer(ready))
        for item in batch:
            if isinstance(item, _Ready):
                yield item, next(outcomes)
            else:
                yield None, item

    def _infer(self, ready: list[_Ready]) -> list[Annotation | BadSample]:
        if not ready:
            return []
        try:
            annotations = self._annotator.infer([item.prepared for item in ready])
            if len(annotations) != len(ready):
                raise SigmaskError(f"the annotator gave {len(annotations)} annotations for {len(ready)} pairs")
        except Exception as error:
            if len(ready) > 1:
                return [outcome for item in ready for outcome in self._infer([item])]
            self._failures += 1
            if not self._succeeded and self._failures >= FAILURES_BEFORE_STOP:
                raise ModelFailedError(
                    f"the model failed on each of the first {self._failures} pairs, the last time with "
                    f"{type(error).__name__}: {error}. Check it with 'sigmask doctor'."
                ) from error
            return [ready[0].failed(error)]
        self._succeeded = True
        return list(annotations)


def _drain(encoded: deque[Future[Row]], writer: MaskWriter, *, leave: int) -> None:
    """Write encoded rows in order until at most `leave` are under way."""
    while len(encoded) > leave:
        writer.write(encoded.popleft().result())
