"""Frames: how a clause of each verb class is read. Each takes a `Clause` and gives one `EditTuple`.

Which verbs belong to which frame is data (`verbs` in lexicon.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import names_scene, noun_phrase, without_scene
from sigmask.instruction.lexicon import any_of, lexicon
from sigmask.instruction.topic import about, change_action, is_scenery, mentions_text, whole_picture_topic
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_PLACES = r"(?:the |its |his |her )?(?:far )?(?:left|right|top|bottom|side|front|back|center|centre|middle|rear|edge)\b"
_TO = re.compile(
    r"\s+(?:(?:in)?to(?: be| look like| become| have| depict| show)?|so that (?:it|they) (?:is|are|becomes?)|as|"
    rf"become|becomes|be)\s+(?!{_PLACES})"
)
_INTO = re.compile(r"\s+into(?: being)?\s+")
_FROM_TO = re.compile(r"^(.*?)\s+from\s+(.+?)\s+to\s+(.+)$")
_NEAR = re.compile(r"(?:next|close|near|attached|belonging|closest|nearest|due)$")
_SWAP = re.compile(r"\s+(?:with|for|by|to be|into|to|as)\s+")
_OF = re.compile(r"^(.+?)\s+(?:of|from)\s+(.+)$")
_MATERIAL = re.compile(r"^(.+?)\s+(?:(?:(?:look |be )?(?:made|out|built|crafted|created|made up|carved|formed)(?: out)? )?(?:of|from|in|with|using)|using|in)\s+(.+)$")
_MADE_OF = re.compile(r"^(.+?)\s+(?:(?:look |be |to be )?(?:like (?:it is|they are) )?(?:made|out|built|crafted|carved|formed)(?: up| out)? (?:of|from|with|in)|from)\s+(.+)$")
_THERE = re.compile(r"^there(?:'s| (?:be|is|are|were|was|to be))\s+(.+)$")
_NO_MORE = re.compile(r"^(?:that )?(?:there(?:'s| is| are| be)? )?(?:no|not any|zero)\s+(?:more )?(.+?)(?:\s+(?:featured|present|visible|shown|left|seen|included|appearing|depicted))?$")
_BE = re.compile(r"^(.+?)\s+(?:to )?(?:be|become|turn|get|being|becomes|go|change|turn to|appear|shine in|shine|look)(?: (?:into|to|in))?\s+(.+)$")
_LIKE = re.compile(r"^(.+?)\s+(?:to )?(?:look|be|appear|seem|looks|act)s?\s+(?:more |a bit |a little )?(?:like|as)\s+(.+)$")
_BEARING = re.compile(rf"^(.+?)\s+{any_of(_LEX.bearing)}\s+(.+)$")
_ARTICLE = re.compile(r"^(\S.*?\S|\S)\s+((?:an?|the|some)\s+.+)$")
_PRONOUN = re.compile(rf"^({any_of(_LEX.pronouns)}|people|everyone)\s+(.+)$")
_OWNED = re.compile(rf"^(.*?)(?:'s?|\bof)?\s*\b({any_of(_LEX.attribute_nouns | _LEX.pose_nouns)})$")
_OF_OWNER = re.compile(rf"^(?:the )?(?:\w+ )?({any_of(_LEX.attribute_nouns | _LEX.pose_nouns)}) (?:of|for|on)\s+(.+)$")
_MENTIONED = re.compile(r"§(\d+)")
_WEAR_BACK = re.compile(r"^(.+?)\s+(?:(?:up )?(?:in|with|as)|(?:in)?to)\s+(.+)$")


def remove(clause: Clause) -> EditTuple:
    """"remove X", "rid Y of X"."""
    rest = clause.rest
    emptied = _OF.match(rest)
    if emptied and names_scene(emptied.group(1)):
        rest = emptied.group(2)
    phrase = noun_phrase(_plain(rest))
    if mentions_text(without_scene(rest)) and not about(rest, Action.RESTORATION):
        return EditTuple("text", None, Action.TEXT, location=phrase.location)
    concept = phrase.concept
    if concept is None or about(concept, Action.RESTORATION):
        if concept is None and not about(clause.text, Action.RESTORATION):
            return EditTuple(None, None, Action.REMOVE, location=phrase.location)
        return EditTuple(concept, None, Action.RESTORATION, location=phrase.location)
    action = Action.BACKGROUND if concept in _LEX.background else Action.REMOVE
    return EditTuple(concept, None, action, location=phrase.location)


def add(clause: Clause) -> EditTuple:
    """"add Y to X", "put Y on X"; X is the location, it is not masked."""
    if "§" in clause.rest or (mentions_text(clause.rest.split(" on ")[0]) and not clause.rest.startswith("to ")):
        return _written(clause, noun_phrase(_plain(clause.rest)).location)
    phrase = noun_phrase(clause.rest)
    first = clause.rest.split(" ", 1)[0]
    if phrase.location and (first in _LEX.pronouns or (clause.text.startswith(("put ", "place ", "set ")) and is_scenery(phrase.location) and first in _LEX.pronouns)):
        return EditTuple("background", noun_phrase(_after_relation(phrase.location)).concept, Action.BACKGROUND)
    concept = phrase.concept or ""
    if concept.split()[-1:] and concept.split()[-1] in {"filter", "filters", "contrast", "brightness", "saturation", "light", "warmth"}:
        return EditTuple(None, concept, Action.TONE)
    if "style" in concept.split():
        return EditTuple(None, concept, Action.STYLE)
    return EditTuple(None, phrase.concept, Action.ADD, _attributes(phrase.concept), phrase.location)


def replace(clause: Clause) -> EditTuple:
    """"replace X with Y"; "swap with Y"."""
    if clause.rest.startswith(("with ", "to ", "for ", "into ")):
        return _changed("", clause.rest.split(" ", 1)[1], clause)
    parts = _SWAP.split(clause.rest, maxsplit=1)
    for separator in (" with ", " by ", " for "):
        if separator in clause.rest:
            parts = clause.rest.split(separator, 1)
            break
    if len(parts) < 2:
        return _changed(clause.rest, "", clause)
    return _changed(parts[0], parts[1], clause)


def change(clause: Clause) -> EditTuple:
    """"change X to Y", "change the colour of X to Y", "turn X into Y", "change X from A to B"."""
    original, edited = _sides(clause.rest)
    if not edited and names_scene(original):
        return topical(clause)
    if names_scene(original) or _rearranges(original):
        topic = whole_picture_topic(clause.rest)
        if topic and not re.match(r"(?:an?|the)?\s*\w*\s*(?:light|dark|summer|winter|night)", edited):
            return _whole(topic, edited or original, clause)
    return _changed(original, edited, clause)


def make(clause: Clause) -> EditTuple:
    """"make X red", "let X be a Y", "have X wear a Y", "let there be a Y", "ensure there is no X"."""
    rest = clause.rest
    gone = _NO_MORE.match(rest)
    if gone:
        return remove(Clause(clause.text, "remove", gone.group(1), clause.quotations))
    there = _THERE.match(rest)
    if there:
        return add(Clause(clause.text, "add", there.group(1), clause.quotations))
    return _state(rest, clause)


def give(clause: Clause) -> EditTuple:
    """"give X a Y"."""
    match = _PRONOUN.match(clause.rest) or _ARTICLE.match(clause.rest) or re.match(r"^(the \S+)\s+(.+)$", clause.rest)
    if not match:
        return topical(clause)
    owner, given = match.groups()
    if names_scene(owner):
        topic = whole_picture_topic(given)
        if topic and owner not in ("it", "this"):
            return _whole(topic, given, clause)
    if re.search(rf"\b(?:hue|colou?r|shade|tint|tone|color scheme)\b", given) or _LEX.describes(given.split()):
        return _described(owner, given)
    return _put_on(owner, given)


def colour(clause: Clause) -> EditTuple:
    """"paint X red", "dye X in a different colour"."""
    words = clause.rest.split()
    for start in range(1, len(words)):
        value = words[start:]
        if value[0] in ("in", "to", "with", "into") and len(value) > 1:
            value = value[1:]
        if _LEX.describes(value) or value[-1] in ("color", "colour", "colors", "colours"):
            return _described(" ".join(words[:start]), " ".join(value))
    original, edited = _sides(clause.rest)
    return _described(original, edited) if edited else EditTuple(
        noun_phrase(original).concept, None, Action.ATTRIBUTE, location=noun_phrase(original).location
    )


def cover(clause: Clause) -> EditTuple:
    """"cover X with Y", "dress X in Y"."""
    match = _WEAR_BACK.match(clause.rest)
    if not match:
        return EditTuple(noun_phrase(clause.rest).concept, None, Action.ATTRIBUTE)
    owner, given = match.groups()
    if clause.text.startswith(("dress", "clothe")):
        return EditTuple("clothes", noun_phrase(given).concept, Action.REPLACE, location=f"on {owner}")
    return _put_on(owner, given)


def craft(clause: Clause) -> EditTuple:
    """"build X out of bricks"; "create a picture in the style of …"."""
    topic = whole_picture_topic(clause.rest)
    match = _MATERIAL.match(clause.rest)
    if match and clause.text.split()[0] not in ("create", "generate", "produce", "design") and not names_scene(match.group(1)):
        return _described(*match.groups())
    if topic:
        return _whole(topic, clause.rest, clause)
    return _with_does(clause) or EditTuple(None, noun_phrase(clause.rest).concept, Action.ADD, location=noun_phrase(clause.rest).location)


def move(clause: Clause) -> EditTuple:
    """"move X to Y"."""
    if _rearranges(clause.rest):
        return topical(clause)
    phrase = noun_phrase(clause.rest)
    return EditTuple(phrase.concept, phrase.concept, Action.MOVE, location=phrase.location)


def pose(clause: Clause) -> EditTuple:
    """"raise the person's left arm": the body moves."""
    phrase = noun_phrase(clause.rest)
    return EditTuple(phrase.concept, phrase.concept, Action.ACTION_CHANGE, (clause.text.split()[0],), phrase.location)


def resize(clause: Clause) -> EditTuple:
    """"enlarge X": the size is an attribute."""
    phrase = noun_phrase(clause.rest)
    return EditTuple(phrase.concept, phrase.concept, Action.ATTRIBUTE, (clause.text.split()[0],), phrase.location)


def restore(clause: Clause) -> EditTuple:
    """"deblur the picture"."""
    return EditTuple(noun_phrase(clause.rest).concept, None, Action.RESTORATION)


def tone(clause: Clause) -> EditTuple:
    """"brighten the picture", "boost the contrast"."""
    if about(clause.rest, Action.STYLE) and not about(clause.rest, Action.RESTORATION):
        return _whole(Action.STYLE, clause.rest, clause)
    if about(clause.text, Action.RESTORATION):
        return EditTuple(None, None, Action.RESTORATION)
    phrase = noun_phrase(clause.rest)
    if about(clause.rest, Action.TONE) or phrase.concept is None:
        return EditTuple(None, phrase.concept, Action.TONE)
    return EditTuple(phrase.concept, None, Action.ATTRIBUTE, (clause.text.split()[0],), phrase.location)


def style(clause: Clause) -> EditTuple:
    """"express the scene in cubism"."""
    return _whole(whole_picture_topic(clause.rest) or Action.STYLE, clause.rest, clause)


def topical(clause: Clause) -> EditTuple:
    """A clause without a known verb: a statement ("the car is red"), a topic ("as an oil painting") or a caption."""
    stated = _statement(clause)
    if stated:
        return stated
    if "§" in clause.text:
        return _written(clause, None)
    topic = whole_picture_topic(clause.text)
    if topic:
        return _whole(topic, clause.text, clause)
    caption = re.sub(r"^(?:as )?(?:an? |the )?(?:(?:photo|picture|image|photograph|close-up|portrait|view|shot) of )?", "", clause.text)
    phrase = noun_phrase(caption)
    return EditTuple(None, phrase.concept, Action.OTHER, location=phrase.location)


FRAMES: dict[str, Callable[[Clause], EditTuple]] = {
    "remove": remove,
    "add": add,
    "replace": replace,
    "change": change,
    "make": make,
    "give": give,
    "colour": colour,
    "cover": cover,
    "craft": craft,
    "move": move,
    "pose": pose,
    "resize": resize,
    "restore": restore,
    "tone": tone,
    "style": style,
    "keep": topical,
}
_STATEMENT = re.compile(
    r"^((?:the|all|this|that|these|those|his|her|its|their|every|it|he|she|they)?\b.*?)\s+"
    r"(?:(?:should|shall|must|needs? to|has to|have to|ought to|will|would|could|can|gets?)\s+)?"
    r"(be|become|becomes|is|are|turns?|adopts?|was|were|vanish|disappear|go|gets?|wears?|has|have|holds?|look like|looks like|exhibit|take on|show|appear)\b\s*(?:now |being )?(.*)$"
)


def _statement(clause: Clause) -> EditTuple | None:
    """"the shirt should be purple", "X is replaced with Y", "the sign needs to vanish"."""
    gone = _NO_MORE.match(clause.text)
    if gone:
        return remove(Clause(clause.text, "remove", gone.group(1), clause.quotations))
    match = _STATEMENT.match(clause.text)
    if not match or not match.group(1):
        return None
    subject, verb, rest = match.groups()
    if verb in ("vanish", "disappear", "go") or re.match(r"(?:removed|deleted|gone|erased|eliminated|taken out|eradicated|missing|no longer|absent|discarded|excluded)\b", rest):
        return remove(Clause(clause.text, "remove", subject, clause.quotations))
    passive = re.match(r"(?:replaced|swapped|substituted|exchanged|changed|turned|converted|transformed|switched) (?:with|by|to|into|for|from) (.+)$", rest)
    if passive:
        return _changed(subject, passive.group(1), clause)
    if re.match(r"(?:added|placed|put|inserted)\b", rest):
        return EditTuple(None, noun_phrase(subject).concept, Action.ADD, location=noun_phrase(rest.split(" ", 1)[-1]).location)
    if not rest:
        return None
    if verb in ("wear", "wears", "has", "have", "hold", "holds"):
        return _put_on(subject, rest)
    if not re.match(r"(?:the|all|this|that|these|those|his|her|its|their|every|it|he|she|they)\b", subject):
        return None
    return _state(f"{subject} be {rest}", clause)


def _state(rest: str, clause: Clause) -> EditTuple:
    """"X red", "X be a Y", "X look like Y", "X wear Y", "X smile"."""
    if "§" in rest:
        return _written(clause, None)
    like = _LIKE.match(rest)
    made_of = None if like else _MADE_OF.match(rest)
    if made_of:
        return _described(*made_of.groups())
    into = _INTO.split(rest, maxsplit=1)
    if len(into) == 2:
        return _changed(into[0], into[1], clause)
    bearing = _BEARING.match(rest)
    if bearing and " with " not in rest[: bearing.start(2)]:
        if about(rest, Action.STYLE) and names_scene(bearing.group(1)):
            return _whole(Action.STYLE, bearing.group(2), clause)
        return _put_on(*bearing.groups())
    being = like or _BE.match(rest)
    if being and _LEX.does(being.group(2).split()[0]) and being.group(2).split()[0].endswith("ing"):
        return _doing(being.group(1), being.group(2))
    if being:
        return _become(*being.groups(), clause)
    return _with_does(clause) or _bare_state(rest, clause)


def _with_does(clause: Clause) -> EditTuple | None:
    """"the cat jump": a subject and what it does."""
    words = without_scene(clause.rest).split()
    for index in range(1, len(words)):
        word = words[index]
        previous = words[index - 1]
        if _LEX.does(word) and previous not in ("a", "an", "the", "to", "and", "of", "in", "on", "with", "more") and not (word.endswith("ing") and index + 1 < len(words) and words[index + 1] in ("on", "in", "at", "next", "near", "by")):
            return _doing(" ".join(words[:index]), " ".join(words[index:]))
    return None


def _bare_state(rest: str, clause: Clause) -> EditTuple:
    """No verb between the two: "him a magician", "the table wooden", "the man a robot"."""
    words = rest.split()
    for start in range(1, len(words)):
        if _LEX.describes(words[start:]) and words[start - 1] not in ("a", "an", "the", "and", "very", "more"):
            return _become(" ".join(words[:start]), " ".join(words[start:]), clause)
    pronoun = _PRONOUN.match(rest)
    if pronoun:
        return _become(*pronoun.groups(), clause)
    article = _ARTICLE.match(rest)
    if article and not re.search(rf"(?:^|\s){any_of(_LEX.relations)}$", article.group(1)):
        return _become(*article.groups(), clause)
    original, edited = _sides(rest)
    if edited:
        return _become(original, edited, clause)
    if names_scene(words[0]) or names_scene(" ".join(words[:2])):
        topic = whole_picture_topic(rest)
        if topic:
            return _whole(topic, rest, clause)
    if about(rest, Action.TONE):
        return EditTuple(None, noun_phrase(rest).concept, Action.TONE)
    phrase = noun_phrase(rest)
    return EditTuple(phrase.concept, None, Action.ATTRIBUTE, location=phrase.location)


def _become(original: str, edited: str, clause: Clause) -> EditTuple:
    if names_scene(original):
        topic = whole_picture_topic(edited)
        if topic and not (original in ("it", "this") and _LEX.describes(edited.split()) and topic is not Action.TONE):
            return _whole(topic, edited, clause)
        if _LEX.describes(edited.split()):
            return _described(original, edited)
    return _changed(original, edited, clause)


def _changed(original: str, edited: str, clause: Clause) -> EditTuple:
    """The tuple of X → Y, once the two sides are known."""
    action = change_action(original, edited)
    if action is Action.TEXT:
        return _written(clause, noun_phrase(_plain(original)).location)
    if action is Action.STYLE and names_scene(original):
        return _whole(action, edited, clause)
    if action is Action.ATTRIBUTE:
        return _described(original, edited)
    before, after = noun_phrase(original), noun_phrase(edited)
    if action is Action.ACTION_CHANGE:
        return _doing(_owner(original), edited)
    if action is Action.TONE:
        return EditTuple(None, after.concept, action)
    if action is Action.BACKGROUND:
        return EditTuple(before.concept or "background", after.concept, action, location=before.location)
    return EditTuple(before.concept, after.concept, action, _attributes(after.concept), before.location or after.location)


def _described(original: str, value: str) -> EditTuple:
    """An attribute: X stays what it is and becomes red, wooden, bigger."""
    phrase = noun_phrase(_owner(original))
    words = [word for word in value.split() if word not in _LEX.degrees and word not in ("a", "an", "the", "of", "to", "in")]
    if phrase.concept and words and words[-1] == phrase.concept.split()[-1]:
        words = words[:-1]
    words = words[:3]
    edited = " ".join((*words, phrase.concept))[-200:] if phrase.concept else " ".join(words) or None
    if edited:
        edited = " ".join(edited.split()[:6])
    return EditTuple(phrase.concept, edited, Action.ATTRIBUTE, tuple(words), phrase.location)


def _doing(owner: str, doing: str) -> EditTuple:
    phrase = noun_phrase(owner)
    edited = " ".join([*(phrase.concept or "").split(), *doing.split()][:6]) or None
    return EditTuple(phrase.concept, edited, Action.ACTION_CHANGE, tuple(doing.split()[:1]), phrase.location)


def _put_on(owner: str, given: str) -> EditTuple:
    """Something is added to someone: the owner is the location."""
    phrase = noun_phrase(given)
    location = " ".join(filter(None, ("on", noun_phrase(owner).concept, noun_phrase(owner).location)))
    return EditTuple(None, phrase.concept, Action.ADD, _attributes(phrase.concept), location if location != "on" else None)


def _whole(action: Action, value: str, clause: Clause) -> EditTuple:
    """An edit of the whole picture."""
    if action is Action.BACKGROUND:
        _, edited = _sides(value)
        return EditTuple("background", noun_phrase(edited or value).concept, action)
    if action is Action.RESTORATION:
        return EditTuple(None, None, action)
    return EditTuple(None, noun_phrase(value).concept or noun_phrase(clause.rest).concept, action)


def _written(clause: Clause, location: str | None) -> EditTuple:
    """A text edit; what it writes is the last quotation that the clause mentions."""
    mentioned = [clause.quotations[int(number)] for number in _MENTIONED.findall(clause.text)]
    adds = clause.frame == "add"
    return EditTuple(
        None if adds else "text",
        "text",
        Action.TEXT,
        location=location,
        quoted_text=mentioned[-1] if mentioned else None,
    )


def _sides(rest: str) -> tuple[str, str]:
    """X and Y of "X to Y"; Y is empty where there is no such word."""
    if rest.startswith(("to ", "into ")):
        return "", rest.split(" ", 1)[1]
    ranged = _FROM_TO.match(rest)
    if ranged:
        subject, before, after = ranged.groups()
        return (before if names_scene(subject) else f"{subject}"), after
    into = _INTO.split(rest, maxsplit=1)
    if len(into) == 2:
        return into[0], into[1]
    for match in _TO.finditer(rest):
        if not _NEAR.search(rest[: match.start()]):
            return rest[: match.start()], rest[match.end() :]
    words = rest.split(" with ", 1)
    return (words[0], words[1]) if len(words) == 2 else (rest, "")


def _owner(text: str) -> str:
    """Whose attribute it is: "the color of the man's hat" → "the man's hat", "the car color" → "the car"."""
    text = without_scene(text)
    of_owner = _OF_OWNER.match(text)
    if of_owner:
        return of_owner.group(2)
    owned = _OWNED.match(text)
    return owned.group(1) if owned and owned.group(1).strip() not in ("", "the", "a") else text


def _attributes(concept: str | None) -> tuple[str, ...]:
    words = (concept or "").split()[:-1]
    return tuple(word for word in words if word in _LEX.colours or word in _LEX.materials or word in _LEX.qualities)


def _plain(text: str) -> str:
    return _MENTIONED.sub("", text)


def _after_relation(location: str) -> str:
    return re.sub(rf"^{any_of(_LEX.relations)}\s+", "", location)


def _rearranges(text: str) -> bool:
    """"the elements in this picture", "the visual of the photo": the picture, not a thing in it."""
    return re.match(rf"(?:the )?(?:elements|components|aspects|details|mood|feel|atmosphere|look|visuals?)\b", text) is not None
