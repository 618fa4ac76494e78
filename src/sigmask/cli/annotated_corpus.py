"""The corpus that a run was made of, opened again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sigmask.data.corpus import Corpus, load_corpus
from sigmask.data.corpus_address import CorpusAddress
from sigmask.errors import SigmaskError
from sigmask.export.mask_run import MaskRun


def corpus_of(run: MaskRun, named: Path | None, columns: Mapping[str, str | None], root: Path | None) -> Corpus:
    """The corpus named by the user, else the one that the run says it was made of, with its columns.

    Raises:
        SigmaskError: the run does not say, or its corpus is not there any more.
    """
    address = _annotated(run) if named is None else CorpusAddress(str(named))
    given = {name: column for name, column in columns.items() if column is not None}
    return load_corpus(address.source, **{**address.columns, **given}, root=root or address.root)


def _annotated(run: MaskRun) -> CorpusAddress:
    """What opens the corpus that the run says it was made of."""
    address = run.annotated_corpus
    if address is None:
        raise SigmaskError(f"'{run.folder}' does not say which corpus it belongs to: name it with --corpus")
    if not address.is_there:
        raise SigmaskError(
            f"'{run.folder}' was made of '{address.source}', which is not there any more: "
            "name the corpus with --corpus, and its columns as for annotate"
        )
    return address
