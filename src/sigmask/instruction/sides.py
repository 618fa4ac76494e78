"""Sides: where "change X to Y" parts, and whose attribute "the colour of X" is. Text in, text out."""

from __future__ import annotations

import re

from sigmask.instruction.concept import without_scene
from sigmask.instruction.lexicon import any_of, lexicon

_LEX = lexicon()
_SHOWING = (
    "be|look like|become|have|depict|show|capture|portray|simulate|illustrate|convey|reflect|resemble|feature|"
    "represent|mimic|evoke|display|present|exhibit|match|mirror|imitate|incorporate|embody"
)
_PLACES = r"(?:the |its |his |her )?(?:far )?(?:left|right|top|bottom|side|front|back|center|centre|middle|rear|edge)\b"
_TO = re.compile(
    rf"\s+(?:(?:in)?to(?: (?:{_SHOWING}))?|so that (?:it|they) (?:is|are|becomes?)|as|becomes?|be)\s+(?!{_PLACES})"
)
INTO = re.compile(r"\s+into(?: being)?\s+")
_FROM_TO = re.compile(r"^(.*?)\s+from\s+(.+?)\s+to\s+(.+)$")
_NEAR = re.compile(r"(?:next|close|near|attached|belonging|closest|nearest|due)$")
_OWN = any_of(_LEX.attribute_nouns | _LEX.pose_nouns)
_OWNED = re.compile(rf"^(.*?)(?:'s?|\bof)?\s*\b{_OWN}$")
_OF_OWNER = re.compile(rf"^(?:the )?(?:\w+ )?{_OWN} (?:of|for|on)\s+(.+)$")
_RELATION_FIRST = re.compile(rf"^{any_of(_LEX.relations)}\s+")


def sides(text: str) -> tuple[str, str]:
    """X and Y of "X to Y", "X into Y", "X with Y"; of "X from A to B" X and B. Y is empty where nothing parts them."""
    if text.startswith(("to ", "into ")):
        return "", text.split(" ", 1)[1]
    ranged = _FROM_TO.match(text)
    if ranged:
        return ranged.group(1) if without_scene(ranged.group(1)) else ranged.group(2), ranged.group(3)
    into = INTO.split(text, maxsplit=1)
    if len(into) == 2:
        return into[0], into[1]
    for match in _TO.finditer(text):
        if not _NEAR.search(text[: match.start()]):
            return text[: match.start()], text[match.end() :]
    original, _, edited = text.partition(" with ")
    return original, edited


def owner(text: str) -> str:
    """Whose attribute or pose it is: "the color of the man's hat" → "the man's hat", "the car color" → "the car"."""
    text = without_scene(text)
    of_owner = _OF_OWNER.match(text)
    if of_owner:
        return of_owner.group(1)
    owned = _OWNED.match(text)
    return owned.group(1) if owned and owned.group(1).strip() not in ("", "the", "a") else text


def after_relation(location: str) -> str:
    """ "in a zoo" → "a zoo"."""
    return _RELATION_FIRST.sub("", location)
