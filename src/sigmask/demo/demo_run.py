"""The demo: the ordinary pipeline over the demo's pairs (or the user's own), scored where the masks are known."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from sigmask.annotation.output_folder import open_output
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.annotation.pipeline import AnnotateOptions, annotate
from sigmask.annotation.summary import Summary
from sigmask.data.corpus import Corpus, load_corpus
from sigmask.data.overlay import draw_outline, heat
from sigmask.demo.demo_corpus import write_demo_corpus
from sigmask.evaluation.baselines.absolute_difference import channel_difference
from sigmask.evaluation.counts import count_mask
from sigmask.evaluation.pixel_metrics import f1
from sigmask.report.contact_sheet import ContactSheet
from sigmask.report.gallery import Gallery
from sigmask.types import Annotation, EditPair, ImageArray, MaskArray

OVERVIEW_ROWS = 8


@dataclass(frozen=True, slots=True)
class DemoScore:
    """One line of the demo's table. F1 is in [0, 1], NaN where no pixel really changed or no mask is known."""

    sample_id: str
    action: str
    area: float
    quality: float
    f1_ours: float
    f1_difference: float
    marked_by_difference: float
    note: str


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo made: its table, the pipeline's summary, and where page and overview lie."""

    scores: list[DemoScore]
    summary: Summary
    page: Path
    overview: Path | None


def run_demo(
    output: Path, annotator: PairAnnotator, *, on_rows: Callable[[int, int], None] | None = None
) -> DemoResult:
    """Draw the pairs below `output`, annotate them, and write masks and gallery there.

    A demo run may be repeated: what an earlier one wrote is replaced.
    """
    pairs = output / "pairs"
    for folder in (pairs, output / "gallery"):
        shutil.rmtree(folder, ignore_errors=True)
    edits = write_demo_corpus(pairs)
    notes = {name: edit.note for name, edit in edits.items()}
    return _annotate_and_show(
        load_corpus(pairs), annotator, output, AnnotateOptions(overwrite=True), notes=notes, on_rows=on_rows
    )


def run_on_corpus(
    corpus: Corpus,
    annotator: PairAnnotator,
    output: Path,
    options: AnnotateOptions,
    *,
    on_rows: Callable[[int, int], None] | None = None,
) -> DemoResult:
    """The same for the user's own corpus; scores only where it has masks of its own.

    Raises:
        OutputExistsError: `output` already holds a run and `options.overwrite` is not set.
    """
    open_output(output / "masks", overwrite=options.overwrite)  # before the old gallery goes
    shutil.rmtree(output / "gallery", ignore_errors=True)
    return _annotate_and_show(corpus, annotator, output, options, notes={}, on_rows=on_rows)


def difference_mask(original: ImageArray, edited: ImageArray) -> MaskArray:
    """(H, W) bool: absolute difference above Otsu's threshold for this very pair, the usual way without a model."""
    difference = np.rint(channel_difference(original, edited)).astype(np.uint8)
    threshold, _ = cv2.threshold(difference, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return difference > threshold


def _annotate_and_show(
    corpus: Corpus,
    annotator: PairAnnotator,
    output: Path,
    options: AnnotateOptions,
    *,
    notes: dict[str, str],
    on_rows: Callable[[int, int], None] | None,
) -> DemoResult:
    gallery = Gallery(output / "gallery")
    overview = ContactSheet(("original", "edited", "pixel difference", "prior", "probability", "mask"))
    scores: list[DemoScore] = []

    def show(pair: EditPair, annotation: Annotation) -> None:
        note = notes.get(pair.sample_id, "")
        gallery.add(pair, annotation, note)
        scores.append(_score(pair, annotation, note))
        if len(overview.rows) < OVERVIEW_ROWS:
            overview.add(pair.instruction or pair.sample_id, _pictures(pair, annotation))

    summary = annotate(corpus, annotator, output / "masks", options, on_rows=on_rows, on_annotation=show)
    subtitle = f"{summary.written} pairs, {summary.pairs_per_second:.1f} a second, weights {summary.model}"
    page = gallery.write("What the editor changed", subtitle)
    return DemoResult(scores, summary, page, overview.write(output / "overview.jpg") if overview.rows else None)


def _pictures(pair: EditPair, annotation: Annotation) -> list[ImageArray]:
    difference = np.repeat(difference_mask(pair.original, pair.edited)[..., None], 3, 2).astype(np.uint8) * 255
    return [
        pair.original,
        pair.edited,
        difference,
        heat(pair.edited, annotation.prior),
        heat(pair.edited, annotation.probability),
        draw_outline(pair.edited, annotation.mask),
    ]


def _score(pair: EditPair, annotation: Annotation, note: str) -> DemoScore:
    difference = difference_mask(pair.original, pair.edited)
    return DemoScore(
        sample_id=pair.sample_id,
        action=annotation.edit[0].action.value if annotation.edit else "–",
        area=annotation.area_fraction,
        quality=annotation.quality,
        f1_ours=float(f1(count_mask(annotation.mask, pair.mask))) if pair.mask is not None else math.nan,
        f1_difference=float(f1(count_mask(difference, pair.mask))) if pair.mask is not None else math.nan,
        marked_by_difference=float(difference.mean()),
        note=note,
    )
