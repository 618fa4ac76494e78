"""Cuts: what is cut into parts, or short, of which nothing goes ("cut the cake in half")."""

from __future__ import annotations

import re

from sigmask.instruction.concept import head, noun_phrase
from sigmask.instruction.lexicon import lexicon
from sigmask.types import Action, EditTuple

_CUT_UP = re.compile(
    r"^(?!out |off |away |down )(.+?) ((?:up )?(?:in(?:to)? (?:half|halves|two|three|four|quarters|pieces|slices)"
    r"|into (?!the (?!shape |form )|this |his |her |its |their ).+)|short(?:er)?)$"
)


def cut_up(what_and_how: str) -> EditTuple | None:
    """ "the cake in half", "her hair short": nothing of it goes."""
    parted = _CUT_UP.match(what_and_how)
    if parted is None:
        return None
    phrase = noun_phrase(parted[1])
    edited = phrase.concept and f"{phrase.concept} cut {parted[2]}"
    return EditTuple(phrase.concept, edited, Action.ATTRIBUTE, ("cut",), phrase.location)


def only_cut(what: str) -> EditTuple | None:
    """ "the cake" is cut and stays; None of what goes where it is cut."""
    concept = noun_phrase(what).concept
    if concept is None or head(concept) not in lexicon().cut_up:
        return None
    return EditTuple(concept, f"cut {concept}", Action.ATTRIBUTE, ("cut",))
