"""The first pass over run and corpus: which rows are exported, in which split, and whose originals go along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sigmask.annotation.doubtful import DOUBTFUL
from sigmask.data.corpus import Corpus
from sigmask.data.registration import UNALIGNED
from sigmask.errors import SampleError, SigmaskError
from sigmask.export.accounting import Accounting
from sigmask.export.edit_signature import LENGTH, Signatures
from sigmask.export.examination import Examined, examine
from sigmask.export.expression import Rule
from sigmask.export.mask_run import MaskRun
from sigmask.export.near_duplicates import near_duplicates
from sigmask.export.near_hashes import Indices
from sigmask.export.original_groups import group_originals
from sigmask.export.paired_rows import PairedRow, in_threads, paired_rows
from sigmask.export.split import validation_rows
from sigmask.types import BadSample

Flags = npt.NDArray[np.bool_]
MARKED = (Rule("trusted", lambda facts: DOUBTFUL not in facts.flags), Rule("marked", lambda facts: facts.area > 0))
"""A mask that was given up is empty, and so is that of an edit which nothing came of; each is counted for itself."""
ALIGNED = Rule("aligned", lambda facts: UNALIGNED not in facts.flags)
"""Two pictures that agree almost nowhere are painted anew, or no pair; where they differ says little then."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of an export, whatever its format.

    Attributes:
        rules: conditions that a row must meet.
        val_share: the validation split's share of the exported pairs, in [0, 1).
        drop_near_duplicates: leave out pairs that repeat a better one.
        authentic: write each original once, as a picture in which nothing was edited.
        keep_unaligned: keep rows whose two pictures agree almost nowhere.
        keep_empty: keep rows that mark nothing too. They are edited pictures all the same, so a detector that learns
            from them learns that edited pictures are clean.
    """

    rules: Sequence[Rule] = ()
    val_share: float = 0.05
    drop_near_duplicates: bool = False
    authentic: bool = False
    keep_empty: bool = False
    keep_unaligned: bool = False

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """`rules`, and before them those that a row must mark something of one scene, if so wished."""
        return (*(() if self.keep_empty else MARKED), *(() if self.keep_unaligned else (ALIGNED,)), *self.rules)

    def __post_init__(self) -> None:
        if not 0.0 <= self.val_share < 1.0:
            raise SigmaskError(f"--val-share must be at least 0 and less than 1, got {self.val_share}")


@dataclass(frozen=True, slots=True)
class Selection:
    """What to export, by the run's row numbers (N of them).

    Attributes:
        chosen: (N,) bool, the rows to export.
        validation: (N,) bool, those of them that are for validation.
        authentic: (N,) bool, those whose original goes along as an authentic picture.
        groups: (N,) group of the original, counted from 0 in the corpus's order; -1 for rows that were not readable.
    """

    chosen: Flags
    validation: Flags
    authentic: Flags
    groups: Indices


def select(
    run: MaskRun,
    corpus: Corpus,
    wishes: Wishes,
    accounting: Accounting,
    rng: np.random.Generator,
    *,
    workers: int,
    on_row: Callable[[], None],
) -> Selection:
    """Judge every row; each that is not to be exported is counted in `accounting`.

    Rows that a rule turns away are looked at all the same: they tell which pairs belong together, and which
    originals are in truth the result of an earlier edit.

    Raises:
        SigmaskError: the corpus is not the one that the run annotated.
    """
    judged = _judge(run, wishes.all_rules)
    order, hashes, signatures = _examine_all(run, corpus, judged.passes, accounting, workers, on_row)
    accounting.rows = len(run)
    accounting.filtered = judged.counts
    original_hashes, mirrored_hashes, original_digests, edited_digests = hashes
    groups = group_originals(original_hashes, mirrored_hashes, original_digests, edited_digests)
    chosen = np.flatnonzero(judged.passes[order])
    if wishes.drop_near_duplicates:
        repeats = near_duplicates(groups[chosen], signatures[chosen], judged.quality[order][chosen])
        accounting.near_duplicates = int(repeats.sum())
        chosen = chosen[~repeats]
    _, groups_of_chosen = np.unique(groups[chosen], return_inverse=True)
    validation = chosen[validation_rows(groups_of_chosen, wishes.val_share, rng)]
    authentic = np.zeros(0, np.int64)
    if wishes.authentic:
        edits = edited_digests[edited_digests != original_digests]
        untouched = ~np.isin(original_digests[chosen], edits)
        accounting.not_authentic = int((~untouched).sum())
        authentic = chosen[untouched]
        authentic = authentic[np.sort(np.unique(groups[authentic], return_index=True)[1])]
    flags = [np.zeros(len(run), np.bool_) for _ in range(3)]
    for marked, rows in zip(flags, (chosen, validation, authentic), strict=True):
        marked[order[rows]] = True
    groups_of_run = np.full(len(run), -1, np.int64)
    groups_of_run[order] = groups
    return Selection(flags[0], flags[1], flags[2], groups_of_run)


@dataclass(frozen=True, slots=True)
class _Judged:
    """(N,) whether a row passes every rule, (N,) its quality, and how many each rule turned away."""

    passes: Flags
    quality: npt.NDArray[np.float64]
    counts: dict[str, int]


def _judge(run: MaskRun, rules: Sequence[Rule]) -> _Judged:
    passes = np.ones(len(run), np.bool_)
    quality = np.zeros(len(run), np.float64)
    counts = dict.fromkeys((rule.name for rule in rules), 0)
    for position, facts in enumerate(run.facts()):
        quality[position] = facts.quality
        broken = next((rule for rule in rules if not rule.keeps(facts)), None)
        if broken is not None:
            passes[position] = False
            counts[broken.name] += 1
    return _Judged(passes, quality, counts)


def _examine_all(
    run: MaskRun,
    corpus: Corpus,
    passes: Flags,
    accounting: Accounting,
    workers: int,
    on_row: Callable[[], None],
) -> tuple[Indices, npt.NDArray[np.uint64], Signatures]:
    """The numbers (M,) of all readable rows, in the corpus's order, their hashes and digests (4, M), and signatures.

    Unreadable and missing rows are counted, unless a rule turned them away already.
    """
    hashes = np.zeros((4, len(run)), np.uint64)
    signatures = np.zeros((len(run), LENGTH), np.uint8)
    order = np.zeros(len(run), np.int64)
    met = np.zeros(len(run), np.bool_)
    readable = 0

    def count_row(masked: bool) -> None:
        accounting.without_mask += not masked
        on_row()

    for item, outcome in in_threads(_examined, paired_rows(run, corpus, on_row=count_row), workers):
        met[item.position] = True
        if isinstance(outcome, Examined):
            hashes[:, readable] = (
                outcome.original_hash,
                outcome.mirrored_hash,
                outcome.original_digest,
                outcome.edited_digest,
            )
            signatures[readable] = outcome.signature
            order[readable] = item.position
            readable += 1
        elif passes[item.position]:
            accounting.add_bad(item.row.sample_id, outcome.reason.value, outcome.message)
    if not met.any():
        raise SigmaskError(
            f"no row of '{run.folder}' is in the corpus '{corpus.name}': name the one that was annotated with --corpus"
        )
    accounting.missing = int((passes & ~met).sum())
    return order[:readable], hashes[:, :readable], signatures[:readable]


def _examined(item: PairedRow) -> Examined | BadSample:
    row = item.row
    if isinstance(row, BadSample):
        return row
    try:
        return examine(row, item.masked["mask_rle"], item.masked.get("pair_checksum"))
    except SampleError as error:
        return BadSample(row.sample_id, error.reason, str(error), row.source_file, row.row_index)
