"""Which column of a corpus holds what: as known corpora name them, as common names say, or as the user says."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from sigmask.data.cell_selector import bare_column, base_column
from sigmask.data.corpus_registry import KnownCorpus, PublishedColumns, known_corpora
from sigmask.errors import CorpusError, unknown_name


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """A corpus's own name for each part of an edit pair; None where it has no such column.

    A name may stand for a part of a cell: see `cell_selector`.
    """

    original: str
    edited: str
    instruction: str | None = None
    edit_type: str | None = None
    mask: str | None = None
    sample_id: str | None = None

    def present(self) -> tuple[str, ...]:
        """The columns named here, each once."""
        names = (getattr(self, field.name) for field in fields(self))
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def to_read(self, available: Sequence[str]) -> tuple[str, ...]:
        """Those of the `available` columns that hold what is named here."""
        bases = (base_column(name, available) for name in self.present())
        return tuple(dict.fromkeys(base for base in bases if base is not None))


_COMMON: dict[str, tuple[str, ...]] = {
    "original": (
        *("original", "original_image", "original_img", "original_path", "original_file", "source", "source_image"),
        *("source_img", "source_path", "src", "src_img", "input", "input_image", "input_img", "before", "real"),
    ),
    "edited": (
        *("edited", "edited_image", "edited_img", "edited_path", "edited_file", "target", "target_image", "target_img"),
        *("target_path", "output", "output_image", "output_img", "after", "fake"),
    ),
    "instruction": ("instruction", "edit_instruction", "edit_prompt", "edit", "instructions", "prompt", "text", "txt"),
    "edit_type": ("edit_type", "task", "type", "category"),
    "mask": ("mask", "mask_image", "mask_img", "mask_path", "mask_file"),
    "sample_id": ("sample_id", "id", "key", "uid", "name", "__key__"),
}


def guess_columns(
    available: Sequence[str], given: Mapping[str, str | None] | None = None, known: KnownCorpus | None = None
) -> ColumnNames:
    """Decide which of the `available` columns holds what.

    A name that the user gave wins; then the columns of the known corpus, which is that of the Hub name or the one
    that shares most columns; then common names, in any case of letters.

    Args:
        available: the corpus's column names.
        given: fields of `ColumnNames` to a column's name, or None where the user said nothing.
        known: the corpus that this is known to be.

    Raises:
        CorpusError: a given column does not exist, or original or edited cannot be told.
    """
    asked = {field: name for field, name in (given or {}).items() if name is not None}
    for field, name in asked.items():
        if base_column(name, available) is None:
            raise CorpusError(f"--{field.replace('_', '-')}: {unknown_name('column', name, available)}")
    known = known if known is not None and _fits(known, available) else recognised(available)
    found: dict[str, str | None] = {}
    for field in _COMMON:
        published = None if known is None else getattr(known.columns, field)
        usable = published is not None and base_column(published, available) is not None
        found[field] = asked.get(field) or (published if usable else _common_name(field, available))
    original, edited = found.pop("original"), found.pop("edited")
    if original is None or edited is None or original == edited:
        raise CorpusError(_cannot_tell(available))
    return ColumnNames(original, edited, **found)


def recognised(available: Sequence[str]) -> KnownCorpus | None:
    """The known corpus whose image columns are all there, of several the one that shares most columns."""
    fitting = [corpus for corpus in known_corpora() if _fits(corpus, available) and _columns(corpus).edited is not None]
    return max(fitting, key=lambda corpus: (_shared(corpus, available), -_missing(corpus, available)), default=None)


def identified(available: Sequence[str]) -> KnownCorpus | None:
    """The known corpus all of whose columns are there: names alike by chance are not enough to speak of licences."""
    corpus = recognised(available)
    return None if corpus is None or _missing(corpus, available) else corpus


def _fits(corpus: KnownCorpus, available: Sequence[str]) -> bool:
    return corpus.columns is not None and set(corpus.columns.needed()) <= set(available)


def _columns(corpus: KnownCorpus) -> PublishedColumns:
    assert corpus.columns is not None
    return corpus.columns


def _shared(corpus: KnownCorpus, available: Sequence[str]) -> int:
    return len(set(_columns(corpus).present()) & set(available))


def _missing(corpus: KnownCorpus, available: Sequence[str]) -> int:
    return len(set(_columns(corpus).present()) - set(available))


def _common_name(field: str, available: Sequence[str]) -> str | None:
    by_lower_case = {name.lower(): name for name in reversed(available)}
    return next((by_lower_case[name] for name in _COMMON[field] if name in by_lower_case), None)


def _cannot_tell(available: Sequence[str]) -> str:
    def closeness(corpus: KnownCorpus) -> float:
        return sum(
            max((difflib.SequenceMatcher(None, wanted, name).ratio() for name in available), default=0.0)
            for wanted in _columns(corpus).needed()
        ) / len(_columns(corpus).needed())

    named = [corpus for corpus in known_corpora() if corpus.columns is not None]
    nearest = max(named, key=lambda corpus: (_fits(corpus, available), _shared(corpus, available), closeness(corpus)))
    columns = _columns(nearest)
    message = (
        f"cannot tell which columns hold the original and the edited image. Found: {', '.join(available) or 'none'}. "
        f"The nearest known corpus is '{nearest.name}' ({', '.join(map(bare_column, columns.present()))})"
    )
    if columns.edited is None and _fits(nearest, available):
        message += ", which has originals only"
    return f"{message}. Name them with --original, --edited and --instruction."
