"""Whose a published corpus is, as far as this package knows it: its licence and the paper to cite."""

from __future__ import annotations

from dataclasses import dataclass

from sigmask.data.corpus import Corpus
from sigmask.data.corpus_registry import NOT_STATED, KnownCorpus, known_corpora
from sigmask.data.hub_name import PREFIX

_HUB_LICENCES = {"CC BY 4.0", "CC BY-NC 4.0", "CC BY-NC-ND 4.0", "CC BY-SA 4.0", "CC0 1.0", "Apache-2.0", "MIT"}


@dataclass(frozen=True, slots=True)
class CorpusOrigin:
    """What a data card says of its corpus; "" for what is not known."""

    licence: str = ""
    citation: str = ""


def corpus_origin(corpus: Corpus) -> CorpusOrigin:
    """The licence and citation of a corpus by its Hub name.

    Of files that have the columns of a published corpus it is said that they may be that corpus: columns prove nothing.
    """
    known = corpus.known
    if known is not None and corpus.address is not None and corpus.address.source.startswith(PREFIX):
        return CorpusOrigin(known.licence, _citation(known))
    fitting = _with_its_columns(corpus)
    names = " or ".join(known.name for known in fitting)
    licence = citation = ""
    if fitting and len({known.licence for known in fitting}) == 1:
        licence = f"{fitting[0].licence} if it is {names}, as its columns suggest; else unknown (--licence says it)"
    if len(fitting) == 1:
        citation = f"if it is {names}: {_citation(fitting[0])}"
    return CorpusOrigin(licence, citation)


def hub_licence(licence: str) -> str:
    """The Hub's own identifier of a licence, "other" of one that it does not list, "unknown" of none."""
    if licence in ("", NOT_STATED):
        return "unknown"
    return licence.lower().replace(" ", "-") if licence in _HUB_LICENCES else "other"


def _citation(known: KnownCorpus) -> str:
    return known.citation.text + (f" (arXiv {known.citation.arxiv})" if known.citation.arxiv else "")


def _with_its_columns(corpus: Corpus) -> list[KnownCorpus]:
    columns = corpus.columns
    if columns is None:
        return []
    wanted = (columns.original, columns.edited, columns.instruction)
    return [
        known
        for known in known_corpora()
        if known.columns is not None
        and (known.columns.original, known.columns.edited, known.columns.instruction) == wanted
    ]
