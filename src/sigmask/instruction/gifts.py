"""Gifts: who gets what ("give the man on the left a hat", "give a hat to the man")."""

from __future__ import annotations

import re

from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import head, names_scene, noun_phrase
from sigmask.instruction.edits import attributes_of, of_whole_picture, put_on
from sigmask.instruction.lexicon import any_of, lexicon
from sigmask.instruction.several import RECEIVER
from sigmask.instruction.topic import whole_picture_topic
from sigmask.types import Action, EditTuple

_LEX = lexicon()
PRONOUN_FIRST = re.compile(rf"^(?!one of\b)({any_of(_LEX.pronouns)}|people|everyone)\s+(.+)$")
OPEN = re.compile(rf"(?:^|\s)(?:{any_of(_LEX.relations)}|of|with|and|or|but|as|like|the|more|wearing|holding)$")
"""How words end behind which a noun phrase goes on."""
_ARTICLE_LATER = re.compile(r"(?<=\S)\s+(?=(?:an?|the|some)\s+\S)")
_HANDED = re.compile(r"^((?:an?|some|the) .+?|it|them) to ((?:the|an?|his|her|him|my|each|every|both|all)\b.*)$")
_THE_ONE = re.compile(rf"^({RECEIVER}(?: (?:on|at|to) the (?:far )?(?:left|right)\b(?! side| of)|))\s+(.+)$")


def give(clause: Clause) -> EditTuple | None:
    """ "give X a Y", "give a Y to X": Y is added to X.

    Unless X has one already ("a new outfit"), or Y is no thing ("a red hue").
    """
    rest = clause.rest
    handed = _HANDED.match(rest)
    if handed:
        return put_on(handed.group(2), handed.group(1))
    parted = _parted(rest)
    if parted is None:
        return None
    who, given = parted
    topic = whole_picture_topic(given) if names_scene(who) and who not in ("it", "this") else None
    if topic:
        return of_whole_picture(topic, given, clause)
    concept = noun_phrase(given).concept or ""
    if head(concept) in _LEX.worn and who not in ("it", "this"):
        wearer = noun_phrase(who).concept
        location = f"on {wearer}" if wearer else None
        return EditTuple(head(concept), concept, Action.REPLACE, attributes_of(concept), location)
    return put_on(who, given)


def _parted(rest: str) -> tuple[str, str] | None:
    """ "the man on the left a hat" → "the man on the left", "a hat"; "the woman glasses" → "the woman", "glasses"."""
    pronoun = PRONOUN_FIRST.match(rest)
    if pronoun:
        return pronoun[1], pronoun[2]
    for border in _ARTICLE_LATER.finditer(rest):
        who = rest[: border.start()]
        if not OPEN.search(who):
            return who, rest[border.end() :]
    one = _THE_ONE.match(rest)
    return (one[1], one[2]) if one else None
