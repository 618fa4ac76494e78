"""Garments: what someone is dressed in, or put in ("put him in a tuxedo"): their clothes change, not their place."""

from __future__ import annotations

import re

from sigmask.instruction.concept import head, noun_phrase
from sigmask.instruction.edits import attributes_of
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_PUT_IN = re.compile(
    rf"^({any_of(_LEX.pronouns)}|(?:{DEFINITE}|both|all)\b.+?) in(?:to)? "
    rf"(?=(?!the )(?:(?!in )[\w-]+ )*?{any_of(_LEX.garments)}s?\b)(.+)$"
)


def put_in(rest: str) -> tuple[str, str] | None:
    """ "him" and "a tuxedo"; None of a "hand", which is put somewhere, and of "the pocket of his coat"."""
    worn = _PUT_IN.match(rest)
    if worn is None or head(noun_phrase(worn[2]).concept or "") not in _LEX.garments:
        return None
    return None if head(noun_phrase(worn[1]).concept or "") in _LEX.body else (worn[1], worn[2])


def dressed(who: str, given: str) -> EditTuple:
    """ "him in a tuxedo": what he wears changes."""
    phrase = noun_phrase(given)
    place = noun_phrase(who).as_place("on")
    return EditTuple("clothes", phrase.concept, Action.REPLACE, attributes_of(phrase.concept), place)
