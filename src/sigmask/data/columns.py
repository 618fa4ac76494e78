"""Which column of a corpus holds what: as known corpora name them, as common names say, or as the user says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from sigmask.data.cell_selector import bare_column, base_column
from sigmask.data.column_hint import Asked, cannot_tell
from sigmask.data.corpus_registry import KnownCorpus, PublishedColumns, known_corpora
from sigmask.data.found_columns import FoundColumns
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


def _image_names(*words: str) -> tuple[str, ...]:
    """Each word as a column's name: alone, then as an image, then as a path."""
    return tuple(f"{word}{what}" for word in words for what in ("", "_image", "_img", "_path"))


_COMMON: dict[str, tuple[str, ...]] = {
    "original": (
        *(*_image_names("original"), "original_file", *_image_names("source", "src", "input", "before", "orig")),
        *("image_before", "real"),
    ),
    "edited": (
        *(*_image_names("edited"), "edited_file", *_image_names("target", "tgt", "dst", "output", "after")),
        *("image_after", "fake"),
    ),
    "instruction": ("instruction", "edit_instruction", "edit_prompt", "edit", "instructions", "prompt", "text", "txt"),
    "edit_type": ("edit_type", "task", "type", "category"),
    "mask": ("mask", "mask_image", "mask_img", "mask_path", "mask_file"),
    "sample_id": ("sample_id", "id", "key", "uid", "name", "__key__"),
}


def guess_columns(
    available: Sequence[str] | FoundColumns,
    given: Mapping[str, str | None] | None = None,
    known: KnownCorpus | None = None,
) -> ColumnNames:
    """Decide which of the `available` columns holds what.

    A name that the user gave wins, and serves nothing else; then the columns of the known corpus, which is that of
    the Hub name or the one that shares most columns; then common names, in any case of letters, with spaces or hyphens.

    Args:
        available: the corpus's column names, or these with what can be named within their cells.
        given: fields of `ColumnNames` to a column's name, or None where the user said nothing.
        known: the corpus that this is known to be.

    Raises:
        CorpusError: a given column does not exist or is given twice, or original or edited cannot be told.
    """
    there = available if isinstance(available, FoundColumns) else FoundColumns(tuple(available))
    asked = {field: name for field, name in (given or {}).items() if name is not None}
    _check(asked, there)
    known = known if known is not None and _fits(known, there.names) else recognised(there.names)
    found: dict[str, str | None] = dict.fromkeys(_COMMON)
    found.update(asked)
    taken = set(asked.values())
    for field in _COMMON.keys() - asked.keys():
        published = None if known is None else getattr(known.columns, field)
        usable = published is not None and published not in taken and base_column(published, there.names) is not None
        free = [name for name in there.names if name not in taken]
        found[field] = published if usable else _common_name(field, free)
    original, edited = found.pop("original"), found.pop("edited")
    if original is None or edited is None:
        missing = [field for field, name in (("original", original), ("edited", edited)) if name is None]
        raise CorpusError(cannot_tell(there, asked, missing))
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


def _check(asked: Asked, there: FoundColumns) -> None:
    """Refuse given columns that do not exist, or of which one is given for two things.

    Raises:
        CorpusError: for the first of them.
    """
    first_use: dict[str, str] = {}
    for field, name in asked.items():
        option = f"--{field.replace('_', '-')}"
        if base_column(name, there.names) is None:
            raise CorpusError(f"{option}: {unknown_name('column', name, there.names)}")
        column = bare_column(name)
        if name not in there.names and column in there.plain and not there.may_hold(name):
            raise CorpusError(
                f"{option}: '{name}' names a part of a cell, and those of '{column}' have none: give '{column}'"
            )
        if name not in there.names and not there.may_hold(name):
            raise CorpusError(f"{option}: {unknown_name('part of a column', name, there.parts)}")
        if name in first_use:
            raise CorpusError(
                f"{first_use[name]} and {option} both name '{name}': give each its own column, of "
                f"{', '.join(there.names)}; or two parts of one, such as '{name}[left]' and '{name}[right]'"
            )
        first_use[name] = option


def _common_name(field: str, available: Sequence[str]) -> str | None:
    by_plain_name = {name.lower().replace(" ", "_").replace("-", "_"): name for name in reversed(available)}
    return next((by_plain_name[name] for name in _COMMON[field] if name in by_plain_name), None)
