"""Turns a run's masks and the corpus they were made for into a data set: two passes, the second of which writes.

    run + corpus ─→ examine (threads) ─→ groups, duplicates, split ─→ read files (threads) ─→ format, data card

Memory does not grow with the corpus but for about 150 bytes for each row: its keys, hashes and verdict.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sigmask.data.corpus import Corpus
from sigmask.errors import SampleError, SigmaskError, SigmaskWarning
from sigmask.export.accounting import Accounting
from sigmask.export.corpus_origin import corpus_origin
from sigmask.export.data_card import DataCard, Provenance, mask_coverage
from sigmask.export.examination import require_size
from sigmask.export.mask_run import MaskRun
from sigmask.export.output_folder import require_free, whole_folder
from sigmask.export.paired_rows import PairedRow, in_threads, paired_rows
from sigmask.export.sample import TRAIN, VALIDATION, Sample, authentic_sample, edited_sample
from sigmask.export.selection import Selection, Wishes, select
from sigmask.export.targets import find_target
from sigmask.types import BadSample, MapArray

NAME_DIGITS = 9


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to write.

    Attributes:
        seed: recorded in `export.json`; the draws themselves come from the generator given to `export`.
        licence: of the corpus; "" to look it up among the known corpora.
        workers: threads that read and decode; None means one per core, at most 8.
        overwrite: replace an earlier export.
        with_originals: write the original beside each edited picture, in formats that have a place for it.
    """

    seed: int = 0
    licence: str = ""
    workers: int | None = None
    overwrite: bool = False
    with_originals: bool = False

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise SigmaskError(f"--workers must be at least 1, got {self.workers}")


def export(
    run: MaskRun,
    corpus: Corpus,
    output: Path,
    target_name: str,
    wishes: Wishes,
    options: ExportOptions,
    rng: np.random.Generator,
    *,
    on_row: Callable[[str], None] = lambda step: None,
) -> Accounting:
    """Write the chosen pairs of `run` to the folder `output` in the format `target_name`.

    The same run, corpus, wishes and generator state give the same bytes. If nothing is left to export, nothing is
    written; the counts say why.

    Args:
        run: the masks.
        corpus: the very corpus that was annotated.
        on_row: called with "examining" or "writing" for each row of the corpus: for a progress bar.

    Raises:
        ExportExistsError: `output` is not empty and must not be replaced.
        SigmaskError: there is no such format, it has no place for wished originals, or the corpus is not the one that
            was annotated.
        OutputWriteError: the disk is full, or the output cannot be written for another reason.
    """
    make_target = find_target(target_name, with_originals=options.with_originals)
    require_free(output, overwrite=options.overwrite)
    if not run.finished:
        warnings.warn(f"the run in '{run.folder}' is not finished; what it has is exported", SigmaskWarning, 2)
    workers = options.workers or min(os.cpu_count() or 1, 8)
    accounting = Accounting()
    selection = select(run, corpus, wishes, accounting, rng, workers=workers, on_row=lambda: on_row("examining"))
    if not selection.chosen.any():
        return accounting
    origin = corpus_origin(corpus)
    with whole_folder(output, overwrite=options.overwrite) as folder:
        target = make_target(folder, output)
        settings = _settings(target_name, wishes, options, originals=target.wants_originals)
        provenance = Provenance(
            corpus=corpus.name,
            licence=options.licence or origin.licence,
            citation=origin.citation,
            model=run.model,
            fingerprint=run.fingerprint,
            settings=settings,
        )
        reader = _FileReader(selection, with_original=target.wants_originals)
        card = DataCard()
        rows = paired_rows(
            run, corpus, wanted=lambda position: bool(selection.chosen[position]), on_row=lambda _: on_row("writing")
        )
        for item, outcome in in_threads(reader, rows, workers):
            if isinstance(outcome, BadSample):
                accounting.add_bad(item.row.sample_id, outcome.reason.value, outcome.message)
                continue
            card.add(outcome.edited, outcome.coverage)
            for sample in filter(None, (outcome.edited, outcome.authentic)):
                target.write(sample)
                _count(sample, accounting)
        target.close()
        card.write(
            folder,
            provenance,
            accounting,
            how_to_open=target.how_to_open(),
            front_matter=target_name == "hf",
        )
        accounting.save(folder, {"corpus": corpus.name, "model": run.model, "fingerprint": run.fingerprint, **settings})
    return accounting


@dataclass(frozen=True, slots=True)
class _Files:
    """What one row gives: the edited picture, perhaps its original, and where its mask lies."""

    edited: Sample
    authentic: Sample | None
    coverage: MapArray


class _FileReader:
    """Reads the files of one row; runs in worker threads."""

    def __init__(self, selection: Selection, *, with_original: bool) -> None:
        self._selection = selection
        self._with_original = with_original

    def __call__(self, item: PairedRow) -> _Files | BadSample:
        row = item.row
        if isinstance(row, BadSample):
            return row
        split = VALIDATION if self._selection.validation[item.position] else TRAIN
        group = int(self._selection.groups[item.position])
        name = f"{item.number:0{NAME_DIGITS}d}"
        try:
            edited = edited_sample(name, split, group, row, item.masked, with_original=self._with_original)
            require_size(edited.mask.rle, edited.image.height, edited.image.width)
            authentic = None
            if self._selection.authentic[item.position]:
                authentic = authentic_sample(f"{name}-original", split, group, row, item.masked)
        except SampleError as error:
            return BadSample(row.sample_id, error.reason, str(error), row.source_file, row.row_index)
        return _Files(edited, authentic, mask_coverage(edited.mask.rle))


def _count(sample: Sample, accounting: Accounting) -> None:
    (accounting.authentic if sample.authentic else accounting.exported)[sample.split] += 1
    for image in filter(None, (sample.image, sample.original)):
        accounting.own_bytes += image.own
        accounting.encoded += not image.own


def _settings(target_name: str, wishes: Wishes, options: ExportOptions, *, originals: bool) -> dict[str, object]:
    return {
        "format": target_name,
        "filter": " and ".join(rule.name for rule in wishes.all_rules) or "none",
        "validation share": wishes.val_share,
        "near-duplicates": "dropped" if wishes.drop_near_duplicates else "kept",
        "authentic originals": "exported" if wishes.authentic else "not exported",
        "originals beside the edited": "exported" if originals else "not exported",
        "seed": options.seed,
    }
