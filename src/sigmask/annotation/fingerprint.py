"""What a run's masks depend on: the ledger keeps it, and an output made under another one is not continued."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.data.corpus import Corpus
from sigmask.data.corpus_address import CorpusAddress
from sigmask.data.hub_name import PREFIX, HubName, parse_hub_name
from sigmask.version import __version__

FORMAT = 3
"""Of ledger, part names and their columns; raised when a new version could not continue an old run."""

Fingerprint = dict[str, str]
"""What it is → its value, both for people to read."""

_LIMIT, _NO_LIMIT = "limit", str(None)

PLACE = ("corpus", "root")
"""What of a fingerprint changes when a corpus is moved."""


@runtime_checkable
class NamesItsSettings(Protocol):
    """An annotator that can say one by one what its masks depend on, so that a refusal names just what differs."""

    @property
    def settings(self) -> Mapping[str, str]:
        """Name → value: the weights' hash, threshold, device, precision, …"""


def run_fingerprint(corpus: Corpus, annotator: PairAnnotator, *, limit: int | None, rows_per_part: int) -> Fingerprint:
    """Everything that decides which masks are written and into which parts they go.

    Batch size and workers are not in it: they change no mask (beyond a kernel's rounding), so a run may be continued
    with others. Nor are the corpus's files: a corpus may grow, and the ledger knows each part's own rows. Its place is,
    since another corpus may well have files of the same names and lengths, and so is the commit of one on the Hub.
    """
    settings = annotator.settings if isinstance(annotator, NamesItsSettings) else {"annotator": annotator.fingerprint}
    columns = {} if corpus.columns is None else dataclasses.asdict(corpus.columns)
    address = corpus.address or CorpusAddress(corpus.name)
    return {
        "format": str(FORMAT),
        "sigmask version": __version__,
        "model": annotator.name,
        **{name: str(value) for name, value in settings.items()},
        **_place(address.source),
        **({} if address.root is None else {"root": address.root}),
        "layout": corpus.kind,
        **{f"column of the {name}": str(column) for name, column in columns.items() if column is not None},
        _LIMIT: str(limit),
        "rows per part": str(rows_per_part),
    }


def _place(source: str) -> Fingerprint:
    """Where the corpus lies; on the Hub the commit is told apart, so that `--moved` does not go on with another one."""
    if not source.startswith(PREFIX):
        return {"corpus": source}
    name = parse_hub_name(source)
    return {"corpus": str(HubName(name.repository, name.config)), "commit": name.revision}


def corpus_in(fingerprint: Mapping[str, str]) -> CorpusAddress | None:
    """The corpus that a fingerprint names, with its columns; None if it names none."""
    source = fingerprint.get("corpus")
    if source is None:
        return None
    if "commit" in fingerprint:
        name = parse_hub_name(source)
        source = str(HubName(name.repository, name.config, fingerprint["commit"]))
    named = {name: fingerprint.get(f"column of the {name}") for name in ("original", "edited", "instruction", "mask")}
    columns = {name: column for name, column in named.items() if column is not None}
    return CorpusAddress(source, columns, fingerprint.get("root"))


def differences(earlier: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """One phrase for each thing that is not the same, in the order of `now`."""
    names = dict.fromkeys((*now, *earlier))
    return [
        f"{name}: {_in_words(earlier.get(name))} there, {_in_words(now.get(name))} now"
        for name in names
        if earlier.get(name) != now.get(name)
    ]


def limit_raised(earlier: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether nothing differs but the limit, and that was lower before: then what was done is part of what is to be."""
    before, after = earlier.get(_LIMIT), now.get(_LIMIT)
    if before is None or after is None or before == after or {**earlier, _LIMIT: after} != now:
        return False
    return before != _NO_LIMIT and (after == _NO_LIMIT or int(before) < int(after))


def _in_words(value: str | None) -> str:
    return "none" if value in (None, _NO_LIMIT) else f"'{value}'"
