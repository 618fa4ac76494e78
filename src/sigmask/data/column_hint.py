"""What to tell a user whose columns cannot be told: what was found, what is nearest, and the options to type."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping

from sigmask.data.cell_selector import bare_column
from sigmask.data.corpus_registry import KnownCorpus, known_corpora
from sigmask.data.found_columns import FoundColumns

Asked = Mapping[str, str]
"""Fields of `ColumnNames` to the column that the user gave."""

_TELLTALE: dict[str, frozenset[str]] = {
    "original": frozenset({"original", "orig", "origin", "source", "src", "input", "before", "real", "old"}),
    "edited": frozenset(
        {"edited", "edit", "target", "tgt", "dst", "dest", "destination", "output", "after", "fake", "result", "new"}
    ),
    "instruction": frozenset(
        {"instruction", "instructions", "prompt", "caption", "text", "command", "request", "edit"}
    ),
}
"""Words in a column's name that speak for a field; too weak to choose by, good enough to propose (our choice)."""
_OF_TEXT = frozenset({"instruction", "instructions", "prompt", "caption", "text", "command", "request"})
_OF_IMAGES = frozenset(
    {"image", "images", "img", "imgs", "picture", "pictures", "photo", "path", "file", "url", "mask"}
)
_REFUSED: dict[str, frozenset[str]] = {
    "original": _OF_TEXT | {"id", "type", "task", "score", "mask", "edited", "target"},
    "edited": _OF_TEXT | {"id", "type", "task", "score", "mask", "original", "source"},
    "instruction": _OF_IMAGES | {"id", "type", "score"},
}
"""Words that speak against it."""
_MOST_SHOWN = 24


def cannot_tell(found: FoundColumns, asked: Asked, missing: Iterable[str]) -> str:
    """The message for a corpus in which the columns of the `missing` fields, original or edited, cannot be told."""
    fields = list(missing)
    if asked.keys() & {"original", "edited"}:
        (lacking,) = fields
        given = "edited" if lacking == "original" else "original"
        opening = f"--{given} '{asked[given]}' alone is not enough: give --{lacking} too, its column cannot be told"
    else:
        opening = "cannot tell which columns hold the original and the edited image"
    message = f"{opening}. Found: {_shown(found.names)}"
    if found.parts:
        message += f"; within them: {_shown(found.parts)}"
    return f"{message}. {_nearest(found.names)}. {_advice(found, asked)}"


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return (", ".join(names[:_MOST_SHOWN]) or "none") + more


def _nearest(available: tuple[str, ...]) -> str:
    """The known corpus whose columns are most like these, in words."""

    def rank(corpus: KnownCorpus) -> tuple[bool, int, float]:
        assert corpus.columns is not None
        needed = corpus.columns.needed()
        likeness = sum(
            max((difflib.SequenceMatcher(None, wanted, name).ratio() for name in available), default=0.0)
            for wanted in needed
        )
        shared = len(set(corpus.columns.present()) & set(available))
        return set(needed) <= set(available), shared, likeness / len(needed)

    nearest = max((corpus for corpus in known_corpora() if corpus.columns is not None), key=rank)
    assert nearest.columns is not None
    columns = ", ".join(map(bare_column, nearest.columns.present()))
    only = ", which has originals only" if nearest.columns.edited is None and rank(nearest)[0] else ""
    return f"The nearest known corpus is '{nearest.name}' ({columns}){only}"


def _advice(found: FoundColumns, asked: Asked) -> str:
    proposed = _proposed(found, asked)
    if not {"original", "edited"} <= proposed.keys():
        return "Name them with --original, --edited and --instruction"
    options = " ".join(f"--{field} {shlex.quote(name)}" for field, name in proposed.items())
    rest = "" if "instruction" in proposed else " (and --instruction, if one holds the instruction)"
    return f"Their names suggest: {options}{rest}"


def _proposed(found: FoundColumns, asked: Asked) -> dict[str, str]:
    """Field to column: as asked for, else the first whose name speaks for it and is not taken."""
    proposed = {field: asked[field] for field in _TELLTALE if field in asked}
    names = [name for name in (*found.names, *found.parts) if not _has_parts(name, found)]
    for field, words in _TELLTALE.items():
        fitting = (
            name
            for name in names
            if name not in proposed.values() and words & _words(name) and not _REFUSED[field] & _words(name)
        )
        if field not in proposed and (name := next(fitting, None)) is not None:
            proposed[field] = name
    lists = [part.removesuffix("[1]") for part in found.parts if part.endswith("[1]") and _OF_IMAGES & _words(part)]
    if not proposed.keys() & {"original", "edited"} and len(lists) == 1:
        proposed |= {"original": f"{lists[0]}[0/2]", "edited": f"{lists[0]}[1/2]"}
    return {field: proposed[field] for field in _TELLTALE if field in proposed}


def _has_parts(name: str, found: FoundColumns) -> bool:
    return any(part.startswith((f"{name}.", f"{name}[")) for part in found.parts)


def _words(name: str) -> set[str]:
    """The words of a column's name, in lower case: "sourceImg" and "source_img" have the same two."""
    return set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
