"""Statements: what is said of a thing rather than ordered ("let the shirt be red", "the sign must vanish"), captions.

`make` is the frame of let, have and make; `free` reads a clause without an opening verb. `FRAMES` joins them with the
other frames.
"""

from __future__ import annotations

import re
from dataclasses import replace as replaced

from sigmask.instruction import appearance, frames
from sigmask.instruction.clause import DOES, SUBJECT, Clause
from sigmask.instruction.concept import head, names_scene, noun_phrase, without_scene
from sigmask.instruction.counts import recount
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
from sigmask.instruction.gifts import OPEN, PRONOUN_FIRST, give
from sigmask.instruction.idioms import BEARING, INSTEAD, NO_MORE, THERE, WEATHER, idiom, in_weather, instead
from sigmask.instruction.lexicon import lexicon
from sigmask.instruction.sides import INTO, after_relation, owner, sides
from sigmask.instruction.topic import about, is_scenery, whole_picture_topic
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_PAINTED = "(?:dyed|painted|colou?red|tinted|adorned|bathed|clad|coated|covered|draped|decorated|shining|glowing)"
_BE = re.compile(
    r"^(.+?)\s+(?:to )?(?:be|become|turn(?! his| her| its| their| the| around| to the| away)|get|being|becomes|go|"
    rf"change|appear|shine|glow|look)(?: (?:into|to|in(?! (?:an?|the)\b)))?\s+(?:{_PAINTED} (?:in |with )?)?(.+)$"
)
_LIKE = re.compile(r"^(.+?)\s+(?:to )?(?:look|be|appear|seem|act)s?\s+(?:more |a bit |a little )?(?:like|as)\s+(.+)$")
_MADE_OF = re.compile(
    r"^(.+?)\s+(?:(?:look |be |to be )?(?:like (?:it is|they are) )?"
    r"(?:made|out|built|crafted|carved|formed)(?: up| out)? (?:of|from|with|in)|from)\s+"
    r"(?!the (?:left|right|top|bottom)\b)(.+)$"
)
_MADE_SO = re.compile(
    r"^(?:it|they)(?:'s| is| are|'re| was| were| has been)? (?:made|built|crafted|carved|formed|knitted|woven) "
    r"(?:out )?(?:of|from|with|in) (.+)$"
)
_SO_THAT = re.compile(r"^(?:(?:it|this|(?:the |this )?(?:image|picture|photo|scene)) )?(?:be )?so (?:that )?(?=\w+ \w)")
_CHANGED_SO = re.compile(
    r"^(?:it|this|(?:(?:the|this|my) )?(?:\w+ )?(?:image|picture|photo|photograph|scene)),? "
    r"(?:(?:so|such|in such a way|in a way) that|so) (?=(?!it\b|they\b)\w+ \w)"
)
_DEFINITE = re.compile(
    r"(?:the|all|this|that|these|those|his|her|him|them|me|its|their|every|it|he|she|they)\b", re.IGNORECASE
)
_STATEMENT = re.compile(
    r"^(.+?)\s+"
    r"(?:(?:should|shall|must|needs? to|has to|have to|ought to|will|would|could|can|gets?|(?:is|are) to|to)\s+)?"
    r"(be|becomes?|is|are|was|were|turns?|adopts?|vanish(?:es)?|disappears?|go|gets?|wears?|wore|has|have|had|holds?|held|"
    r"looks? like|exhibit|take on|shows?|appears?|shine in|shine|glow)\b\s*(?:now |being )?(.*)$"
)
_VANISHES = re.compile(r"^(.+?) (?:to |be )*(?:disappear|vanish|go away|gone|invisible)(?: from .+)?$")
_GOT_OUT = re.compile(
    r"^(?:get|let) ((?:an?|the|his|her|its|their|my|this|that|all) (?:(?!made|built|crafted)\S+ )+?)"
    r"(?:out of|off of|off|out from|away from) (.+)$"
)
_GONE = re.compile(r"(?:gone|missing|no longer|absent|cut|taken (?:out|away))\b")
_BECAME = re.compile(
    r"(?:replaced|swapped|substituted|exchanged|changed|turned|converted|transformed|switched) "
    r"(?:with|by|to|into|for|from) (.+)$"
)
_PUT = re.compile(r"(?:added|placed|put|inserted|situated|positioned|located)\b\s*")
_BECOMES_SO = re.compile(
    r"^(it|him|her|them|me|(?:the|his|her|its|their|my|this|that|all) .+?) "
    r"(?:much |a (?:bit|little|lot) |even |slightly )?"
    r"((?:more|less|half|fully|completely|partly) \w+|\w+[ -]colou?red|the same \w+|\w+er(?:,? and \w+er)?|\w{4,}ed)$"
)
_COMPARATIVES = re.compile(r",? and (?=\w+er$)")
_COMPARED = re.compile(
    r"^((?:[\w-]+ ){0,2}?[\w-]+) (?:(?:much|even|slightly|a bit|a little) )?(\w+er(?:(?:,| and|, and) \w+er)*)$"
)
_IN_PLACE_OF = re.compile(r",?\s+(?:instead of|in place of|rather than|(?:and |but )?not)\s.+$")
_WHAT_IF = re.compile(
    r"^what if (.+?) (?:(?:did|was|were|is|could|would|had|does)(?: not|n't)?|never|no longer|suddenly)\b.*$"
)
_QUESTION = re.compile(r"^what if (?!.*\b(?:not|never|no longer|suddenly)\b)(?!.*n't\b)(.+)$")
_GAZE = re.compile(
    r"^(.+?) (?:to )?(look (?:straight |directly )?(?:at|up|down|away|towards?|into|over|out|back|to|left|right)\b.*)$"
)
_SOME = ("a ", "an ", "some ", "another ")
_OF_NOTHING_NAMED = (Action.ADD, Action.REMOVE, Action.TONE)
_SAYS = re.compile(r"^(.+?) (?:says?|spells?|reads?(?! (?:an?|the|his|her|its|their|some|to)\b)) (.+)$")
_TURNED = re.compile(r"^(.+?) (?:(?:to|towards?) (?:the |his |her |its )?(?:left|right|side|camera|viewer)|sideways)$")
_SWITCHED = ("up", "down", "on", "off")
_LEFT = re.compile(r"(?:(?:flown|run|gone|walked|moved|driven|swum|drifted|wandered)\b.*|left|disappeared|vanished)$")
_AS_IF = re.compile(r"^it(?:'s| was| were| is| has been)\b(?: \w+(?: (?:in|by|on|at|with|during))?)? ?(.*)$")
_DOES_SO = re.compile(rf"^({SUBJECT}) ({DOES} .+)$")
_OF_SOMEONE = re.compile(r"^an? (?!photo|picture|image|shot|view)[\w -]*?\b\w+ing\b")  # "a man riding in the rain"
_CAPTION = re.compile(r"^(?:as )?(?:an? |the )?(?:(?:photo|picture|image|photograph|close-up|portrait|view|shot) of )?")


def make(clause: Clause) -> EditTuple:
    """ "make X red", "let X be a Y", "have X wear a Y", "let there be a Y", "ensure there is no X"."""
    so_that = _SO_THAT.match(clause.rest)
    if so_that:  # "make it so that there are four chairs"
        said = clause.rest[so_that.end() :]
        return free(replaced(clause, text=said, frame=None, rest=said))
    gone = NO_MORE.match(clause.rest)
    if gone:
        return frames.remove(replaced(clause, frame="remove", rest=gone.group(1)))
    vanishes = _VANISHES.match(clause.rest)
    if vanishes:
        return frames.remove(replaced(clause, frame="remove", rest=vanishes.group(1)))
    there = THERE.match(clause.rest)
    if there:
        return frames.add(replaced(clause, frame="add", rest=there.group(1)))
    out = _GOT_OUT.match(clause.text)
    if out and not subject_and_verb(clause.rest):
        return frames.remove(replaced(clause, frame="remove", rest=f"{out.group(1)}from {out.group(2)}"))
    exchange = INSTEAD.match(clause.rest)
    if exchange and not is_description(exchange.group(2)):
        return instead(exchange, clause) or _state(exchange.group(1), clause)
    return _state(exchange.group(1) if exchange else clause.rest, clause)


def change(clause: Clause) -> EditTuple | None:
    """As `frames.change`, and "turn the photo red", "turn the car red", which part their sides by nothing.

    "Change the picture so that the car is red" says what is so then.
    """
    so_that = _CHANGED_SO.match(clause.rest)
    if so_that:
        said = clause.rest[so_that.end() :]
        return free(replaced(clause, text=said, frame=None, rest=said))
    words = clause.rest.split()
    start = 1 + (words[:1] in (["the"], ["this"], ["my"]))
    whole = len(words) > start and names_scene(" ".join(words[:start]))
    aside = _TURNED.match(clause.rest) if clause.text.startswith("turn") else None
    if aside and not names_scene(aside.group(1)):
        return replaced(doing(aside.group(1), "turned"), location=clause.rest[aside.end(1) :].strip())
    turned = clause.text.startswith("turn") and not sides(clause.rest)[1]
    if turned and (whole or _description_start(clause.rest)):
        return make(clause)
    return frames.change(clause)


def free(clause: Clause) -> EditTuple:
    """A clause without an opening verb: an idiom, a statement, a topic ("as an oil painting") or a caption."""
    said = idiom(clause) or _supposed(clause) or _statement(clause) or _becomes_so(clause.text, clause)
    if said:
        return said
    if "§" in clause.text:
        return written(clause, None)
    does = _DOES_SO.match(clause.text)
    if does:  # "the woman lowers her hand"
        return doing(*does.groups())
    compared = _COMPARED.match(clause.text)
    if compared and _may_be_compared(*compared.groups()):  # "hair longer and blonder"
        return with_attribute(*compared.groups())
    topic = whole_picture_topic(clause.text)
    if topic and not (topic is Action.RESTORATION and _OF_SOMEONE.match(clause.text)):
        return of_whole_picture(topic, clause.text, clause)
    supposed = _WHAT_IF.match(clause.text)
    if supposed:
        subject = noun_phrase(supposed.group(1))
        return EditTuple(subject.concept, subject.concept, Action.OTHER, location=subject.location)
    phrase = noun_phrase(_CAPTION.sub("", clause.text), is_caption=True)
    return EditTuple(None, phrase.concept, Action.OTHER, location=phrase.location)


def _supposed(clause: Clause) -> EditTuple | None:
    """ "what if the cat was a lion": what is said in the question; None where that names no thing."""
    question = _QUESTION.match(clause.text)
    if not question:
        return None
    asserted = replaced(clause, text=question.group(1), rest=question.group(1))
    said = recount(asserted) or idiom(asserted) or _statement(asserted)
    return said if said and (said.original_concept or said.action in _OF_NOTHING_NAMED) else None


FRAMES: dict[str, frames.Frame] = {
    "remove": frames.remove,
    "add": frames.add,
    "replace": frames.replace,
    "change": change,
    "make": make,
    "give": give,
    "colour": frames.colour,
    "cover": frames.cover,
    "craft": frames.craft,
    "move": frames.move,
    "pose": frames.pose,
    "resize": frames.resize,
    "obscure": appearance.obscure,
    "restore": appearance.restore,
    "mend": appearance.mend,
    "tone": appearance.tone,
    "style": appearance.style,
    "keep": free,
}
"""Every frame that lexicon.yaml may name."""


def _statement(clause: Clause) -> EditTuple | None:
    """ "the shirt should be purple", "X is replaced with Y", "the sign needs to vanish"."""
    match = _STATEMENT.match(clause.text)
    if not match:
        return None
    subject, verb, rest = match.groups()
    rest = _IN_PLACE_OF.sub("", rest)
    frame, _ = _LEX.verb(rest.split()) or (None, 0)
    participle = rest.split(" ", 1)[0].endswith(("ed", "ken", "wn"))
    if (
        verb.startswith(("vanish", "disappear"))
        or verb == "go"
        or _GONE.match(rest)
        or (frame == "remove" and participle)
        or (verb in ("has", "have") and _LEFT.match(rest))
    ):
        return frames.remove(replaced(clause, frame="remove", rest=subject))
    became = _BECAME.match(rest)
    if became:
        return changed(subject, became.group(1), clause)
    if frame in ("colour", "cover") and participle and " " in rest:
        return with_attribute(subject, re.sub(r"^\w+ (?:in |with |by )?", "", rest))
    if _PUT.match(rest):
        phrase = noun_phrase(subject)
        return EditTuple(None, phrase.concept, Action.ADD, location=_PUT.sub("", rest) or phrase.location)
    if not rest:
        return None
    made_so = _MADE_SO.match(rest)
    if made_so:
        return with_attribute(subject, made_so.group(1))
    if verb.startswith(("wear", "wore", "ha", "hold", "held")):
        return put_on(subject, rest)
    return _state(f"{subject} be {rest}", clause) if _DEFINITE.match(subject) else None


def _state(rest: str, clause: Clause) -> EditTuple:
    """ "X be a Y", "X look like Y", "X made of Y", "X wear Y", "X smile", "X red"."""
    if "§" in rest:
        return written(clause, None)
    says = _SAYS.match(rest)
    if says and not names_scene(says.group(1)):
        bearer = noun_phrase(says.group(1)).concept
        return EditTuple("text", "text", Action.TEXT, location=bearer and f"on {bearer}", quoted_text=says.group(2))
    weather = WEATHER.match(rest)
    if weather:
        return in_weather(weather, clause)
    like = _LIKE.match(rest)
    made_like = _MADE_SO.match(like.group(2)) if like else None
    if like and made_like:  # "the sofa look like it's made of leather"
        return with_attribute(like.group(1), made_like.group(1))
    made_of = None if like else _MADE_OF.match(rest)
    if made_of and " from " in rest and subject_and_verb(made_of.group(1)):  # "the elephant spray water from its trunk"
        made_of = None
    if made_of:
        return with_attribute(*made_of.groups())
    original, *edited = INTO.split(rest, maxsplit=1)
    if edited:
        return changed(original.removesuffix(" be"), edited[0], clause)
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
        return (
            doing(subject, predicate)
            if verb.endswith("ing") and _LEX.does(verb)
            else _become(subject, predicate, clause)
        )
    return subject_and_verb(rest) or _bare_state(rest, clause)


def _bare_state(rest: str, clause: Clause) -> EditTuple:
    """No verb between the two: "him a magician", "the table wooden", "the man a robot"."""
    rest = without_scene(rest)
    becomes = _becomes_so(rest, clause)
    if becomes:
        return becomes
    split = _description_start(rest) or _second_noun_start(rest)
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
    if rest.startswith(_SOME) and about(rest, Action.STYLE):
        return of_whole_picture(Action.STYLE, rest, clause)
    if rest.startswith(_SOME) and noun_phrase(rest).location:  # "have some snow on the roof"
        return frames.add(replaced(clause, frame="add", rest=rest))
    topic = whole_picture_topic(rest) if names_scene(words[0]) or names_scene(" ".join(words[:2])) else None
    if topic:
        return of_whole_picture(topic, rest, clause)
    phrase = noun_phrase(rest)
    if about(rest, Action.TONE):
        return EditTuple(None, phrase.concept, Action.TONE)
    if rest.startswith(_SOME):
        return frames.add(replaced(clause, frame="add", rest=rest))
    return EditTuple(phrase.concept, None, Action.ATTRIBUTE, location=phrase.location)


def _becomes_so(rest: str, clause: Clause) -> EditTuple | None:
    """ "his face slimmer", "the sky less cloudy", "the pizza half eaten": a thing, and how it becomes."""
    found = _BECOMES_SO.match(rest)
    if not found or names_scene(found.group(1)):
        return None
    subject, how = found.groups()
    first, *others = _COMPARATIVES.split(how)
    if others:
        return with_attribute(subject, f"{first} {others[0]}") if all(map(_LEX.compares, (first, *others))) else None
    return _become(subject, how, clause) if " " in how or how.endswith("ed") or _LEX.compares(how) else None


def _may_be_compared(what: str, how: str) -> bool:
    """Of "hair" and "longer and blonder"; "colors brighter" are the whole picture's."""
    every = all(_LEX.compares(word) for word in re.split(r"(?:,| and)+ ?", how) if word.strip())
    return every and not whole_picture_topic(what) and not names_scene(what) and noun_phrase(what).location is None


def _description_start(rest: str) -> tuple[str, str] | None:
    """ "the table bright red" → "the table", "bright red"."""
    words = rest.split()
    for start in range(1, len(words)):
        if _LEX.describes(words[start:]) and words[start - 1] not in ("a", "an", "the", "and", "very", "more"):
            return " ".join(words[:start]), " ".join(words[start:])
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
    all_else = of_all_else(original, edited)
    if all_else:
        return all_else
    if not _may_be_inside(original, edited):
        edited = edited.removeprefix("in ")
    as_if = _AS_IF.match(edited)
    if as_if and names_scene(original):  # "make this look like it was taken in the 1920s"
        return EditTuple(None, noun_phrase(as_if.group(1)).concept, Action.STYLE)
    if not names_scene(original):
        elsewhere = edited.startswith(("in ", "at ", "on ")) and is_scenery(after_relation(edited))
        if elsewhere:
            return placed(original, edited)
        if edited in _SWITCHED:  # "can the toilet seat be up"
            return with_attribute(original, edited)
        edit = changed(original, edited, clause)
        if edit.action is Action.REPLACE and edit.edited_concept is None and edit.location:  # "be on the roof"
            return replaced(edit, edited_concept=edit.original_concept, action=Action.MOVE)
        return edit
    topic = whole_picture_topic(edited)
    said_of_whole = topic in (Action.TONE, Action.STYLE)  # "it red" may be a thing, "it darker" is the picture
    if topic and (said_of_whole or original not in ("it", "this") or not is_description(edited)):
        return of_whole_picture(topic, edited, clause)
    return with_attribute(original, edited) if is_description(edited) else changed(original, edited, clause)
