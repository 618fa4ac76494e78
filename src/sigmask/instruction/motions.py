"""Frames of verbs that say where a thing goes, what it does, how big it is: "move", "raise", "enlarge"."""

from __future__ import annotations

import dataclasses
import re

from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import names_scene, noun_phrase
from sigmask.instruction.edits import changed, placed
from sigmask.instruction.frames import PICTURE_PARTS, add, exchange
from sigmask.instruction.lexicon import any_of, lexicon
from sigmask.instruction.topic import about, is_backdrop, is_scenery, whole_picture_topic
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_MEASURE = re.compile(
    r"\s+(?:(?:by )?\d+(?:\.\d+)?\s*(?:degrees?|°|%|percent|pixels?|px|times)(?!\w).*|"
    r"horizontally|vertically|upside down|(?:anti-?|counter-?)?clockwise)$"
)
_A_LITTLE = re.compile(rf" (?:a (?:bit|little|lot|touch)|slightly|much|further|just)( {any_of(_LEX.relations)}|$)")
_POSITIONS = re.compile(r"^(?:the )?(?:positions?|places?|locations?|order) of (?!.+ (?:to|in|on) )(.+?) and (.+)$")
_ELSEWHERE = re.compile(r"^(.+) (?:in)?to (an? .+)$")
"""Into "a snowy field" that is not there yet: all behind the thing is new."""
_OF_THE_WHOLE = _LEX.conditions | {"colors", "colours", "vibrance", "gamma", "hue"}
_MEASURED = re.compile(
    rf"^(?:overall |general )?{any_of(_OF_THE_WHOLE)}"
    r"(?: levels?)?(?: (?:a )?(?:bit|little|lot|slightly|much))?$"
)


def move(clause: Clause) -> EditTuple | None:
    """ "move X to Y", "rotate X by 90 degrees"."""
    if clause.text.startswith("bring ") and clause.rest.startswith(("a ", "an ", "some ", "another ")):
        return add(dataclasses.replace(clause, frame="add"))
    exchanged = _POSITIONS.match(clause.rest)
    if exchanged:
        return exchange(exchanged.group(1), exchanged.group(2), clause)
    elsewhere = _ELSEWHERE.match(clause.rest)
    if elsewhere and not names_scene(elsewhere.group(1)) and is_scenery(elsewhere.group(2)):
        what, where = elsewhere.group(1), elsewhere.group(2)
        is_place = is_backdrop(what)  # "bring the setting to a cave"
        return changed(what, where, clause) if is_place else placed(what, where)
    phrase = noun_phrase(_A_LITTLE.sub(r"\1", _MEASURE.sub("", clause.rest)))
    if PICTURE_PARTS.match(clause.rest) or (phrase.concept is None and whole_picture_topic(clause.rest)):
        return None
    return EditTuple(phrase.concept, phrase.concept, Action.MOVE, location=phrase.location)


def pose(clause: Clause) -> EditTuple:
    """ "raise the person's left arm"; "lift the fog" is meant otherwise."""
    phrase = noun_phrase(_A_LITTLE.sub(r"\1", clause.rest))
    if about(phrase.concept or "", Action.RESTORATION):
        return EditTuple(phrase.concept, None, Action.RESTORATION)
    if clause.text.startswith(("lower", "raise", "lift")) and _MEASURED.match(phrase.concept or ""):
        return EditTuple(None, phrase.concept, Action.TONE)
    manner = (clause.text.split()[0],)
    return EditTuple(phrase.concept, phrase.concept, Action.ACTION_CHANGE, manner, phrase.location)


def resize(clause: Clause) -> EditTuple:
    """ "enlarge X": its size is an attribute."""
    phrase = noun_phrase(clause.rest)
    return EditTuple(phrase.concept, phrase.concept, Action.ATTRIBUTE, (clause.text.split()[0],), phrase.location)
