"""The licence of a published corpus, as far as this package knows it."""

from __future__ import annotations

from sigmask.data.corpus import Corpus
from sigmask.data.corpus_registry import known_corpora


def corpus_licence(corpus: Corpus) -> str:
    """The licence of the known corpora that have these very columns, "" if none is known or they differ."""
    columns = corpus.columns
    if columns is None:
        return ""
    wanted = (columns.original, columns.edited, columns.instruction)
    fitting = [
        known.licence
        for known in known_corpora()
        if known.columns is not None
        and (known.columns.original, known.columns.edited, known.columns.instruction) == wanted
    ]
    return fitting[0] if len(set(fitting)) == 1 else ""
