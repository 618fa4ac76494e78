"""The last step of a run: what lies in the ledger becomes `quarantine.parquet`, `README.md` and `summary.json`.

Every process takes this step when its own parts are done, and takes it only if all parts are: a process commits its
last part before it looks, so whoever finishes last sees all. Should two see all at once, both write the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sigmask.annotation.ledger import Ledger, PartRecord
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.annotation.part_plan import Part
from sigmask.annotation.quarantine import write_quarantine
from sigmask.annotation.run_card import write_run_card
from sigmask.annotation.summary import Summary, Tally
from sigmask.data.corpus import Corpus
from sigmask.types import BadSample


def finish_run(
    output: Path,
    ledger: Ledger,
    parts: Sequence[Part],
    own: Sequence[Part],
    annotator: PairAnnotator,
    corpus: Corpus,
) -> Summary:
    """Put the run's files together if all `parts` are done; else only say what this process's `own` parts hold.

    Raises:
        OutputWriteError: a file cannot be written.
    """
    records = ledger.records(parts)
    if len(records) < len(parts):
        return _summary((records[part] for part in own if part in records), annotator, corpus)
    summary = _summary(records.values(), annotator, corpus)
    write_quarantine(output, [bad for record in records.values() for bad in record.bad])
    write_run_card(output, summary)
    summary.save(output)
    return summary


def _summary(records: Iterable[PartRecord], annotator: PairAnnotator, corpus: Corpus) -> Summary:
    tally = Tally()
    seconds = 0.0
    bad: list[BadSample] = []
    for record in records:
        tally.merge(record.tally)
        seconds += record.seconds
        bad += record.bad
    return tally.summary(
        bad=bad, seconds=seconds, model=annotator.name, fingerprint=annotator.fingerprint, address=corpus.address
    )
