"""Statements: what is said of a thing rather than ordered ("let the shirt be red", "the sign must vanish"), captions.

`make` is the frame of let, have and make; `free` reads a clause without an opening verb. `FRAMES` joins them with the
other frames.
"""

from __future__ import annotations

import re
from dataclasses import replace as replaced

from sigmask.instruction import appearance, frames, motions
from sigmask.instruction.another_verb import order_of_another_verb
from sigmask.instruction.clause import SHALL, Clause
from sigmask.instruction.concept import NounPhrase, head, names_scene, noun_phrase
from sigmask.instruction.counts import recount
from sigmask.instruction.edits import (
    changed,
    doing,
    is_description,
    of_whole_picture,
    put_on,
    subject_and_verb,
    with_attribute,
    written,
)
from sigmask.instruction.gifts import give
from sigmask.instruction.idioms import INSTEAD, NO_MORE, THERE, idiom, instead
from sigmask.instruction.lemma import singular
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.instruction.several import DOES, SUBJECT
from sigmask.instruction.sides import owner, sides
from sigmask.instruction.states import (
    GAZED,
    IS_LEFT,
    MADE_SO,
    SOME,
    becomes_so,
    description_start,
    state,
    without_cause,
)
from sigmask.instruction.topic import about, whole_picture_topic
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_SO_THAT = re.compile(
    r"^(?:(?:it|this|(?:the |this )?(?:image|picture|photo|scene)) )?(?:(?:be )?so (?:that )?(?=\w+ \w)|"
    r"(?:look|appear|seem) (?:like|as if|as though) "
    rf"(?=(?:there|{DEFINITE} (?!image|picture|photo|scene)[^,]+?) (?:is|are|was|were|has|have|had)\b))"
)
_CHANGED_SO = re.compile(
    r"^(?P<picture>(?:[\w-]+ ){0,4}?[\w-]+),? "
    r"(?:(?:so|such|in such a way|in a way) that|so) (?=(?!it\b(?! takes? | happens? )|they\b)\w+ \w)"
)
_SO_IT = re.compile(
    rf"^((?:{DEFINITE}|all)\b[^,§]+?)(?: around| over)?,? so (?:that )?"
    r"(?:it|they|he|she)(?: |(?='))((?:(?:now|should|will|can) )*)"
    r"('s|'re|has|have|had|is|are|be|wears?|holds?|becomes?|features?|"
    rf"(?P<acts>{any_of(_LEX.doing)}(?:e?s)?(?= |$)))([^§]*)$"
)
_DEFINITE = re.compile(rf"(?:{DEFINITE}|all|both|each|him|them|me|every|it|he|she|they)\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"^(.+?)\s+(?:now )?"
    rf"(?:(?:{SHALL}|ought to|will|would|could|can|gets?|(?:is|are) to|to)\s+)?"
    r"(be|becomes?|is|are|was|were|turns?|adopts?|vanish(?:es)?|disappears?|go|gets?|wears?|wore|carries|has|have|had|holds?|"
    rf"held|features?(?= (?:an?|the|some)\b)|look(?! {GAZED}| like)|looks? like|exhibit|take on|shows?|appears?|"
    r"shine in|shine|glow)\b\s*(?:now |being )?(.*)$"
)
_VANISHES = re.compile(r"^(.+?) (?:to |be )*(?:disappear|vanish|go away|gone|invisible)(?: from .+)?$")
_GOT_OUT = re.compile(
    r"^(?:get|let) ((?:it|him|her|them) |"
    rf"(?:an?|{DEFINITE}|all) (?:(?!made|built|crafted)\S+ )+?)"
    r"(?:out of|off of|off|out from|away from) (.+)$"
)
_CAUSED = re.compile(
    rf"^(it|him|her|them|(?:an?|{DEFINITE}|all|both)\b.+?) to "
    rf"(?={any_of((_LEX.doing | _LEX.bearing) - {'with'})}\b)"
)
""" "Get the man to wave" is "make the man wave"."""
_GONE = re.compile(
    r"(?:gone|eaten$|missing|no longer|absent|cut(?! (?:up|in|into|short))|hidden$|taken (?:out|away))\b"
)
_BECAME = re.compile(
    r"(?:(replaced|swapped|substituted|exchanged)|changed|turned|converted|transformed|switched|altered|morphed) "
    r"(?:with|by|to|into|for|from) (.+)$"
)
_PUT = re.compile(r"(?:added|placed|put|inserted|situated|positioned|located)\b\s*")
_COMPARED = re.compile(
    r"^((?:[\w-]+ ){0,2}?[\w-]+) (?:(?:much|even|slightly|a bit|a little) )?(\w+er(?:(?:,| and|, and) \w+er)*)$"
)
_IN_PLACE_OF = re.compile(r",?\s+(?:instead of|in place of|rather than|(?:and |but )?not)\s.+$")
_INSTEAD_OF_A_PLACE = re.compile(r",? (?:instead of|rather than) (?:on|in|at|under|behind|beside|near|next to)\b.*$")
_WHAT_IF = re.compile(
    r"^what if (.+?) (?:(?:did|was|were|is|could|would|had|does)(?: not|n't)?|never|no longer|suddenly)\b.*$"
)
_QUESTION = re.compile(r"^what if (?!.*\b(?:not|never|no longer|suddenly)\b)(?!.*n't\b)(.+)$")
_SOMEWHERE = re.compile(rf"\w+ing\b|{any_of(_LEX.relations)} ")
_OF_NOTHING_NAMED = (Action.ADD, Action.REMOVE, Action.TONE)
_TURNED = re.compile(r"^(.+?) (?:(?:to|towards?) (?:the |his |her |its )?(?:left|right|side|camera|viewer)|sideways)$")
_LEFT = re.compile(r"(?:(?:flown|run|gone|walked|moved|driven|swum|drifted|wandered)\b.*|left|disappeared|vanished)$")
_DOES_SO = re.compile(rf"^({SUBJECT}) ({DOES} .+)$")
_ACTS = re.compile(rf"^({SUBJECT}) (?:(?:should|shall|must|could|can|would|will) )?({any_of(_LEX.doing)}\b.*)$")
""" "The woman smile", as "should the woman smile?" ends."""
_SHOWN_DOING = re.compile(rf"^(?P<who>{SUBJECT}) (?P<verb>{any_of(_LEX.doing)}e?s|(?:fl|cr)ies)(?: (?P<how>.*))?$")
_PUT_THERE = ("sit", "stand", "lie", "rest", "lean", "perch", "float", "hover")
_ALIVE = _LEX.men | _LEX.women | _LEX.somebody
_OF_SOMEONE = re.compile(r"^an? (?!photo|picture|image|shot|view)[\w -]*?\b\w+ing\b")  # "a man riding in the rain"
_IN_COLOUR = re.compile(rf"^({DEFINITE}\b(?:(?! in ).)+?) in (?:an? )?([\w -]+)$")
_CAPTION = re.compile(r"^(?:as )?(?:an? |the )?(?:(?:photo|picture|image|photograph|close-up|portrait|view|shot) of )?")


def make(clause: Clause) -> EditTuple:
    """ "make X red", "let X be a Y", "have X wear a Y", "let there be a Y", "ensure there is no X"."""
    clause = replaced(clause, rest=_CAUSED.sub(r"\1 ", clause.rest))
    so_that = _SO_THAT.match(clause.rest)
    if so_that:  # "make it so that there are four chairs"
        return _wanted(clause.rest[so_that.end() :], clause)
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
    subject, _, rest = clause.rest.partition(" be ")
    became = _BECAME.match(rest)
    if became:  # "let the man be replaced by a bear"
        return _replaced(subject, became, clause)
    clause = replaced(clause, rest=_INSTEAD_OF_A_PLACE.sub("", clause.rest))
    exchange = INSTEAD.match(clause.rest)
    if exchange and not is_description(exchange.group(2)):
        return instead(exchange, clause) or state(exchange.group(1), clause)
    return state(exchange.group(1) if exchange else clause.rest, clause)


def _wanted(said: str, clause: Clause) -> EditTuple:
    """What the picture is to show: "the cat sleeps", "the bottle sits on a slate surface", which is put there."""
    shown = _SHOWN_DOING.match(said)
    verb = singular(shown["verb"]) if shown else ""
    where = noun_phrase(shown["how"] or "") if shown else NounPhrase(None)
    if shown and where.location and where.concept is None and _is_put_there(shown["who"], verb):
        place, _, further = where.location.partition(" with ")
        place = place if whole_picture_topic(further) else where.location
        return frames.add(replaced(clause, frame="add", rest=f"{shown['who']} {place}"))
    said = f"{shown['who']} {verb} {shown['how'] or ''}".strip() if shown else said
    return free(replaced(clause, text=said, frame=None, rest=said))


def _is_put_there(who: str, verb: str) -> bool:
    """Of "a dog" that is new, and of a thing that only stands somewhere."""
    return who.startswith(SOME) or (verb in _PUT_THERE and head(noun_phrase(who).concept or "") not in _ALIVE)


def change(clause: Clause) -> EditTuple | None:
    """As `frames.change`, and "turn the photo red", "turn the car red", which part their sides by nothing.

    "Change the picture so that the car is red" says what is so then.
    """
    so_that = _CHANGED_SO.match(clause.rest)
    if so_that and names_scene(so_that["picture"]):
        return _wanted(clause.rest[so_that.end() :], clause)
    so_it = _SO_IT.match(clause.rest)
    if so_it:  # "the jacket so it has a hood"
        verb = singular(so_it["acts"]) if so_it["acts"] else so_it[3].replace("'s", "is").replace("'re", "are")
        who = owner(so_it[1]) if about(so_it[1], Action.ACTION_CHANGE) else so_it[1]
        said = f"{who} {so_it[2]}{verb}{so_it[5]}"
        return free(replaced(clause, text=said, frame=None, rest=said))
    if clause.text.startswith("turn"):
        clause = replaced(clause, rest=without_cause(clause.rest))
    words = clause.rest.split()
    start = 1 + (words[:1] in (["the"], ["this"], ["my"]))
    whole = len(words) > start and names_scene(" ".join(words[:start]))
    aside = _TURNED.match(clause.rest) if clause.text.startswith("turn") else None
    if aside and not names_scene(aside.group(1)):
        return replaced(doing(aside.group(1), "turned"), location=clause.rest[aside.end(1) :].strip())
    turned = clause.text.startswith("turn") and not sides(clause.rest)[1]
    if turned and (whole or description_start(clause.rest)):
        return make(clause)
    if clause.text.startswith("shift") and not sides(clause.rest)[1]:
        return motions.move(clause)
    return frames.change(clause)


def free(clause: Clause) -> EditTuple:
    """A clause without an opening verb: an idiom, a statement, a topic ("as an oil painting") or a caption."""
    wish = _CAUSED.sub(r"\1 ", clause.text)
    if wish != clause.text:  # "I'd like the man to smile"
        clause = replaced(clause, text=wish, rest=wish)
    said = idiom(clause) or _supposed(clause) or _statement(clause) or becomes_so(clause.text, clause)
    if said:
        return said
    if "§" in clause.text:
        return written(clause, None)
    in_colour = _IN_COLOUR.match(clause.text)
    if in_colour and is_description(in_colour[2]) and head(noun_phrase(in_colour[1]).concept or "") not in _ALIVE:
        return with_attribute(*in_colour.groups())  # "the couch in emerald green"
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
    ordered = order_of_another_verb(clause)
    if ordered:
        return ordered
    acts = _ACTS.match(clause.text)
    if acts:
        return doing(*acts.groups())
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
    "single_out": frames.single_out,
    "add": frames.add,
    "replace": frames.replace,
    "change": change,
    "make": make,
    "give": give,
    "colour": frames.colour,
    "cover": frames.cover,
    "craft": frames.craft,
    "move": motions.move,
    "pose": motions.pose,
    "resize": motions.resize,
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
    rest = _IN_PLACE_OF.sub("", rest).removesuffix(" instead")
    frame, _ = _LEX.verb(rest.split()) or (None, 0)
    participle = rest.split(" ", 1)[0].endswith(("ed", "ken", "wn"))
    if (
        verb.startswith(("vanish", "disappear"))
        or verb == "go"
        or _GONE.match(rest)
        or (frame == "remove" and participle and rest not in IS_LEFT and not is_description(rest))
        or (verb in ("has", "have") and _LEFT.match(rest))
    ):
        _, _, place = rest.partition(" ")
        place = place if place.startswith(("from ", "in ", "on ")) else ""
        return frames.remove(replaced(clause, frame="remove", rest=f"{subject} {place}".strip()))
    became = _BECAME.match(rest)
    if became:
        return _replaced(subject, became, clause)
    if frame in ("colour", "cover") and participle and " " in rest and not rest.startswith("filled "):
        return with_attribute(subject, re.sub(r"^\w+ (?:in |with |by )?", "", rest))
    if _PUT.match(rest):
        phrase = noun_phrase(subject)
        return EditTuple(None, phrase.concept, Action.ADD, location=_PUT.sub("", rest) or phrase.location)
    if not rest:
        return None
    made_so = MADE_SO.match(rest)
    if made_so:
        return with_attribute(subject, made_so.group(1))
    if verb.startswith(("hold", "held")):
        return state(f"{subject} hold {rest}", clause)
    if verb.startswith(("wear", "wore", "carr", "ha", "feature")) or rest.startswith("given "):
        return put_on(subject, rest.removeprefix("given "))
    if _DEFINITE.match(subject) or is_description(rest):
        return state(f"{subject} be {rest}", clause)
    if subject.startswith(SOME) and verb == "be" and _SOMEWHERE.match(rest):  # "a squirrel should be peeking out"
        return frames.add(replaced(clause, frame="add", rest=f"{subject} {rest}"))
    return None


def _replaced(subject: str, became: re.Match[str], clause: Clause) -> EditTuple:
    return changed(subject, became.group(2), clause, described=became.group(1) is None)


def _may_be_compared(what: str, how: str) -> bool:
    """Of "hair" and "longer and blonder"; "colors brighter" are the whole picture's."""
    every = all(_LEX.compares(word) for word in re.split(r"(?:,| and)+ ?", how) if word.strip())
    return every and not whole_picture_topic(what) and not names_scene(what) and noun_phrase(what).location is None
