"""A gallery of a run that `sigmask annotate` wrote, finished or not: its masks on the corpus's own pictures."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sigmask.annotation.utf8_text import utf8_text
from sigmask.data.corpus import Corpus
from sigmask.data.mask_rle import decode_mask_rle
from sigmask.data.pair_checksum import require_unchanged
from sigmask.data.raw_pair import RawPair, decode_pair
from sigmask.data.unit import Unit
from sigmask.errors import BadReason, SampleError, SigmaskError, unknown_name
from sigmask.export.examination import require_size
from sigmask.export.expression import Rule
from sigmask.export.facts import Facts
from sigmask.export.mask_run import MaskRun
from sigmask.export.paired_rows import require_same_id
from sigmask.report.gallery import Gallery, GalleryRow, in_arrow
from sigmask.types import BadSample, EditPair

PLACES = 20
"""A spread sample is taken from so many places of the run, neighbours together: of a million rows few are read."""

ORDERS: dict[str, Callable[[Facts], float]] = {
    "spread": lambda facts: 0.0,
    "worst": lambda facts: facts.quality,
    "best": lambda facts: -facts.quality,
    "smallest": lambda facts: facts.area,
    "largest": lambda facts: -facts.area,
}
"""Which pairs are shown, and in which order: evenly spread over the run, or the first by quality or area."""


def choose_rows(run: MaskRun, *, most: int, order: str, rules: Sequence[Rule] = ()) -> list[Facts]:
    """At most `most` rows that meet all rules, in the order in which they are to be shown.

    Raises:
        SigmaskError: there is no such order.
    """
    if order not in ORDERS:
        raise SigmaskError(unknown_name("order", order, ORDERS))
    kept = ((row, facts) for row, facts in enumerate(run.facts()) if all(rule.keeps(facts) for rule in rules))
    if order != "spread":
        return heapq.nsmallest(most, (facts for _, facts in kept), key=ORDERS[order])
    rows = [row for row, _ in kept]  # numbers alone: a run may have a million rows
    if len(rows) > most:
        places = min(PLACES, most)
        starts = [place * len(rows) // places for place in range(places)]
        counts = [most // places + (place < most % places) for place in range(places)]
        rows = [row for start, count in zip(starts, counts, strict=True) for row in rows[start : start + count]]
    return [Facts.of_row(run.row(row)) for row in rows]


def write_run_gallery(
    run: MaskRun,
    corpus: Corpus,
    folder: Path,
    chosen: Sequence[Facts],
    *,
    on_row: Callable[[], None] = lambda: None,
) -> tuple[Path, list[str]]:
    """Write the page of the chosen rows; returns its path, and a line for each row whose pictures cannot be shown.

    Args:
        corpus: the very corpus that was annotated.
        on_row: called for each chosen row that was read.

    Raises:
        SigmaskError: a chosen row has another id in the corpus.
    """
    place = {(facts.source_file, facts.row_index): number for number, facts in enumerate(chosen)}
    gallery = Gallery(folder, most=len(chosen))
    shown: dict[int, GalleryRow] = {}
    failed: list[str] = []
    seen: set[int] = set()
    for unit in _units_with(corpus, place):
        for row in corpus.read(unit):
            number = place.get((utf8_text(row.source_file), row.row_index))
            if number is None:
                continue
            on_row()
            seen.add(number)
            try:
                _add(gallery, run, row, chosen[number])
                shown[number] = gallery.rows[-1]
            except SampleError as error:
                failed.append(f"{row.sample_id}: {error}")
    failed += [
        f"{chosen[number].sample_id}: the corpus no longer has it" for number in place.values() if number not in seen
    ]
    gallery.rows = [shown[number] for number in sorted(shown)]
    weights = run.model or (chosen[0].model if chosen else "–")
    subtitle = f"{len(shown):,} of {len(run):,} rows, weights {weights}"
    return gallery.write(f"Masks of {corpus.name}", subtitle), failed


def _units_with(corpus: Corpus, rows: Iterable[tuple[str, int]]) -> Iterable[Unit]:
    """The parts of the corpus that hold any of the rows."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for source_file, row_index in rows:
        wanted[source_file].append(row_index)
    for unit in corpus.units():
        indices = wanted.get(utf8_text(unit.source_file), [])
        end = float("inf") if unit.rows is None else unit.first_row + unit.rows
        if any(unit.first_row <= index < end for index in indices):
            yield unit


def _add(gallery: Gallery, run: MaskRun, row: RawPair | BadSample, facts: Facts) -> None:
    require_same_id(run, row, facts.sample_id)
    pair = _decoded(row)
    if isinstance(pair, BadSample):
        raise SampleError(pair.reason, pair.message)
    position = run.find(facts.source_file, facts.row_index)
    assert position is not None
    masked = run.row(position)
    require_unchanged(masked.get("pair_checksum"), pair.checksum)
    rle = masked["mask_rle"]
    require_size(rle, *pair.edited.shape[:2])
    named = facts.original_concept or facts.edited_concept
    gallery.add_row(
        GalleryRow(
            sample_id=facts.sample_id,
            instruction=pair.instruction or "",
            concepts=in_arrow(facts.original_concept, facts.edited_concept) if named else "",
            action=facts.action if pair.instruction else "",
            area=facts.area,
            quality=facts.quality,
            scope=facts.scope,
            flags=", ".join(facts.flags),
            note="",
        ),
        pair,
        decode_mask_rle(rle),
    )


def _decoded(row: RawPair | BadSample) -> EditPair | BadSample:
    """The pair, without its mask where that cannot be read: the run's is shown all the same."""
    pair = decode_pair(row)
    unread = isinstance(pair, BadSample) and pair.reason is BadReason.BAD_MASK
    return decode_pair(row, with_mask=False) if unread else pair
