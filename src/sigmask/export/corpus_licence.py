"""The licence of a published corpus, as far as this package knows it."""

from __future__ import annotations

from sigmask.data.corpus import Corpus
from sigmask.data.corpus_registry import known_corpora
from sigmask.data.hub_name import PREFIX


def corpus_licence(corpus: Corpus) -> str:
    """The licence of a corpus by its Hub name; "" if it is not known.

    Of files that have the columns of a published corpus it is said that they may be that corpus: columns prove nothing.
    """
    known = corpus.known
    if known is not None and corpus.address is not None and corpus.address.source.startswith(PREFIX):
        return known.licence
    columns = corpus.columns
    if columns is None:
        return ""
    wanted = (columns.original, columns.edited, columns.instruction)
    fitting = [
        known
        for known in known_corpora()
        if known.columns is not None
        and (known.columns.original, known.columns.edited, known.columns.instruction) == wanted
    ]
    if not fitting or len({known.licence for known in fitting}) > 1:
        return ""
    names = " or ".join(known.name for known in fitting)
    return f"{fitting[0].licence} if it is {names}, as its columns suggest; else unknown (--licence says it)"
