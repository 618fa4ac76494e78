"""Clauses: one edit each. "Remove the lemon and turn the slice into an orange" has two."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sigmask.instruction.lexicon import any_of, lexicon
from sigmask.instruction.normalise import strip_politeness

_LEX = lexicon()
_BORDER = re.compile(
    r"(?:\s*[.;!?\n]+\s+|\s*,?\s+(?:and|then|but)(?:\s+(?:then|also|please))*\s+|\s*,\s+(?:then\s+|also\s+)?)"
    rf"(?={any_of(_LEX.second_clause)}\b(?! of\b)|the background\b)|\s*[.;!?]+\s+(?=\S)"
)
_KEPT = re.compile(
    r"[\s,;.]*\b(?:while |and |but |by )?(?:keep(?:ing)?|maintain(?:ing)?|preserv(?:e|ing)|retain(?:ing)?|"
    r"leav(?:e|ing)|ensuring|without (?:altering|changing|affecting|modifying|distorting)|do not|don't)\b"
    rf"[^.;]*?(?=,\s+(?:and\s+|then\s+|but\s+)?{any_of(_LEX.second_clause - {'keep', 'have', 'let'})}\b|[.;]|$)"
)


_DEFINITE = ("the ", "his ", "her ", "its ", "their ")
_BESIDE = re.compile(r"\s*,\s+(?:and\s+)?|\s+and\s+")
_OF_EACH = re.compile(r"^(make|turn|change|convert|transform|paint|dye|colou?r|let)\s+")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a normalised instruction.

    Attributes:
        text: the whole clause.
        frame: which frame reads it, by its first words; None where they are no known verb.
        rest: what follows the verb.
        quotations: the instruction's quotations; §0 in `text` stands for the first.
    """

    text: str
    frame: str | None
    rest: str
    quotations: tuple[str, ...]


def split_clauses(text: str, quotations: tuple[str, ...]) -> list[Clause]:
    """The clauses that ask for an edit, in their order; what is to be kept ("keeping the rest") is left out."""
    shortened = _KEPT.sub("", text).strip(" ,.;") or text
    pieces = (strip_politeness(piece) for piece in _BORDER.split(shortened))
    return [_clause(each, quotations) for piece in pieces if piece for each in _with_verb_of_its_own(piece)]


def _with_verb_of_its_own(piece: str) -> list[str]:
    """ "make the apples green and the oranges blue" → "make the apples green", "make the oranges blue"."""
    verb = _OF_EACH.match(piece)
    if not verb:
        return [piece]
    things = _BESIDE.split(piece[verb.end() :])
    if len(things) < 2 or not all(thing.startswith(_DEFINITE) and _says_what_becomes(thing) for thing in things):
        return [piece]
    return [f"{verb.group(1)} {thing}" for thing in things]


def _says_what_becomes(thing: str) -> bool:
    """Of "the oranges blue", "the pear into an apple"."""
    words = thing.split()
    return len(words) > 2 and (_LEX.describes(words[-1:]) or " to " in thing or " into " in thing)


def _clause(text: str, quotations: tuple[str, ...]) -> Clause:
    words = text.split()
    known = _LEX.verb(words)
    if known is None:
        return Clause(text, None, text, quotations)
    frame, count = known
    return Clause(text, frame, " ".join(words[count:]), quotations)
