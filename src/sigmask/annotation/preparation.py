"""From a raw row to a pair that the model takes: decoded and prepared in worker threads, gathered into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

from sigmask.annotation.ordered_threads import in_order
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.annotation.part_plan import Part
from sigmask.data.raw_pair import RawPair, decode_pair
from sigmask.errors import BadReason, SampleError
from sigmask.types import BadSample, EditPair

PIXELS_IN_FLIGHT = 48_000_000
"""Pixels of decoded pairs (both images) that are read ahead: with their maps about half a gigabyte. Our choice.

A single pair may have more, and is then under way alone. How large pictures are shows when they are decoded, so the
first large ones after small ones come as many at once as the small ones did.
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A pair ready for the model, and where its row came from; `pair`, with its mask, only where it is to be seen.

    `checksum` is that of the pair's files, see `pair_checksum`.
    """

    sample_id: str
    source_file: str
    row_index: int
    checksum: int | None
    prepared: Any
    pixels: int
    pair: EditPair | None

    def failed(self, error: Exception) -> BadSample:
        """The bad sample that this pair becomes when the model raises `error`."""
        return BadSample(
            sample_id=self.sample_id,
            reason=BadReason.MODEL_FAILED,
            message=f"the model failed on this pair: {type(error).__name__}: {error}",
            source_file=self.source_file,
            row_index=self.row_index,
        )


Outcome = Ready | BadSample


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive outcomes of one part; `ends_part` says that the next batch, if any, is of another."""

    part: Part
    outcomes: list[Outcome]
    ends_part: bool


def prepared_batches(
    parts: Iterable[Part],
    read: Callable[[Part], Iterator[RawPair | BadSample]],
    annotator: PairAnnotator,
    executor: Executor,
    *,
    batch_size: int,
    workers: int,
    keep_pairs: bool,
) -> Iterator[Batch]:
    """Read the parts one after another, without a pause between them, and prepare their rows in `executor`.

    No batch holds rows of two parts: then what the model sees together, and so every byte of a part, is the same
    whether a run was interrupted before it or not.

    Masks that the corpus itself has are decoded only with `keep_pairs`: nothing here looks at them, so a bad one must
    not cost its pair.
    """
    window = ReadAhead(most=workers + 3 * batch_size)
    prepare = _Preparer(annotator, keep_pairs=keep_pairs)
    rows = _rows_and_ends(parts, read)
    return _batches(in_order(executor, prepare, rows, window=window), batch_size, window)


class ReadAhead:
    """How many pairs may be under way: one until the first is seen, at most `most`, and fewer while large ones pass.

    It never falls below one, so that work goes on however large a picture is.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._largest = 0.0

    def __call__(self) -> int:
        if not self._largest:
            return 1
        return max(1, min(self._most, int(PIXELS_IN_FLIGHT / self._largest)))

    def observe(self, pixels: int) -> None:
        """Note the size of a pair; the memory of a large one fades over some dozens of pairs."""
        self._largest = max(float(pixels), 0.95 * self._largest)


def _rows_and_ends(
    parts: Iterable[Part], read: Callable[[Part], Iterator[RawPair | BadSample]]
) -> Iterator[tuple[Part, RawPair | BadSample | None]]:
    """Each row with its part, and (part, None) behind a part's last row."""
    for part in parts:
        for row in read(part):
            yield part, row
        yield part, None


class _Preparer:
    """Turns a raw row into a `Ready` pair or a `BadSample`; runs in worker threads."""

    def __init__(self, annotator: PairAnnotator, *, keep_pairs: bool) -> None:
        self._annotator = annotator
        self._keep_pairs = keep_pairs

    def __call__(self, item: tuple[Part, RawPair | BadSample | None]) -> tuple[Part, Outcome | None]:
        part, row = item
        return part, None if row is None else self._prepare(row)

    def _prepare(self, row: RawPair | BadSample) -> Outcome:
        pair = decode_pair(row, with_mask=self._keep_pairs)
        if isinstance(pair, BadSample):
            return pair
        ready = Ready(
            pair.sample_id,
            pair.source_file,
            pair.row_index,
            pair.checksum,
            prepared=None,
            pixels=pair.original.shape[0] * pair.original.shape[1] + pair.edited.shape[0] * pair.edited.shape[1],
            pair=pair if self._keep_pairs else None,
        )
        try:
            return replace(ready, prepared=self._annotator.prepare(pair))
        except SampleError as error:
            return BadSample(ready.sample_id, error.reason, str(error), pair.source_file, pair.row_index)
        except Exception as error:  # whatever one pair breaks must not end the run; it is quarantined with its name
            return ready.failed(error)


def _batches(outcomes: Iterable[tuple[Part, Outcome | None]], batch_size: int, window: ReadAhead) -> Iterator[Batch]:
    """Group outcomes, in order, into lists of at most `batch_size` and a quarter of the pixels in flight."""
    batch: list[Outcome] = []
    pixels = 0
    for part, outcome in outcomes:
        if outcome is None:
            yield Batch(part, batch, ends_part=True)
            batch, pixels = [], 0
            continue
        batch.append(outcome)
        if isinstance(outcome, Ready):
            window.observe(outcome.pixels)
            pixels += outcome.pixels
        if len(batch) >= batch_size or pixels >= PIXELS_IN_FLIGHT // 4:
            yield Batch(part, batch, ends_part=False)
            batch, pixels = [], 0
