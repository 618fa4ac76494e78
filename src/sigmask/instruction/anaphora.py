"""Anaphora: what "it", "them" and "its" mean in a clause, by the edits of the clause before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import MAXIMUM_WORDS, NounPhrase, head, noun_phrase
from sigmask.instruction.edits import placed
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.instruction.sides import after_relation
from sigmask.instruction.topic import is_backdrop, is_open_scenery
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_HIM = re.compile(r"\b(?:him|his|he|her|she)\b")
_ALIKE = {"man": _LEX.men | _LEX.somebody, "woman": _LEX.women | _LEX.somebody}
_GIVEN_A_LOOK = re.compile(r"^(?:it|this|that) (?=(?:an?|the|some|more|less) )")
_REFERENCE = re.compile(r"\b(?:it|them|its|their)\b")
_OWN_ASPECT = re.compile(rf"^(?:its|their) ((?:\w+ )?{any_of(_LEX.attribute_nouns)})\b(.*)$")
_OF_SEVERAL = re.compile(r"\b(?:them|their)\b")
_THINGS, _OWNERS = re.compile(r"\b(?:it|them)\b"), re.compile(r"\b(?:its|their)\b")
_CARRIED = re.compile(r"^(?:it|them)\b")
_NEW_PLACE = re.compile(rf"^(?:in front of|in|into|on|onto|at|against|over) (?!{DEFINITE}\b)")
_TAKEN_FROM = re.compile(rf"^(?:from|off|off of) {DEFINITE} (.+)$")
_IN_ITS_PLACE = re.compile(r"\b(?:instead|there|in (?:its|their|that) (?:place|spot|stead))$")
_ONE = re.compile(r"(?<=\s)ones?$")
_THE_ONE = re.compile(r"^(?:the|all) (?:(?!of\b|with\b|to\b|into\b)[\w-]+ ){0,2}?ones?\b")
""" "The right one", "the blue ones": of the kind that the clause before is about."""
_OF_OWNER = re.compile(r"^(.+)(?:'s|(?<=s)') ")
_ITS_BODY = re.compile(rf"\bits (?:\w+ )?{any_of(_LEX.body)}\b")
_ON_SOMEONE = re.compile(rf"^(?:on|to|around|onto) (?:the |his |her |my )?(.+?)(?:'s? (?:\w+ )?{any_of(_LEX.body)})?$")
_PUT_ON = _LEX.accessories | _LEX.garments
_OWNED_BY = re.compile(r"^.*(?:'s|s') ")
_OF_NO_THING = (Action.STYLE, Action.TONE, Action.RESTORATION, Action.BACKGROUND, Action.TEXT)


def with_owner(clause: Clause, earlier: Sequence[EditTuple]) -> Clause:
    """ "change its color to blue" → "change the color of the car to blue"."""
    owned = _OWN_ASPECT.match(clause.rest)
    meant = _meant(earlier[-1]) if owned and earlier else None
    if owned is None or meant is None:
        return clause
    place = earlier[-1].location if earlier[-1].action not in (Action.MOVE, Action.BACKGROUND) else None
    owner = " ".join(filter(None, (meant, place)))
    return replace(clause, rest=f"the {owned[1]} of the {owner}{owned[2]}")


def of_picture(clause: Clause, earlier: Sequence[EditTuple]) -> Clause:
    """ "Give it a vintage look" → "give the picture a vintage look", where no thing is there that was named before."""
    if clause.frame != "give" or any(_meant(before) and not _is_gone(before) for before in earlier):
        return clause
    return replace(clause, rest=_GIVEN_A_LOOK.sub("the picture ", clause.rest))


def resolved(
    edit: EditTuple, clause: Clause, earlier: Sequence[EditTuple]
) -> tuple[Sequence[EditTuple], list[EditTuple]]:
    """The edits of the clause before and the clause's own, what it refers to filled in.

    "Pick up the cup and put it on the sofa" is one edit: then the earlier ones are changed and the clause has none.
    """
    if not earlier:
        return earlier, [edit]
    edit = _of_someone(_of_that_kind(_of_the_same(edit, earlier[-1]), clause, earlier[-1]), clause, earlier)
    named = [(before, meant) for before in earlier if (meant := _meant(before))]
    bared = _bared(earlier[-1]) if edit.action is Action.ADD and edit.edited_concept else None
    if bared and not _OF_SEVERAL.search(clause.text):  # "take the hat off the snowman and give it a nose"
        named = [(earlier[-1], bared)]
    if named and edit.edited_concept and _ONE.search(edit.edited_concept):  # "add a blue one"
        noun = named[-1][1].split()[-1]
        edit = replace(edit, edited_concept=_ONE.sub(lambda _: noun, edit.edited_concept))
    if named and edit.action is Action.ADD and edit.edited_concept and _IN_ITS_PLACE.search(clause.text):
        gone = earlier[-1]
        if gone.action is Action.REMOVE:
            return [*earlier[:-1], replace(gone, edited_concept=edit.edited_concept, action=Action.REPLACE)], []
        if clause.text.endswith(" there"):
            edit = replace(edit, location=edit.location or gone.location)
    if not named or not _REFERENCE.search(clause.text):
        return earlier, [edit]
    if not _OF_SEVERAL.search(clause.text):
        named = named[-1:]
    wearer = _wearer(earlier[-1]) if edit.action is Action.ADD and _ITS_BODY.search(edit.location or "") else None
    if wearer:  # "put a crown on the cat's head and a scepter in its paw"
        return earlier, [replace(edit, location=_located(edit.location or "", wearer))]
    every = " and ".join(meant for _, meant in named)
    edit = replace(edit, location=edit.location and _located(edit.location, every))
    if edit.original_concept is not None or edit.action in _OF_NO_THING:
        return earlier, [edit]
    if edit.action is Action.ADD and edit.edited_concept is not None:
        return earlier, [replace(edit, location=edit.location or f"on {every}")]
    if edit.action is Action.ADD:
        is_carried = edit.location is not None and _CARRIED.match(clause.rest) is not None
        return (
            _carried(edit.location or "", [before for before, _ in named], earlier) if is_carried else (earlier, [edit])
        )
    return earlier, [_of(edit, before, meant) for before, meant in named]


def _of_the_same(edit: EditTuple, earlier: EditTuple) -> EditTuple:
    """ "The second row" behind "the first row of flowers" is of flowers too."""
    part, of, _ = (earlier.original_concept or "").partition(" of ")
    if not of or edit.original_concept != part or not (edit.location and earlier.location):
        return edit
    whole = earlier.original_concept or ""
    edited = edit.edited_concept and re.sub(rf"\b{re.escape(part)}$", lambda _: whole, edit.edited_concept)
    return replace(edit, original_concept=whole, edited_concept=edited)


def _of_that_kind(edit: EditTuple, clause: Clause, earlier: EditTuple) -> EditTuple:
    """An edit of "the right one" or "the blue one"."""
    kind = (earlier.original_concept or earlier.edited_concept or "").split()[-1:]
    if not kind or not _THE_ONE.match(clause.rest) or edit.action in _OF_NO_THING:
        return edit
    if edit.original_concept is None and edit.action is not Action.ADD:
        return _of(edit, replace(earlier, location=None), kind[0])
    named = edit.original_concept and _ONE.sub(lambda _: kind[0], edit.original_concept)
    edited = edit.edited_concept and _ONE.sub(lambda _: kind[0], edit.edited_concept)
    return replace(edit, original_concept=named, edited_concept=edited)


def _of_someone(edit: EditTuple, clause: Clause, earlier: Sequence[EditTuple]) -> EditTuple:
    """An edit of him, of her, or of something of theirs, where the clause before says who and where they are."""
    pronoun = _HIM.search(clause.text)
    noun = _LEX.pronouns[pronoun[0]] if pronoun else None
    if pronoun is None or noun is None or re.search(rf"\b{noun}\b", clause.text):
        return edit
    who = next(filter(None, (_someone(before, _ALIKE[noun]) for before in reversed(earlier))), None)
    if who is None or who.concept is None:
        return edit
    if edit.original_concept == noun:
        edited = edit.edited_concept and re.sub(rf"\b{noun}\b", who.concept, edit.edited_concept)
        location = edit.location or who.location
        return replace(edit, original_concept=who.concept, edited_concept=edited, location=location)
    if edit.location is not None:  # "on man", "next to her"
        return replace(edit, location=re.sub(rf"\b(?:{noun}|him|her)$", lambda _: who.words, edit.location))
    theirs = who.location is not None and head(edit.original_concept or "") not in _ALIKE[noun]
    return replace(edit, location=f"on {who.words}") if theirs and edit.action not in _OF_NO_THING else edit


def _someone(earlier: EditTuple, alike: frozenset[str]) -> NounPhrase | None:
    """Who of a kind an edit names: as what it changes or makes, or as where that is."""
    if earlier.action is Action.REPLACE and " and " in (earlier.location or ""):  # two that change places
        return None
    place = noun_phrase(after_relation(earlier.location or ""))
    stays = earlier.action not in (Action.REMOVE, Action.MOVE, Action.BACKGROUND)
    thing = NounPhrase((_meant(earlier) or "").split(" of the ")[-1] if stays else None, earlier.location)
    return next((each for each in (thing, place) if each.concept and head(each.concept) in alike), None)


def _meant(earlier: EditTuple) -> str | None:
    """What a clause made, or touched where it made no thing."""
    made = earlier.edited_concept if earlier.action in (Action.ADD, Action.REPLACE) else None
    return made or earlier.original_concept


def _bared(earlier: EditTuple) -> str | None:
    """What a thing was taken off or out of: that is still there."""
    if earlier.action is not Action.REMOVE:
        return None
    taken_from = _TAKEN_FROM.match(earlier.location or "") or _OF_OWNER.match(earlier.original_concept or "")
    return taken_from.group(1) if taken_from else None


def _wearer(earlier: EditTuple) -> str | None:
    """Who was given something to wear: that has no body of its own."""
    if earlier.action is not Action.ADD or head(earlier.edited_concept or "") not in _PUT_ON:
        return None
    someone = _ON_SOMEONE.match(earlier.location or "")
    return someone.group(1) if someone else None


def _is_gone(earlier: EditTuple) -> bool:
    return earlier.action is Action.REMOVE and _bared(earlier) is None


def _located(location: str, meant: str) -> str:
    """ "on it", "on its head" → "on dog", "on dog's head"."""
    owner = f"{meant}'" if meant.endswith("s") else f"{meant}'s"
    return _OWNERS.sub(lambda _: owner, _THINGS.sub(lambda _: meant, location))


def _carried(
    location: str, things: Sequence[EditTuple], earlier: Sequence[EditTuple]
) -> tuple[Sequence[EditTuple], list[EditTuple]]:
    """Things that are put somewhere: what was to be added or moved is so there, what was taken away appears there.

    What is cut out of its place and put "on a white background" stays, and what is behind it is new.
    """
    cut_out = [before for before in things if before.action in (Action.REMOVE, Action.MOVE, Action.OTHER)]
    place = after_relation(location) if _NEW_PLACE.match(location) else ""
    if cut_out and (is_backdrop(place) or is_open_scenery(place)):
        kept = [before for before in earlier if before not in cut_out]
        return kept, [placed(before.original_concept or "", location) for before in cut_out]
    there = [before for before in things if before.action in (Action.ADD, Action.MOVE) and before.location is None]
    kept = [replace(before, location=location) if before in there else before for before in earlier]
    return kept, [_put(before, location) for before in things if before not in there]


def _put(thing: EditTuple, location: str) -> EditTuple:
    meant = _meant(thing)
    if thing.action is Action.REMOVE and meant:
        return EditTuple(None, _OWNED_BY.sub("", meant), Action.ADD, location=location)
    if thing.action in (Action.ADD, Action.REPLACE):
        return EditTuple(None, meant, Action.ADD, thing.attributes, location)
    return EditTuple(meant, meant, Action.MOVE, location=location)


def _of(edit: EditTuple, earlier: EditTuple, meant: str) -> EditTuple:
    """An edit of nothing named ("make it red") as one of what is meant, where that was."""
    inherited = earlier.location if earlier.action not in (Action.BACKGROUND, Action.MOVE) else None
    edit = replace(edit, original_concept=meant, location=edit.location or inherited)
    if edit.action is Action.MOVE:
        return replace(edit, edited_concept=meant)
    if edit.action is Action.ATTRIBUTE:
        words = [*edit.attributes, *meant.split()]
        return replace(edit, edited_concept=" ".join(words[-MAXIMUM_WORDS:]))
    return edit
