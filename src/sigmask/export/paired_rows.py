"""Brings each row of the corpus together with its row of the run, and works on them in threads, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sigmask.annotation.ordered_threads import in_order
from sigmask.annotation.utf8_text import utf8_text
from sigmask.data.corpus import Corpus
from sigmask.data.raw_pair import RawPair
from sigmask.errors import SigmaskError
from sigmask.export.mask_run import MaskRun
from sigmask.types import BadSample

PAIRS_PER_THREAD = 4
"""Pairs under way for each thread: enough to keep it busy, few enough to keep memory flat. Our choice."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class PairedRow:
    """A row of the corpus and what the run has for it.

    Attributes:
        number: the row's place in the corpus.
        position: the row's number in the run.
        row: the corpus's undecoded cells, or why there are none.
        masked: the run's columns (see `MASK_SCHEMA`).
    """

    number: int
    position: int
    row: RawPair | BadSample
    masked: dict[str, Any]


def paired_rows(
    run: MaskRun,
    corpus: Corpus,
    *,
    wanted: Callable[[int], bool] = lambda position: True,
    on_row: Callable[[bool], None] = lambda masked: None,
) -> Iterator[PairedRow]:
    """Every row of the corpus that the run has a mask for, in the corpus's order.

    Args:
        wanted: says of a row's number in the run whether it is asked for.
        on_row: called for each row of the corpus with whether it has a mask.

    Raises:
        SigmaskError: a row has one id in the corpus and another in the run.
    """
    for number, row in enumerate(corpus.rows()):
        position = run.find(row.source_file, row.row_index)
        on_row(position is not None)
        if position is None or not wanted(position):
            continue
        masked = run.row(position)
        require_same_id(run, row, masked["sample_id"])
        yield PairedRow(number, position, row, masked)


def require_same_id(run: MaskRun, row: RawPair | BadSample, sample_id: str) -> None:
    """Raise SigmaskError if a row that can be read has another id in the corpus than in the run."""
    if isinstance(row, RawPair) and sample_id != utf8_text(row.sample_id):
        raise SigmaskError(
            f"row {row.row_index} of '{row.source_file}' is '{utf8_text(row.sample_id)}' in the corpus and "
            f"'{sample_id}' in '{run.folder}': name the very corpus that was annotated with --corpus"
        )


def in_threads(
    function: Callable[[PairedRow], Result], rows: Iterator[PairedRow], workers: int
) -> Iterator[tuple[PairedRow, Result]]:
    """Yield each row with `function(row)`, in order; at most a few rows are under way for each of `workers` threads."""
    with ThreadPoolExecutor(workers, thread_name_prefix="sigmask-export") as threads:
        yield from in_order(threads, lambda row: (row, function(row)), rows, window=lambda: PAIRS_PER_THREAD * workers)
