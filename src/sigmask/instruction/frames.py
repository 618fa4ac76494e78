"""Frames: how a clause is read that opens with a verb of one class ("remove", "replace", "paint", ...).

Each takes a `Clause` and gives its edit, or None where the clause does not fit; `statements.py` reads those, and
clauses without an opening verb. Which verb belongs to which frame is data (`verbs` in lexicon.yaml).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from sigmask.instruction.clause import STANDS, Clause
from sigmask.instruction.concept import head, names_scene, noun_phrase, opens_with_scene, without_scene
from sigmask.instruction.cuts import cut_up, only_cut
from sigmask.instruction.edits import (
    attributes_of,
    changed,
    is_description,
    of_all_else,
    of_whole_picture,
    placed,
    put_on,
    subject_and_verb,
    with_attribute,
    without_quotations,
    written,
)
from sigmask.instruction.garments import dressed, put_in
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.instruction.several import EXCHANGES, PLACES_OF
from sigmask.instruction.sides import after_relation, sides
from sigmask.instruction.topic import (
    about,
    is_backdrop,
    is_open_scenery,
    is_scenery,
    names_text,
    shows_weather,
    whole_picture_topic,
)
from sigmask.types import Action, EditTuple

Frame = Callable[[Clause], EditTuple | None]

_LEX = lexicon()
_REFERS_BACK = re.compile(r"(?:\w+ of )?(?:it|them|this|that)$|(?:it|them) from ")
CUT_OUT = re.compile(
    r"^(?:isolate|extract|cut out|crop out|separate) (?P<what>.+?) "
    r"(?:from (?:its|the) (?:background|backdrop|surroundings)"
    r"|(?:on|onto|against|over) (?P<onto>(?:an? )?(?!the ).*(?:background|backdrop)))$"
)
"""What is cut out stays, and what is behind it goes."""
WHERE_IT_WAS = re.compile(
    r"^(?:see |show )?((?:an?|some) .+?) (?:in the (?:place|spot) )?where "
    rf"({DEFINITE} .+?) {STANDS}$"
)
_RID_OF = re.compile(r"^(.+?)\s+(?:of|from)\s+(.+)$")
_EMPTIED = ("clear ", "rid ", "strip ")
_EMPTIED_OF = re.compile(rf"^({DEFINITE} .+?) of (.+)$")
_AWAY = re.compile(r"(?<!ing)(?<!ed)(?<! cut)(?<! is)(?<! are) (?:out|away|off|down)$")
_DROPPED_IN = re.compile(rf"\b(?:in|on)to (?:{DEFINITE}|an?)\b|^(?:an?|some) .*\b(?:in|on) (?:{DEFINITE}|an?)\b")
_REMOVABLE = re.compile(r"shadow|darken|silhouette|shad(?:ed|e|y|ing)\b|watermark|logo|obscured (?:presence|part|area)")
_SWAP = re.compile(r"\s+(?:with|by|for|into|to be|to|as)\s+")
_INSTEAD = re.compile(r"^(.+?)\s+(?:instead of|in place of|rather than)\s+(.+)$")
_WORDING = re.compile(r"^(?:(?:the|a) )?(?:(?:words?|text|letters?|name) )?§\d+(?: on| in| at|$)")
WITH = re.compile(r"^(.+?)\s+(?:(?:up )?(?:in|with|as)|(?:in)?to)\s+(.+)$")
_OUT_OF = re.compile(
    r"^(.+?)\s+(?:(?:(?:look |be )?(?:made|out|built|crafted|created|made up|carved|formed)(?: out)? )?"
    r"(?:of|from|in|with|using)|using|in)\s+(.+)$"
)
_BOTH = re.compile(rf"^{PLACES_OF}(.+?)\s+and\s+(.+)$")
_TWO_WORDS = re.compile(rf"^(?!(?:an?|{DEFINITE}|all|both) )([\w-]+),? ([\w-]+)$")
_ONE_WHERE = re.compile(r"^(?:one|an image|a picture|a version) (?:where|in which|of) (.+)$")
PICTURE_PARTS = re.compile(r"(?:the )?(?:elements|components|aspects|details|mood|feel|atmosphere|look|visuals?)\b")
_ALL_BUT = re.compile(
    r"^(?:everything|everyone|all|anything)(?: else)? (?:but|except(?: for)?|apart from|other than|besides) (.+)$"
)
_SWITCHED = re.compile(
    rf"^(?:turn|switch) ((?:{DEFINITE}|all|every|each)\b.*?) (on|off)"
    r"((?: (?:in|at|inside|of|behind|above|near|next)\b.*)?)$"
)
_PUT_FOR = re.compile(rf"^((?:an?|some) (?:(?! with ).)+?) for ({DEFINITE} .+)$")
"""To substitute one for the other is to put it in its place; which one is there its article tells."""
_WITH_NOTHING = re.compile(r"\s+(?:with|by) (?:nothing|empty space|the background)$")
_FOR_FIRST = re.compile(
    r"^(?:(?:swap|switch|exchange|trade)(?:(?! with ).)+ for |"
    r"(?:replace|substitute)(?:(?! with | by ).)+ for (?:an?|some) )"
)
"""Of "trade the umbrella for a parasol with lace" what follows "with" is the parasol's."""
_UNBORNE = any_of(_LEX.relations | {"and", "or", "with", "to", "of"})
_BORNE = re.compile(rf"^(?:(?:the|an?|his|her|its|their|that|this) )?§(\d+) (?!{_UNBORNE}\b)([\w-]+)")
_IN_PLACE = re.compile(r"(?:in|into|on|at|onto) (?:an? |some )")
_AT = re.compile(r"(?:in front of|at) ")
_BEFORE = re.compile(r"in front of (?:an? |some )")
_BEFORE_PLACE = re.compile(r"(?:in front of|in|on|onto|against|over) (?!the )")
_LANGUAGE = re.compile(
    r"^(?:\w+ )?(?:english|french|spanish|german|italian|portuguese|dutch|russian|polish|turkish|greek|arabic|hebrew|"
    r"hindi|chinese|mandarin|japanese|korean|thai|vietnamese|swedish|latin)$"
)
_LIGHT_CHANGE = re.compile(r"(?:an?|the)?\s*\w*\s*(?:light|dark|summer|winter|night)")
_SOME_THING = (["a"], ["an"], ["some"], ["two"], ["three"], ["several"])
_COLOUR_OF_ALL = re.compile(
    r"^(?:(?:an?|the|full|some|more|natural|vivid|bright|realistic|living) )*colou?rs?"
    r"(?: (?:photo(?:graph)?|picture|image))?$"
)
""" "Turn this photo into colour", "into a colour photograph"; "add some colour to the picture"."""
_TONED = frozenset(
    ("filter", "filters", "contrast", "brightness", "saturation", "light", "warmth", "effect", "effects")
)


def remove(clause: Clause) -> EditTuple:
    """ "remove X"; "rid the picture of X"."""
    rest = clause.rest
    if clause.text.startswith("drop ") and _DROPPED_IN.search(rest):
        return add(dataclasses.replace(clause, frame="add"))
    cut_out = CUT_OUT.match(clause.text)
    if cut_out:
        return placed(cut_out["what"], cut_out["onto"] or "")
    if clause.text.startswith("cut "):
        stays = cut_up(rest) or (only_cut(rest) if clause.text == f"cut {rest}" else None)  # no "cut off"
        if stays:
            return stays
    rid = _RID_OF.match(rest)
    if rid and names_scene(rid.group(1)) and not _REFERS_BACK.match(rest):
        rest = rid.group(2)
    elif clause.text.startswith(_EMPTIED):
        rest = _EMPTIED_OF.sub(
            r"\2 from \1", rest
        )  # "clear the table of dishes"; "clear the snow from the roof" is plain
    if clause.text.startswith("strip") and opens_with_scene(rest) and about(rest, Action.STYLE):
        return of_whole_picture(Action.STYLE, rest, clause)  # "strip the image down to its lines, as a sketch"
    rest_of_it = _AWAY.sub("", without_scene(without_quotations(rest)))
    phrase = noun_phrase(_ALL_BUT.sub(r"everything except \1", rest_of_it))
    concept = phrase.concept
    action = Action.REMOVE
    excepting = (phrase.location or "").startswith(("except", "apart from", "other than"))
    if excepting and concept is None and rest.startswith(("everyone", "everybody")):
        concept = "people"
    if excepting or (concept and _REMOVABLE.search(concept)):
        pass
    elif names_text(rest) and not _bears_quotation(rest):
        concept, action = "text", Action.TEXT
    elif concept is None and _REFERS_BACK.match(rest):
        pass  # what it is, a clause before it may say
    elif concept is None and phrase.location and not about(phrase.location, Action.RESTORATION):
        pass  # "the one on the left"
    elif concept is None or (_clouds_the_picture(concept) and not _lies_on_a_thing(concept, phrase.location)):
        action = Action.RESTORATION
    elif concept in _LEX.background:
        action = Action.BACKGROUND
    return EditTuple(concept, None, action, location=phrase.location)


def single_out(clause: Clause) -> EditTuple:
    """ "extract the dog", "zoom in on the dog": it is kept; a shadow, and what clouds the picture, goes."""
    edit = remove(clause)
    is_kept = edit.action in (Action.REMOVE, Action.TEXT) and not _REMOVABLE.search(edit.original_concept or "")
    return dataclasses.replace(edit, action=Action.OTHER) if is_kept else edit


def _clouds_the_picture(concept: str) -> bool:
    """Of rain and "rain streaks", but of no rain jacket and no fog light."""
    thing = head(concept)
    return about(concept, Action.RESTORATION) and thing not in _LEX.solid | _LEX.worn | _LEX.garments


def _lies_on_a_thing(concept: str, location: str | None) -> bool:
    """Of "snow from the car"; of the sky and of the hills it is weather."""
    place = location or ""
    where = after_relation(place)
    return (
        head(concept) in ("snow", "frost", "rain", "raindrop")
        and place.startswith(("from ", "off "))
        and not is_scenery(where)
    )


def _bears_quotation(rest: str) -> re.Match[str] | None:
    """Of "the §0 sign" a thing is meant, with what is written on it; "§0 on the sign", "the §0 text" are text."""
    borne = _BORNE.match(rest)
    return None if borne is None or names_text(borne.group(2)) else borne


def add(clause: Clause) -> EditTuple:
    """ "add Y to X", "put Y on X": X is the location and no concept, for it is not what changes.

    "Put the dog in a park", "on the moon" is a change of what is behind the dog.
    """
    there = WHERE_IT_WAS.match(clause.rest)
    if there:
        return changed(there.group(2), there.group(1), clause, described=False)
    instead = _INSTEAD.match(clause.rest)
    if instead:
        original, edited = instead.group(2), instead.group(1)
        where = noun_phrase(edited).location or ""
        if edited.startswith("the ") and _IN_PLACE.match(where):  # "the pizza on a wooden board rather than a plate"
            edited = after_relation(where)
        return changed(original, edited, clause, described=False)
    worn = put_in(clause.rest) if clause.text.startswith("put") else None
    if worn:
        return dressed(*worn)
    given, is_to, whom = clause.rest.partition(" to ")
    if is_to and _COLOUR_OF_ALL.match(given) and names_scene(whom):
        return EditTuple(None, noun_phrase(given).concept, Action.TONE)
    phrase = noun_phrase(without_quotations(clause.rest))
    if clause.text.startswith(("set the scene ", "set the picture ", "set the image ")) and phrase.location:
        return EditTuple("background", noun_phrase(after_relation(phrase.location)).concept, Action.BACKGROUND)
    bears = _bears_quotation(clause.rest)
    if bears and phrase.concept:
        text = clause.quotations[int(bears.group(1))]
        return EditTuple(None, phrase.concept, Action.ADD, attributes_of(phrase.concept), phrase.location, text)
    if "§" in clause.rest or names_text(clause.rest):
        return written(clause, phrase.location)
    first = clause.rest.split(" ", 1)[0]
    if phrase.location and phrase.concept == _LEX.pronouns.get(first, ""):  # "her on the beach", not "her name"
        return placed(first, phrase.location)
    place = phrase.location or ""
    where = after_relation(place)
    far_away = noun_phrase(where).concept in _LEX.far_away and not is_scenery(phrase.concept or "")
    at_landmark = noun_phrase(where).concept in _LEX.landmarks and _AT.match(place)
    before_view = _BEFORE.match(place) and is_open_scenery(where)
    elsewhere = far_away or at_landmark or before_view or (_IN_PLACE.match(place) and is_scenery(where))
    if first == "the" and phrase.concept and (elsewhere or (_BEFORE_PLACE.match(place) and is_backdrop(where))):
        return placed(phrase.concept, place)
    last = (phrase.concept or "").split()[-1:]
    if last and (last[0] in _TONED or last[0] == "style"):
        styled = about(phrase.concept or "", Action.STYLE)
        return EditTuple(None, phrase.concept, Action.STYLE if styled else Action.TONE)
    return EditTuple(None, phrase.concept, Action.ADD, attributes_of(phrase.concept), phrase.location)


def replace(clause: Clause) -> EditTuple:
    """ "replace X with Y"; "swap with Y"; "swap X and Y", "swap dog cat"."""
    if _WITH_NOTHING.search(clause.rest):
        return remove(dataclasses.replace(clause, frame="remove", rest=_WITH_NOTHING.sub("", clause.rest)))
    put_for = _PUT_FOR.match(clause.rest) if clause.text.startswith("substitut") else None
    if put_for:
        return changed(put_for.group(2), put_for.group(1), clause, described=False)
    if clause.rest.startswith(("with ", "to ", "for ", "into ")):
        return changed("", clause.rest.split(" ", 1)[1], clause)
    separators = (" for ", " with ", " by ") if _FOR_FIRST.match(clause.text) else (" with ", " by ", " for ")
    for separator in separators:
        original, found, edited = clause.rest.partition(separator)
        if found and clause.text.startswith(EXCHANGES):
            return exchange(original, edited, clause)
        if found:
            return changed(original, edited, clause, described=False)
    both = _BOTH.match(clause.rest) if clause.text.startswith(EXCHANGES) else None
    if both:
        return exchange(both.group(1), both.group(2), clause)
    beside = _TWO_WORDS.match(clause.rest) if clause.text.startswith(EXCHANGES) else None
    if beside and all(map(_names_thing, beside.groups())):
        return changed(beside.group(1), beside.group(2), clause, described=False)
    original, *others = _SWAP.split(clause.rest, maxsplit=1)
    return changed(original, others[0] if others else "", clause, described=False)


def exchange(original: str, edited: str, clause: Clause) -> EditTuple:
    """ "swap X with Y", each of which may be somewhere: "the dog on the left with the cat on the right"."""
    edit = changed(original, edited, clause, described=False)
    two_of_a_kind = edit.action is Action.ATTRIBUTE and original.startswith("the ") and edited.startswith("the ")
    if two_of_a_kind and edit.edited_concept:
        edit = dataclasses.replace(edit, action=Action.REPLACE, attributes=attributes_of(edit.edited_concept))
    before, after = noun_phrase(original).location, noun_phrase(edited).location
    return dataclasses.replace(edit, location=f"{before} and {after}") if before and after else edit


def change(clause: Clause) -> EditTuple | None:
    """ "change X to Y", "change the colour of X to Y", "turn X into Y", "change X from A to B"."""
    switched = _SWITCHED.match(clause.text)
    if switched:  # "turn the lights on in the windows"
        return with_attribute(f"{switched[1]}{switched[3]}", "lit" if switched[2] == "on" else "unlit")
    original, edited = sides(clause.rest)
    all_else = of_all_else(original, edited)
    if all_else:
        return all_else
    whole = names_scene(original) or PICTURE_PARTS.match(original) is not None
    if not edited and whole:
        return None
    if names_scene(original) and _COLOUR_OF_ALL.match(edited):
        return EditTuple(None, noun_phrase(edited).concept, Action.TONE)
    if names_scene(original):
        shown = _ONE_WHERE.match(edited)
        acted = subject_and_verb(shown.group(1) if shown else edited) if shown or " to show " in clause.rest else None
        if acted:
            return acted
    if clause.text.startswith(("transport", "teleport")) and " to " in clause.rest and not names_scene(original):
        return placed(original, edited)
    if clause.text.startswith("translate") and _LANGUAGE.search(edited):
        bearer = noun_phrase(without_quotations(original or clause.rest)).concept
        return written(clause, f"on {bearer}" if bearer and not names_text(bearer) else noun_phrase(original).location)
    topic = (Action.TONE if shows_weather(edited) else whole_picture_topic(clause.rest)) if whole else None
    if topic and not _LIGHT_CHANGE.match(edited):
        return of_whole_picture(topic, edited or original, clause)
    concept = noun_phrase(original).concept or ""
    if not edited and (concept.split(" ")[0] in _LEX.restoration or concept.split(" ")[0] in _LEX.conditions):
        return EditTuple(None, None, whole_picture_topic(concept) or Action.TONE)
    return changed(original, edited, clause)


def colour(clause: Clause) -> EditTuple:
    """ "paint X red", "dye X in a different colour", "paint the word §0 on X"."""
    if _WORDING.match(clause.rest):
        return written(clause, noun_phrase(without_quotations(clause.rest)).location)
    words = clause.rest.split()
    for start in range(2 if words[:1] == ["the"] else 1, len(words)):  # "the sky | blue", no "sky blue"
        joined = words[start] in ("in", "to", "with", "into") and start + 1 < len(words)
        value = words[start + joined :]
        if _LEX.describes(value) or value[-1] in ("color", "colour", "colors", "colours"):
            return with_attribute(" ".join(words[:start]), " ".join(value))
    if clause.text.startswith("paint ") and words[:1] in _SOME_THING and noun_phrase(clause.rest).location:
        return add(dataclasses.replace(clause, frame="add"))  # "paint a rainbow across the sky"
    return with_attribute(*sides(clause.rest))


def cover(clause: Clause) -> EditTuple:
    """ "cover X with Y", "dress X in Y"."""
    dresses = clause.text.startswith(("dress", "clothe"))
    worn = put_in(clause.rest) if dresses else None
    if worn:
        return dressed(*worn)
    match = WITH.match(clause.rest)
    if not match:
        return with_attribute(clause.rest, "")
    who, given = match.groups()
    if clause.text.startswith("decorate") and names_scene(who) and not whole_picture_topic(given):
        return add(dataclasses.replace(clause, frame="add", rest=given.removeprefix("a gathering of ")))
    if dresses and not is_description(given):
        return dressed(who, given)
    return filled(who, given) if clause.text.startswith(("fill", "populate", "load")) else put_on(who, given)


def filled(who: str, given: str) -> EditTuple:
    """What fills a thing is in it, and no material of it: water, flowers."""
    edit = put_on(who, given)
    if edit.action is not Action.ADD and not _LEX.materials.issuperset(given.split()):
        return edit
    phrase = noun_phrase(given)
    place = noun_phrase(who).as_place("in")
    return EditTuple(None, phrase.concept, Action.ADD, attributes_of(phrase.concept), place)


def craft(clause: Clause) -> EditTuple:
    """ "build X out of bricks"; "create a picture in the style of …"."""
    if about(clause.rest, Action.STYLE):
        return of_whole_picture(Action.STYLE, clause.rest, clause)
    made = _OUT_OF.match(clause.rest)
    creates = clause.text.startswith(("creat", "generat", "produc", "design"))
    if made and not creates and not names_scene(made.group(1)):
        return with_attribute(*made.groups())
    topic = whole_picture_topic(clause.rest)
    if topic:
        return of_whole_picture(topic, clause.rest, clause)
    phrase = noun_phrase(clause.rest)
    added = EditTuple(None, phrase.concept, Action.ADD, attributes_of(phrase.concept), phrase.location)
    return subject_and_verb(clause.rest) or added


def _names_thing(word: str) -> bool:
    """Whether a word of "swap dog cat" is a thing; of "swap hair colour", "switch lights off" one is none."""
    of_thing = _LEX.attribute_nouns | _LEX.pose_nouns | _LEX.relations
    return word not in of_thing and not (is_description(word) or names_scene(word) or whole_picture_topic(word))
