"""The side of the picture that a location names: "on the left" → numbers. A side of a thing is none of the picture.

What counts as the picture's side, and the numbers, are our choice (`docs/decisions/0018-location.md`).
"""

from __future__ import annotations

import re

from sigmask.instruction.concept import DIRECTED, head
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.types import Action, EditTuple

Side = tuple[float, float, float, float]
"""In [-1, 1] each: right (-1: left), bottom (-1: top), the middle from left to right, the middle from top to bottom."""
NOWHERE: Side = (0.0, 0.0, 0.0, 0.0)
"""Of a concept whose side is not said."""

_RIGHTWARDS = {"left": -1, "leftmost": -1, "right": 1, "rightmost": 1}
_DOWNWARDS = {"top": -1, "topmost": -1, "upper": -1, "bottom": 1, "bottommost": 1, "lower": 1}
_MIDDLE = frozenset(("middle", "center", "centre", "central"))
_SIDE_WORD = rf"\b{any_of((*_RIGHTWARDS, *_DOWNWARDS, *_MIDDLE))}\b"
_PARTS = "(?:side|corner|part|half|edge|area|portion|section|position|end|region|zone|quadrant)"
_BETWEEN = r"(?:(?:and|far|very|hand|most)[\s,-]+)*"
_SIDES = (
    rf"(?:(?:and|far|very)[\s,-]+)*{_SIDE_WORD}(?:[\s,-]+{_BETWEEN}{_SIDE_WORD})*"
    rf"(?:-hand\b|[\s-]most\b|\shand\b(?=[\s-]{_PARTS}))?"  # "the left hand" is someone's
)
_BEFORE_NOUN = re.compile(rf"^{_SIDES}(?:\s+|$)")
_BEHIND_NOUN = re.compile(
    rf"(?:^|\s)(?:on|at|in|to|towards?|near|along) (?!top(?:$|\s(?:on|in|at)\b))(?:the )?{_SIDES}"
    rf"(?:[\s-]{_PARTS})*"
    r"(?=$|[\s,]+(?:on|in|at|near|by|with|behind|under|who|that|which|wearing|holding|next)\b)"
)
_ANY_SIDE = re.compile(_SIDE_WORD)
_COUNTED = re.compile(r"\b(?:second|third|fourth|fifth|from)\b")
_SPARED = re.compile(r"\s*\b(?:except|apart from|other than)\b.*$")
_HEADED = re.compile(rf"^(?:(?:who|that|which) (?:is|are) )?{any_of(DIRECTED)}\b")
_OF_PICTURE = re.compile(
    r"\s(?:of|in) (?:the |this |my )?(?:whole |entire )?(?:image|picture|photo|photograph|frame|scene|shot|canvas)\b"
)
_SOMEONE = "(?:man|woman|boy|girl|person|child|kid|lady|guy|player|dog|cat|horse|bird)"
_ON_SOMEONE = re.compile(
    rf"^(?:on|onto|to|for|in front of) (?:(?:the )?{_SIDES} {_SOMEONE}(?:'s head)?|{_SOMEONE} {_SIDES})$"
)
_OF_A_THING = re.compile(r"^(?:to|of)\b")
_OWNED = re.compile(rf"'s? | of (?:an?|{DEFINITE}|it)\b")
_SIDED = (
    lexicon().body
    | frozenset(("side", "half", "part", "corner", "edge", "end", "portion"))
    | frozenset(("shoe", "boot", "sneaker", "sock", "glove", "sleeve", "earring", "hat", "garment", "clothes"))
)
"""Things whose left, right, upper or lower one is their owner's, not the picture's: "left hand", "top hat"."""
_NO_PLACE = frozenset((Action.BACKGROUND, Action.STYLE, Action.TONE, Action.RESTORATION, Action.MOVE, Action.UNKNOWN))
"""Actions on the whole picture, and moves, of which a location may say where the thing goes."""


def picture_side(edit: EditTuple) -> Side:
    """The side of the picture on which an edit's concepts lie; `NOWHERE` if it names none.

    What is replaced and what comes in its place lie on one side; so the side is that of both concepts.
    """
    if edit.location is None or edit.action in _NO_PLACE:
        return NOWHERE
    concepts = [concept for concept in (edit.original_concept, edit.edited_concept) if concept]
    return NOWHERE if any(map(_is_owned, concepts)) and _is_before_noun(edit.location) else side_of(edit.location)


def side_of(location: str) -> Side:
    """The side of the picture that a phrase names: "top left", "on the right side", "in the middle".

    `NOWHERE` for a place on another thing ("on the table", "to the left of the man", "in the middle of the road"), for
    what is counted ("second from the left"), for where something looks or goes ("looking to the left"), for what is
    spared ("except the man on the left") and for sides that contradict each other.
    """
    location = _SPARED.sub("", location)
    if _COUNTED.search(location) or _HEADED.match(location):
        return NOWHERE
    location = _OF_PICTURE.sub("", location)
    bearer = _ON_SOMEONE.match(location)
    if bearer:  # "on the left man", who is at the left
        return _numbers(set(_ANY_SIDE.findall(bearer.group())))
    before = _BEFORE_NOUN.match(location)
    rest = location[before.end() :] if before else location
    behind = _BEHIND_NOUN.search(rest)
    place = rest[: behind.start()] + rest[behind.end() :] if behind else rest
    if _ANY_SIDE.search(place) or (before and _OF_A_THING.match(place)):
        return NOWHERE
    said = " ".join(match.group() for match in (before, behind) if match)
    return _numbers(set(_ANY_SIDE.findall(said)))


def _numbers(words: set[str]) -> Side:
    """Of the words for sides; "middle" beside a side is that of the other axis: "top middle", "middle left"."""
    rightwards = {_RIGHTWARDS[word] for word in words if word in _RIGHTWARDS}
    downwards = {_DOWNWARDS[word] for word in words if word in _DOWNWARDS}
    across, down = (float(sum(signs)) for signs in (rightwards, downwards))
    if not words & _MIDDLE or (rightwards and downwards):
        return across, down, 0.0, 0.0
    if rightwards or downwards:
        return across, down, float(bool(downwards)), float(bool(rightwards))
    return 0.0, 0.0, 0.5, 0.5


def _is_before_noun(location: str) -> bool:
    """Whether the side stands before the noun alone: "left", but not "on the left"."""
    return _BEFORE_NOUN.match(location) is not None and _BEHIND_NOUN.search(location) is None


def _is_owned(concept: str) -> bool:
    """Whether a side of this is its owner's: "hand", "eye of the dog", "side of the shirt"; "bowl of soup" is not."""
    return _OWNED.search(concept) is not None or head(concept) in _SIDED
