"""Complaints: what is wrong with a thing, said before an order or instead of one ("the banana looks too fresh")."""

from __future__ import annotations

import re

from sigmask.instruction import frames
from sigmask.instruction.clause import BY_HOW_MUCH, POINTED_AT, REASON, Clause
from sigmask.instruction.concept import names_scene, noun_phrase
from sigmask.instruction.lexicon import DEFINITE
from sigmask.instruction.topic import own_topic
from sigmask.types import Action, EditTuple

_NOT = r"(?:i )?(?:really )?(?:do not|don't) (?:really )?"
_DISLIKED = re.compile(
    rf"^(?:{_NOT}(?:like|love|enjoy)|i (?:really )?(?:hate|dislike|cannot stand|can't stand)) "
    r"(?!to\b|that\b|how\b)(.+)$"
)
_LOOKS = ("style", "look", "theme", "aesthetic", "filter", "art")
_NOT_SO = re.compile(rf"^{_NOT}want (?!to\b|you\b|me\b)(.+?) to (?:be|look|have|wear) .+$")
_NOT_WANTED = re.compile(rf"^{_NOT}(?:want|need) (?!to\b|you\b|me\b)(.+)$")
_TOO_MUCH = re.compile(
    rf"^((?:{DEFINITE}|all) .+?) (?:is|are|looks?|seems?|appears?|feels?) "
    rf"{BY_HOW_MUCH}(?:too|so) \w+[\w ]*$"
)


def complaint(clause: Clause) -> EditTuple | None:
    """What a complaint points at; None where the clause is an order, or says what is wrong with the whole picture.

    A thing that is not wanted goes. Of one that is "too fresh" an attribute changes, of one that is not liked
    anything may: neither says into what.
    """
    if clause.frame is not None:
        return None
    reason = REASON.match(clause.text) or POINTED_AT.match(clause.text) if clause.is_reason else None
    if reason:
        return _of_thing(reason[reason.lastindex], Action.ATTRIBUTE) if reason.lastindex else None
    for pattern, action in _COMPLAINTS:
        found = pattern.match(clause.text)
        if found and action is Action.REMOVE:
            return frames.remove(Clause(clause.text, "remove", found.group(1), clause.quotations))
        if found:
            return _of_thing(found.group(1), action)
    return None


def _of_thing(named: str, action: Action) -> EditTuple | None:
    topic = own_topic(named)
    if topic is Action.STYLE and not (noun_phrase(named).concept or "").endswith(_LOOKS):
        topic = None  # "I don't like the tattoo", "the cartoon on the wall"
    if topic is Action.BACKGROUND:
        return EditTuple("background", None, topic)
    if topic or (names_scene(named) and action is Action.ATTRIBUTE):
        return None
    phrase = noun_phrase(named)
    return EditTuple(phrase.concept, None, action, location=phrase.location)


_COMPLAINTS = (
    (_DISLIKED, Action.OTHER),
    (_NOT_SO, Action.OTHER),
    (_NOT_WANTED, Action.REMOVE),
    (_TOO_MUCH, Action.ATTRIBUTE),
)
