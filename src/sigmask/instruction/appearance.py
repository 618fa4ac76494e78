"""Frames of verbs that say how the picture looks, or a thing in it: "blur", "sharpen", "brighten", "stylise"."""

from __future__ import annotations

import dataclasses
import re

from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import NounPhrase, head, names_scene, noun_phrase, opens_with_scene
from sigmask.instruction.edits import (
    changed,
    is_description,
    of_all_else,
    of_whole_picture,
    with_attribute,
    without_quotations,
    written,
)
from sigmask.instruction.frames import WITH, add, remove
from sigmask.instruction.lemma import lemmas
from sigmask.instruction.lexicon import lexicon
from sigmask.instruction.sides import owner, sides
from sigmask.instruction.topic import about, names_text, whole_picture_topic
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_WITH_PRESENCE = re.compile(r"^.+ with (?:the (?:presence|addition|inclusion)|a gathering) of (.+)$")
_SHOWN_AS = re.compile(r"^(.+?) as (.+)$")
_OF_THE_PICTURE = frozenset(("edge", "line", "outline", "contour", "perspective"))
_CLOUDED = (Action.RESTORATION, Action.TONE)
_THICKENED = re.compile(
    r"^(?:increas|intensif|amplif|heighten|strengthen|boost)\w* (?:the )?(?:amount of )?"
    r"(?:fog|haz|mist|smog|rain|snow|blur|grain)\w*$"
)
_COLOURED = ("colorize", "colorise", "colourize", "colourise")
_IRREGULAR = {"break": "broken", "freeze": "frozen", "tear": "torn"}
_UNDONE = frozenset(("removal", "reduction", "correction", "elimination", "fix"))


def obscure(clause: Clause) -> EditTuple | None:
    """ "blur the background", "pixelate the face"; "blur removal" is none."""
    phrase = noun_phrase(clause.rest)
    done = _participle(clause.text.split()[0])
    all_else = of_all_else(clause.rest, done)
    if all_else:
        return all_else
    if _LEX.verb([head(clause.rest)]) or about(clause.rest, Action.RESTORATION) or head(clause.rest) in _UNDONE:
        return None
    return _done_to(phrase, done) if phrase.concept else EditTuple(None, done, Action.TONE)


def restore(clause: Clause) -> EditTuple:
    """ "deblur the picture"."""
    named = None if names_scene(clause.rest) else noun_phrase(clause.rest).concept
    return EditTuple(named, None, Action.RESTORATION)


def mend(clause: Clause) -> EditTuple:
    """ "repair the fence", "sharpen the pencil"; of the picture, or of what clouds it, that is restoration."""
    phrase = noun_phrase(without_quotations(clause.rest))
    if "§" in clause.rest or names_text(clause.rest):
        return written(clause, (phrase.location or "").removesuffix(" to") or None)
    if clause.text.startswith(("clean", "wash")) and (phrase.location or "").startswith(("off ", "from ")):
        return remove(dataclasses.replace(clause, frame="remove"))  # "clean the mud off the boots"
    done = _participle(clause.text.split()[0])
    if clause.rest == "them":  # a clause before it says what
        return EditTuple(None, None, Action.ATTRIBUTE, (done,))
    if head(phrase.concept or "") in _LEX.conditions and not about(clause.rest, Action.RESTORATION):
        return EditTuple(None, phrase.concept, Action.TONE)
    of_picture = head(phrase.concept or "") in _OF_THE_PICTURE | _LEX.scene
    if phrase.concept is None or of_picture or any(about(clause.rest, action) for action in _CLOUDED):
        return restore(clause)
    return _done_to(phrase, done)


def tone(clause: Clause) -> EditTuple:
    """ "brighten the picture", "boost the contrast"; of a thing it is an attribute."""
    phrase = noun_phrase(clause.rest)
    all_else = of_all_else(clause.rest, _participle(clause.text.split()[0]))
    if all_else:
        return all_else
    present = _WITH_PRESENCE.match(clause.rest)
    if present and opens_with_scene(clause.rest) and not whole_picture_topic(present.group(1)):
        return add(dataclasses.replace(clause, frame="add", rest=present.group(1)))
    if phrase.concept in _LEX.background:
        return changed(*sides(clause.rest), clause)
    if about(clause.rest, Action.STYLE) and not clause.text.startswith(_COLOURED):  # "this black and white photo"
        return of_whole_picture(Action.STYLE, clause.rest, clause)
    thickened = _THICKENED.match(clause.text) is not None
    if about(clause.text, Action.RESTORATION) and not thickened:
        return EditTuple(None, None, Action.RESTORATION)
    if about(clause.rest, Action.TONE) or names_scene(clause.rest) or thickened:
        return EditTuple(None, None if names_scene(clause.rest) else phrase.concept, Action.TONE)
    phrase = noun_phrase(owner(clause.rest))  # "increase the size of the moon"
    return EditTuple(phrase.concept, phrase.concept, Action.ATTRIBUTE, (clause.text.split()[0],), phrase.location)


def style(clause: Clause) -> EditTuple:
    """ "express the scene in cubism"; "render the sky in black", "sketch two birds above the sea" are no styles."""
    topic = whole_picture_topic(clause.rest)
    joined = WITH.match(clause.rest)
    if joined and not names_scene(joined.group(1)) and is_description(joined.group(2).removesuffix(" hue")):
        return with_attribute(*joined.groups())
    if topic is None and clause.text.startswith(("sketch", "infuse")) and not names_scene(clause.rest):
        return add(clause)
    shown_as = _SHOWN_AS.match(clause.rest)
    value = shown_as.group(2) if shown_as and names_scene(shown_as.group(1)) else clause.rest
    return of_whole_picture(topic or Action.STYLE, value, clause)


def _done_to(phrase: NounPhrase, done: str) -> EditTuple:
    """ "the background", "blurred": a background changes, anything else has an attribute."""
    edited = noun_phrase(f"{done} {phrase.concept}").concept
    action = Action.BACKGROUND if phrase.concept in _LEX.background else Action.ATTRIBUTE
    return EditTuple(phrase.concept, edited, action, (done,), phrase.location)


def _participle(verb: str) -> str:
    """ "blur" → "blurred", "pixelate" → "pixelated", "tidy" → "tidied"."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    verb = next((form for form in lemmas(verb) if form in _LEX.verbs), verb) if verb.endswith("ing") else verb
    if verb.endswith("ed"):  # of a passive
        return verb
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y"):
        return f"{verb[:-1]}ied"
    return f"{verb}red" if verb == "blur" else f"{verb}ed"
