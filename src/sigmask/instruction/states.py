"""States: what a thing is to be, or to be like: "X be a Y", "X look like Y", "X made of Y", "X red".

Behind let, have and make they follow the thing at once; `statements.py` brings what is said of it into that form.
"""

from __future__ import annotations

import re
from dataclasses import replace as replaced

from sigmask.instruction import appearance, frames, motions
from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import BORNE_BY, head, names_scene, noun_phrase, opens_with_scene, without_scene
from sigmask.instruction.cuts import cut_up
from sigmask.instruction.edits import (
    changed,
    doing,
    is_description,
    of_all_else,
    of_whole_picture,
    placed,
    put_on,
    subject_and_verb,
    with_attribute,
    written,
)
from sigmask.instruction.gifts import OPEN, PRONOUN_FIRST
from sigmask.instruction.idioms import BEARING, PICTURE, WEATHER, in_weather
from sigmask.instruction.lemma import lemmas
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.instruction.sides import INTO, after_relation, owner, sides
from sigmask.instruction.topic import (
    about,
    change_action,
    is_scenery,
    shows_weather,
    whole_picture_topic,
)
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_PAINTED = "(?:dyed|painted|colou?red|tinted|adorned|bathed|clad|coated|covered|draped|decorated|shining|glowing)"
_BE = re.compile(
    r"^(.+?)\s+(?:to )?(?:be|become|turn(?! his| her| its| their| the| around| to the| away)|get|being|becomes|go|"
    rf"change|appear|shine|glow|look)(?: (?:into|to|in(?! (?:an?|the)\b)))?\s+(?:{_PAINTED} (?:in |with )?)?(.+)$"
)
_LIKE = re.compile(
    r"^(.+?)\s+(?:to )?(?:look|be|appear|seem|act)s?\s+(?:more |a bit |a little )?(?:like|as(?: if| though)?)\s+(.+)$"
)
_MADE_OF = re.compile(
    r"^(.+?)\s+(?:(?:look |be |to be )?(?:like (?:it is|they are) )?"
    r"(?:made|out|built|crafted|carved|formed)(?: up| out)? (?:of|from|with|in)|from)\s+"
    r"(?!the (?:left|right|top|bottom)\b)(.+)$"
)
_HOLDS = re.compile(
    r"^(.+?) (?:(?:be|to) )*(hold(?:ing)? (?:up |out )?(?:each other|one another|"
    rf"(?:(?:{DEFINITE}|each other's|one another's|\w+ \w+'s) )?(?:left |right |both )?{any_of(_LEX.body)})"
    rf"(?: (?:up|together|out|high|and|while|{any_of(_LEX.relations)})\b.*)?)$"
)
"""Nobody's hands are new."""
_PASSIVES: dict[str, frames.Frame] = {
    "remove": frames.remove,
    "add": frames.add,
    "move": motions.move,
    "mend": appearance.mend,
    "obscure": appearance.obscure,
    "restore": appearance.restore,
    "tone": appearance.tone,
}
IS_LEFT = (
    "destroyed",
    "abandoned",
    "drained",
    "cleared",
    "stripped",
    "trimmed",
    "pruned",
)  # of these something is left
_CLEAR = re.compile(
    r"^(?!it\b)(.+?)(?<!less)(?<!more)(?: (?:look|appear|be))? "
    r"((?:clear(?:er)?|sharp(?:er)?|misty|foggy|hazy|sunny|cloudy|stormy)(?:,? and \w+)?)$"
)
_LIKE_HE_IS = re.compile(rf"^(?:it|he|she|they)(?:'s|'re| is| are) (?!been |{any_of(_LEX.relations)} )(.+)$")
_TURNS = re.compile(r" (?:be(?: \w+(?:ed|en))?|turn|change|morph|transform)$")
_OF_THE_PICTURE = (Action.TONE, Action.BACKGROUND)
_ACTING = re.compile(r"\w (?:sitting|standing|lying|sleeping|hiding|resting|perched|perching|floating|hanging)\b")
_OUT_OF = re.compile(r" (?:from|out of) ")
MADE_SO = re.compile(
    r"^(?:it|they)(?:'s| is| are|'re| was| were| has been)? (?:made|built|crafted|carved|formed|knitted|woven) "
    r"(?:out )?(?:of|from|with|in) (.+)$"
)
_HOW_MUCH = r"(?:much |a (?:bit|little|lot) |even |slightly |(?:\w+ (?:years|times)|\d+ ?(?:%|percent)) )"
_BY_SO_MUCH = re.compile(rf"^{_HOW_MUCH}(?=\w+er$|(?:more|less) \w+$)")
_TIMES_AS = re.compile(r" (?:twice|thrice|half|[\w.]+ times) as (\w+)(?: as .+)?$")
_THAN = re.compile(r"(?<=\wer)(?<!rather) than .+$")
_FULL_OF = re.compile(
    rf"^((?:{DEFINITE}|all|both|each|every)\b(?:(?! an? ).)+?) "
    r"(?:(?:be|become|get|look) )?(?:(?:fully|completely|half) )?(?:filled (?:up )?with|full of|packed with) (.+)$"
)
_BECOMES_SO = re.compile(
    rf"^(it|him|her|them|me|(?:{DEFINITE}|all) .+?) "
    rf"{_HOW_MUCH}?"
    r"((?:more|less|half|fully|completely|partly) \w+|\w+[ -]colou?red|the same \w+|"
    r"\w+er(?:,? and (?:\w+er|(?:more|less) \w+))?|\w{4,}ed)$"
)
_SOMEWHERE = re.compile(rf"\w+ed {any_of(_LEX.relations)}\b")
_DOES_TO = re.compile(rf"\w+ing (?:an?|{DEFINITE}|some)\b")
_COMPARATIVES = re.compile(r",? and (?=(?:\w+er|(?:more|less) \w+)$)")
GAZED = r"(?:straight |directly )?(?:at|up|down|away|towards?|into|over|out|back|to|left|right)\b"
_GAZE = re.compile(rf"^(.+?) (?:to )?(look {GAZED}.*)$")
SOME = ("a ", "an ", "some ", "another ")
_COVERS = re.compile(
    r"^(?!the |his |her |its |their |my |this |that |these |those |it |him |them )([\w -]+?) "
    r"(?:to )?(?:cover|blanket|coat|carpet|surround|line|overrun)(?:ing)? (?:up )?"
    rf"((?:all |half |most )?(?:of )?(?:{DEFINITE}|both)\b.+)$"
)
""" "Ivy cover the wall": of what is named as new, by no article that says which one."""
_LET_SOME = tuple(f"{verb} {article}" for verb in ("have", "let") for article in SOME)
_SAYS = re.compile(rf"^(.+?) (?:says?|spells?|reads?(?! (?:an?|{DEFINITE}|some|to)\b)) (.+)$")
_SWITCHED = ("up", "down", "on", "off")
_ALIGHT = ("on fire", "in flames", "in bloom", "in ruins", "in full bloom")
_AS_IF = re.compile(
    rf"^(?:it|this|(?:(?:the|this|my) )?{PICTURE})(?:'s| was| were| is| has been)\b"
    r"(?: (?:\w+(?:ed|en|wn)|shot|made|\w+ing(?= (?:in|on|at)\b))\b)?(?: (?:in|by|on|at|with|during|from)\b)? ?(.*)$"
)


def state(rest: str, clause: Clause) -> EditTuple:
    """ "X be a Y", "X look like Y", "X made of Y", "X wear Y", "X smile", "X red"."""
    if "§" in rest:
        return written(clause, None)
    rest = _THAN.sub("", _TIMES_AS.sub(r" \1", without_cause(rest)))
    says = _SAYS.match(rest)
    if says and not names_scene(says.group(1)):
        bearer = noun_phrase(says.group(1)).concept
        return EditTuple("text", "text", Action.TEXT, location=bearer and f"on {bearer}", quoted_text=says.group(2))
    weather = WEATHER.match(rest)
    if weather:
        return in_weather(weather, clause)
    thing, how = _last_two(without_scene(rest))
    if how in _LEX.intensified and not (names_scene(thing) or _BE.match(rest)):  # "the knife razor sharp"
        return with_attribute(thing, how)
    like = _LIKE.match(rest)
    made_like = MADE_SO.match(like.group(2)) if like else None
    if like and made_like:  # "the sofa look like it's made of leather"
        return with_attribute(like.group(1), made_like.group(1))
    is_so = _LIKE_HE_IS.match(like.group(2)) if like and not names_scene(like.group(1)) else None
    if like and is_so:
        return state(f"{like.group(1)} be {is_so.group(1)}", clause)
    full = _FULL_OF.match(rest)
    if full and not (
        subject_and_verb(full[1]) or BEARING.match(full[1]) or whole_picture_topic(f"{full[1]} {full[2]}")
    ):
        return frames.filled(*full.groups())
    clear = _CLEAR.match(without_scene(rest))  # "the sky clear"; of the picture that is restoration
    if clear and not _is_of_picture(*clear.groups()):
        return with_attribute(*clear.groups())
    covers = _COVERS.match(rest)
    if covers:  # "have snow cover the rooftops"
        return frames.add(replaced(clause, frame="add", rest=f"{covers[1]} over {covers[2]}"))
    passive = _passive(rest, clause)
    if passive:
        return passive
    made_of = None if like else _MADE_OF.match(rest)
    if made_of and _OUT_OF.search(rest) and subject_and_verb(made_of.group(1)):  # "the elephant spray water from ..."
        made_of = None
    if made_of and " with " not in made_of.group(1) and BEARING.match(made_of.group(1)):  # "wear a coat made of wool"
        made_of = None
    if made_of:
        return with_attribute(*made_of.groups())
    original, *edited = INTO.split(rest, maxsplit=1)
    if edited:
        thing = _TURNS.sub("", original)
        acts = subject_and_verb(original) if thing == original else None
        if acts and not acts.attributes[0].endswith("ing"):  # "the dog jump into the pool"
            return subject_and_verb(rest) or acts
        return changed(thing, edited[0], clause)
    holds = _HOLDS.match(rest) if "hold" in rest else None
    if holds:
        return doing(*holds.groups())
    borne = description_start(rest) if " is " in rest else None
    if borne and BORNE_BY.match(borne[0]):  # "the shirt the woman is wearing red"
        return _become(*borne, clause)
    bearing = BEARING.match(rest)
    if bearing and like and like.end(1) < bearing.end(1):  # "the cat look like a tiger wearing sunglasses"
        bearing = None
    if bearing and " with " not in rest[: bearing.start(2)]:
        if about(rest, Action.STYLE) and names_scene(bearing.group(1)):
            return of_whole_picture(Action.STYLE, bearing.group(2), clause)
        return put_on(*bearing.groups())
    gaze = _GAZE.match(rest)
    if gaze and not like:
        return doing(*gaze.groups())
    being = like or _BE.match(rest)
    if being:
        subject, predicate = being.groups()
        verb = predicate.split()[0]
        perched = verb.endswith("ed") and _SOMEWHERE.match(predicate) and _LEX.verb([verb]) is None
        if (verb.endswith("ing") and _LEX.does(verb)) or (perched and not _LEX.doing.isdisjoint(lemmas(verb))):
            return doing(subject, predicate)
        if like or not verb.endswith("ing") or verb in _LEX.ing_nouns | _LEX.relations:
            return _become(subject, predicate, clause)
        if _DOES_TO.match(predicate):  # "the woman be brushing the dog"
            return doing(subject, predicate)
        does = noun_phrase(predicate.partition(" with ")[0])  # "the cactus be blooming with flowers"
        edit = with_attribute(subject, does.concept or verb)
        return replaced(edit, location=edit.location or does.location)
    acts = subject_and_verb(rest)
    if acts and clause.text.startswith(_LET_SOME):  # "have a flock of gulls fly over the pier"
        return EditTuple(None, acts.original_concept, Action.ADD, location=acts.location or noun_phrase(rest).location)
    return acts or _bare_state(rest, clause)


def _last_two(rest: str) -> tuple[str, str]:
    """ "the car jet black" → "the car", "jet black"."""
    *before, first, last = ["", "", *rest.split()]
    return " ".join(before).strip(), f"{first} {last}"


def _passive(rest: str, clause: Clause) -> EditTuple | None:
    """ "the man be removed", "the cake be cut in half": what the verb itself would order."""
    thing, is_passive, done = rest.partition(" be ")
    in_parts = cut_up(f"{thing} {done[4:]}") if done.startswith("cut ") else None
    if in_parts or not is_passive:
        return in_parts
    verb, _, further = done.partition(" ")
    known = _LEX.verb([verb]) if verb.endswith(("ed", "en", "wn")) and not is_description(verb) else None
    frame = _PASSIVES.get(known[0]) if known and (known[0] != "remove" or verb not in IS_LEFT) else None
    return frame(replaced(clause, text=f"{verb} {thing}", rest=f"{thing} {further}".strip())) if frame else None


def without_cause(rest: str) -> str:
    """ "the roofs white with snow" → "the roofs white"."""
    before, is_with, _ = rest.partition(" with ")
    before = before.rstrip(",")
    split = description_start(before) if is_with else None
    return before if split and not OPEN.search(split[0]) else rest


def _bare_state(rest: str, clause: Clause) -> EditTuple:
    """No verb between the two: "him a magician", "the table wooden", "the man a robot"."""
    rest = without_scene(rest)
    becomes = becomes_so(rest, clause)
    if becomes:
        return becomes
    split = description_start(rest) or _second_noun_start(rest)
    if split:
        return _become(*split, clause)
    words = rest.split()
    if not words:  # "make sure": an order with nothing behind it
        return EditTuple()
    if about(rest, Action.ACTION_CHANGE):
        return doing(owner(rest), " ".join(words[-2:]))
    original, edited = sides(rest)
    if edited:
        return _become(original, edited, clause)
    if rest.startswith(SOME) and about(rest, Action.STYLE):
        return of_whole_picture(Action.STYLE, rest, clause)
    if rest.startswith(SOME) and noun_phrase(rest).location:  # "have some snow on the roof"
        return frames.add(replaced(clause, frame="add", rest=rest))
    topic = whole_picture_topic(rest) if names_scene(words[0]) or names_scene(" ".join(words[:2])) else None
    if topic:
        return of_whole_picture(topic, rest, clause)
    phrase = noun_phrase(rest)
    if about(rest, Action.TONE):
        return EditTuple(None, phrase.concept, Action.TONE)
    if rest.startswith(SOME):
        return frames.add(replaced(clause, frame="add", rest=rest))
    if (
        phrase.location and clause.text.startswith("have ") and _ACTING.search(rest)
    ):  # "have the kitten sitting in the basket"
        return EditTuple(phrase.concept, phrase.concept, Action.MOVE, location=phrase.location)
    return EditTuple(phrase.concept, None, Action.ATTRIBUTE, location=phrase.location)


def _is_of_picture(what: str, how: str) -> bool:
    """Of "the image", "the blurry parts", "the lighting", "the background"."""
    if (
        names_scene(what)
        or opens_with_scene(what)
        or any(about(what, topic) for topic in (Action.RESTORATION, Action.TONE))
    ):
        return True
    return change_action(what, how) in _OF_THE_PICTURE


def becomes_so(rest: str, clause: Clause) -> EditTuple | None:
    """ "his face slimmer", "the sky less cloudy", "the pizza half eaten": a thing, and how it becomes."""
    found = _BECOMES_SO.match(rest)
    if not found or names_scene(found.group(1)):
        return None
    subject, how = found.groups()
    first, *others = _COMPARATIVES.split(how)
    if others and change_action(subject, first) is Action.TONE:  # "the lighting warmer and softer"
        return _become(subject, how, clause)
    if others:
        compared = all(_LEX.compares(word) or word.startswith(("more ", "less ")) for word in (first, *others))
        return with_attribute(subject, f"{first} {others[0]}") if compared else None
    return _become(subject, how, clause) if " " in how or how.endswith("ed") or _LEX.compares(how) else None


def description_start(rest: str) -> tuple[str, str] | None:
    """ "the table bright red" → "the table", "bright red"."""
    words = rest.split()
    for start in range(1, len(words)):
        before = " ".join(words[:start])
        if words[start] == "and" or words[start - 1] in ("a", "an", "the", "and", "very", "more"):
            continue
        if not _LEX.describes(words[start:]):
            continue
        if words[start] not in ("a", "an", "the") or not OPEN.search(before):  # "everything but | the rose red"
            return before, " ".join(words[start:])
    return None


def _second_noun_start(rest: str) -> tuple[str, str] | None:
    """ "him a magician", "the man on the left a robot" → what is before the noun phrase that ends it, and that."""
    pronoun = PRONOUN_FIRST.match(rest)
    if pronoun and pronoun.group(1) not in ("his", "its", "my"):
        return pronoun.group(1), pronoun.group(2)
    words = rest.split()
    for start in range(len(words) - 2, 0, -1):
        if words[start] in ("a", "an") and not OPEN.search(" ".join(words[:start])):
            return " ".join(words[:start]), " ".join(words[start:])
    return None


def _may_be_inside(original: str, edited: str) -> bool:
    """Of "the kids" and "in a train"; but hair "in a ponytail" is nowhere, and "in the dark" is no place."""
    concept, place = noun_phrase(original).concept, after_relation(edited)
    if concept is None:
        return not names_scene(original) and is_scenery(place)  # "them in a forest"
    return head(concept) not in _LEX.worn and not is_description(place)


def _become(original: str, edited: str, clause: Clause) -> EditTuple:
    edited = _BY_SO_MUCH.sub("", edited)
    all_else = of_all_else(original, edited)
    if all_else:
        return all_else
    if not _may_be_inside(original, edited):
        edited = edited.removeprefix("in ")
    as_if = _AS_IF.match(edited)
    if as_if and names_scene(original):  # "make this look like it was taken in the 1920s"
        when = as_if.group(1)
        of_light = shows_weather(when) or (about(when, Action.TONE) and not about(when, Action.STYLE))
        return EditTuple(None, noun_phrase(when).concept, Action.TONE if of_light else Action.STYLE)
    if not names_scene(original):
        elsewhere = edited.startswith(("in ", "at ", "on ")) and is_scenery(after_relation(edited))
        if elsewhere:
            return placed(original, edited)
        if edited in _ALIGHT:  # "the lighthouse should be on fire"
            thing = noun_phrase(original)
            return EditTuple(thing.concept, thing.concept, Action.ATTRIBUTE, (edited,), thing.location)
        if edited in _SWITCHED:  # "can the toilet seat be up"
            return with_attribute(original, edited)
        edit = changed(original, edited, clause)
        if edit.action is Action.REPLACE and edit.edited_concept is None and edit.location:  # "be on the roof"
            return replaced(edit, edited_concept=edit.original_concept, action=Action.MOVE)
        return edit
    topic = Action.TONE if shows_weather(edited) else whole_picture_topic(edited)
    said_of_whole = topic in (Action.TONE, Action.STYLE)  # "it red" may be a thing, "it darker" is the picture
    if topic and (said_of_whole or original not in ("it", "this") or not is_description(edited)):
        return of_whole_picture(topic, edited, clause)
    return with_attribute(original, edited) if is_description(edited) else changed(original, edited, clause)
