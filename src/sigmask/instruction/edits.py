"""Edits: the tuple of an edit once it is known what becomes what. Phrases in, `EditTuple` out."""

from __future__ import annotations

import re
from dataclasses import replace

from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import (
    MAXIMUM_WORDS,
    NounPhrase,
    head,
    is_list,
    names_scene,
    noun_phrase,
    shortened,
    whole_words,
    without_scene,
)
from sigmask.instruction.lemma import singular
from sigmask.instruction.lexicon import any_of, lexicon
from sigmask.instruction.sides import after_relation, owner, sides
from sigmask.instruction.topic import about, change_action, names_text
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_LISTED = re.compile(r"\s*,?\s+and\s+|\s*,\s+")
_JOINED = whole_words(_LEX.joined)
_OF_WHOLE = (Action.STYLE, Action.TONE)
_MAY_WRITE = (Action.REPLACE, Action.ATTRIBUTE, Action.OTHER)
_QUOTATION = re.compile(r"§(\d+)")
_WORDING = r" (?:(?:the )?(?:text|words?|letters?|line|title) )?§\d+"
_OLD_WORDING = re.compile(
    rf"(?:^|,? )(?:instead of|in place of|rather than|and not|not|over|where it (?:now )?(?:says|reads)){_WORDING}"
)
_BESIDE_WORDING = re.compile(
    r" (?:below|above|under|underneath|beneath|next to|near|beside|after|before|behind|to the (?:left|right) of)"
    + _WORDING
)
_BEARER = re.compile(
    r"^(.+?)(?:(?: is \w+)?[,:]? (?:so (?:that )?)?it)?\s+"
    r"(?:(?:to|now|should|shall|must) )*(?:say|read|show|display|spell)s?\b"
)
_LETTERING = re.compile(
    rf"(?:^|,? )in (?!the )(?:(?P<how>(?:[\w-]+,? ){{0,4}}?)"
    rf"(?:{any_of(_LEX.text_nouns)}|type|ink|paint|handwriting|icing|frosting|chalk|crayon|marker|pencil|neon|lights)"
    rf"|(?P<colour>(?:(?:bold|bright|dark|light) )?{any_of(_LEX.colours)}|bold|italics|cursive))"
    rf"(?=$|,| {any_of(_LEX.relations)} )"
)
""" "In bold red letters", "in white": how something is written, and not where."""
_A_BIT = re.compile(r"^(?:(?:a (?:little )?bit|a little|a touch|slightly|somewhat|much|even) )+(?=\w)")
_STILL_OF = re.compile(
    r"^(?:(?:it|this|(?:the |this |my )?(?:image|picture|photo|scene)) )?(?:to )?(?:looks? like )?"
    r"(?:(?:an?|the) )?(?:\w+ )?(?:scene|still|screenshot|photo|picture|shot|frame|page|panel|something) "
    r"(?:from|out of) (?=\w)"
)
""" "This look like a scene from a Studio Ghibli movie" is of that movie's style."""
_STYLE_OF = re.compile(r"^.*?\b(?:in|into|to|with) (?:the|a) (?:\w+ )?styles? of (?=\w)")
_HUE = re.compile(
    r"\b(?:hue|colou?r|shades?|tint|tone|pigment|dye|paint|color scheme|appearance|colou?ring|pigmentation)\b"
)
_ONE = re.compile(r"(?<=\w )ones?\b(?! of\b)")
_ONE_SO = re.compile(r"^ones?(?= (?:with|that|which|in|made|wearing)\b)")
_SAYS = r"(?:says?|reads?|saying|reading|spells?|displays?|written|labell?ed|marked|called|named)"
_SAYS_SO = re.compile(rf"\b{_SAYS}\b.* §\d")
_SIGN_AND_VERB = re.compile(
    r"(?:[\s,]*\b(?:(?:so (?:that )?it|that|which|where it|and it) )?(?:now )?"
    rf"(?:{_SAYS}|with(?: the (?:words?|text))?|of|like))?"
    r"\s*§\d+"
)
_NO_PLACE = re.compile(rf"^(?:{any_of(_LEX.relations)}|(?:that|which) {_SAYS})$")
_ALL_ELSE = re.compile(
    r"^(?:everything|everyone|all|anything)(?: else)?(?: that is| that's)? "
    r"(?:but|except(?: for)?|apart from|other than|besides|beside|behind|around|surrounding|outside(?: of)?) (.+)$"
)
_DESCRIBING = _LEX.colours | _LEX.materials | _LEX.qualities
_FILLER = (_LEX.degrees - {"less"}) | {"a", "an", "the", "of", "to", "in"}
_ARTICLES = frozenset(("a", "an", "the"))
_SOME = re.compile(r"(?:an?|some|two|three|four|five)\b")
_SOMEONE = _LEX.men | _LEX.women | _LEX.somebody
_ADJECTIVES = ("ed", "al", "ful", "less", "ous", "ive", "able", "ible", "ish", "like")
""" "A digital clock", "a flowered dress": endings of words that tell how a thing is, not what it is for."""
_WHERE = frozenset(("on", "at", "under", "behind", "near", "beside"))
_JOINTS = _WHERE | _LEX.bearing | {"in", "of", "riding", "eating", "playing", "reading", "driving"}
"""Behind one of these what differs is another thing than the one that both sides name, or a place."""
_WHEN = re.compile(r"(?:at|in|on|during) ")
_NO_VERB_AFTER = frozenset("a an the to and of in on with more".split())  # noqa: SIM905
_POSSESSIVES = frozenset(("his", "her", "its", "their", "the"))


def changed(original: str, edited: str, clause: Clause, described: bool = True) -> EditTuple:
    """X becomes Y; Y may be a mere description ("red") only where `described`."""
    all_else = of_all_else(original, edited)
    if all_else:
        return all_else
    apart = _told_apart(original.split(), edited.split(), clause)
    if apart:
        return apart
    edited = _one_named(edited, original)
    action = change_action(original, edited)
    if action is Action.RESTORATION and about(edited.split(" with ")[0], Action.TONE):  # "summer", "winter with snow"
        action = Action.TONE
    if not described and action is Action.ATTRIBUTE and is_description(edited) and not about(original, action):
        action = Action.REPLACE
    if action is Action.ATTRIBUTE and (not described or clause.frame == "change") and _is_another(original, edited):
        action = Action.REPLACE
    if action is Action.TEXT:
        where = (noun_phrase(without_quotations(side)).location for side in (original, edited))
        text = written(clause, next(filter(None, where), None))
        return text if "§" in edited else replace(text, quoted_text=text.quoted_text or noun_phrase(edited).concept)
    if action is Action.STYLE and names_scene(original):
        return of_whole_picture(action, edited, clause)
    if action is Action.ATTRIBUTE:
        return with_attribute(original, edited)
    if action is Action.ACTION_CHANGE:
        return doing(owner(original), edited)
    before, after = noun_phrase(original), noun_phrase(_without_details(edited, action))
    if action in (Action.TONE, Action.RESTORATION):
        return EditTuple(None, after.concept, action)
    if action is Action.BACKGROUND:
        return EditTuple(before.concept or "background", _with_its_time(after), action, location=before.location)
    location = before.location or after.location
    return EditTuple(before.concept, after.concept, action, attributes_of(after.concept), location)


def _with_its_time(place: NounPhrase) -> str | None:
    """ "Tropical beach at sunset": when it is belongs to what is new."""
    is_when = place.location and _WHEN.match(place.location) and about(place.location, Action.TONE)
    return shortened(place.words) if is_when else place.concept


def _without_details(value: str, action: Action) -> str:
    """Of "a rainy evening: wet pavement, glowing lamps" what is before the colon, if that is of the action."""
    before, _, details = value.partition(": ")
    return before if details and action in _OF_WHOLE and about(before, action) else value


def _told_apart(before: list[str], after: list[str], clause: Clause) -> EditTuple | None:
    """Of "the man holding a guitar" → "a man holding a violin" what differs; None where the two name no one thing."""
    same = 0
    for one, other in zip(before, after, strict=False):
        if one != other and not (one in _ARTICLES and other in _ARTICLES):
            break
        same += 1
    if same < 1 + (before[:1] != [] and before[0] in _ARTICLES) or same == len(after):
        return None
    who = " ".join(before[:same])
    lost, found = " ".join(before[same:]), " ".join(after[same:])
    if not lost and after[same] in _LEX.bearing:  # "the dog" → "the dog with a hat"
        return put_on(who, " ".join(after[same + 1 :]))
    if not lost or names_scene(who):
        return None
    if _LEX.does(after[same]) and after[same].endswith("ing"):
        return doing(who, found)
    joint = next((index for index in range(1, same) if before[index] in _JOINTS), None)
    if joint is None:
        return None
    named = noun_phrase(" ".join(before[:joint])).concept
    if before[joint] in _WHERE:
        return EditTuple(named, named, Action.MOVE, location=" ".join(after[joint:]))
    edit = changed(lost, found, clause, described=False)
    return replace(edit, location=edit.location or f"on {named}")


def _one_named(edited: str, original: str) -> str:
    """ "a green one" of "the red apple" is "a green apple"; of "the face's shape" it is "a green"."""
    noun = "" if about(original, Action.ATTRIBUTE) else (noun_phrase(original).concept or "one").split()[-1]
    return _ONE_SO.sub(noun, _ONE.sub(lambda _: noun, edited)).strip()


def _is_another(original: str, edited: str) -> bool:
    """Whether "a cowboy hat" is another of the kind than "his hat": "a red hat" is the same one, red."""
    before, after = noun_phrase(original).concept or "", (noun_phrase(edited).concept or "").split()
    if len(after) < 2 or not _SOME.match(edited) or before.split()[-1:] != after[-1:] or after[-1] in _SOMEONE:
        return False
    kind = after[-2]
    described = _LEX.describes([kind]) or f"{kind}s" in _LEX.qualities  # "a polka dot dress"
    described = described or _LEX.compares(kind) or kind in _LEX.degrees or kind.endswith(_ADJECTIVES)
    of_look = kind in _LEX.attribute_nouns or kind in _LEX.media or about(edited, Action.STYLE)
    return kind not in before.split() and not described and not of_look


def with_attribute(original: str, value: str) -> EditTuple:
    """X stays what it is and becomes red, wooden, bigger: edited concept "red X"."""
    all_else = of_all_else(original, value)
    if all_else:
        return all_else
    phrase = noun_phrase(owner(original))
    after = noun_phrase(value).concept
    if phrase.concept and after and head(after) == head(phrase.concept):  # "the train a red train"
        return EditTuple(phrase.concept, after, Action.ATTRIBUTE, tuple(after.split()[:-1]), phrase.location)
    words = [word for word in value.split() if word not in _FILLER][:3]
    kept = (phrase.concept or "").split()
    replaced = {_LEX.scale(word) for word in words} - {None}
    if replaced:  # "change the white dress to red": no "red white dress"
        stays = [word for word in kept[:-1] if _LEX.scale(word) not in replaced]
        kept = [word for word in stays if word != "and" or "colour" not in replaced] + kept[-1:]
    edited = " ".join([*words, *kept][:MAXIMUM_WORDS]) or None
    return EditTuple(phrase.concept, edited, Action.ATTRIBUTE, tuple(words), phrase.location)


def doing(who: str, what: str) -> EditTuple:
    """Someone does something else: "the person" and "smile slightly"."""
    phrase = noun_phrase(who)
    edited = " ".join([*(phrase.concept or "").split(), *what.split()][:MAXIMUM_WORDS]) or None
    return EditTuple(phrase.concept, edited, Action.ACTION_CHANGE, tuple(what.split()[:1]), phrase.location)


def subject_and_verb(text: str) -> EditTuple | None:
    """ "the cat jump", "the woman tilts her head": a subject and what it does; None if there is no such verb."""
    words = without_scene(text).split()
    if words[:2] in (
        ["it", "a"],
        ["it", "an"],
        ["this", "a"],
        ["this", "an"],
    ):  # "it a scene with snow covering the road"
        return None
    for index in range(1, len(words)):
        word, following = words[index], words[index + 1 : index + 2]
        if words[index - 1] in _NO_VERB_AFTER:
            continue
        if word in _LEX.body and _is_noun(words, index):
            continue
        if following and _LEX.colours.issuperset(words[index + 1 :]):  # "the tin whistle red": a thing
            continue
        places = word.endswith("ing") and following and following[0] in ("on", "in", "at", "next", "near", "by")
        bends = index > 1 and following and following[0] in _POSSESSIVES and singular(word) in _LEX.doing
        if bends or (_LEX.does(word) and not places):
            return doing(" ".join(words[:index]), " ".join(words[index:]))
    return None


def _is_noun(words: list[str], index: int) -> bool:
    """Whether a word that may be a verb is a part of someone: "her face brighter", but "her face the camera"."""
    owner_before = words[index - 1] in _POSSESSIVES or words[index - 1].endswith(("'s", "s'"))
    return owner_before and (words[index - 1] != "her" or is_description(" ".join(words[index + 1 :])))


def put_on(who: str, given: str) -> EditTuple:
    """Someone gets something to wear or hold, which is added; they are its location.

    "A purple tint", "a rough texture" is no thing.
    """
    if is_description(given) or _HUE.search(given) or (" " in given and head(given) in _LEX.attribute_nouns):
        return with_attribute(who, given)
    phrase, location = noun_phrase(given), noun_phrase(who).words
    attributes = attributes_of(phrase.concept)
    return EditTuple(None, phrase.concept, Action.ADD, attributes, f"on {location}" if location else None)


def placed(who: str, place: str) -> EditTuple:
    """Someone is put elsewhere ("him in a zoo"): all but them changes, and their place in it is the location."""
    return all_behind(who, _with_its_time(noun_phrase(after_relation(place))))


def all_behind(who: str, edited: str | None) -> EditTuple:
    """All but someone or something changes, or goes."""
    who = noun_phrase(who).words
    return EditTuple("background", edited, Action.BACKGROUND, location=f"behind {who}" if who else None)


def of_all_else(original: str, edited: str) -> EditTuple | None:
    """Of "everything but the cat", "everything behind the cat" all but it changes; None where no such is said."""
    spared = _ALL_ELSE.match(original)
    if spared and about(edited, Action.STYLE):
        return EditTuple(None, noun_phrase(edited).concept, Action.STYLE, location=f"except {spared.group(1)}")
    return all_behind(spared.group(1), noun_phrase(edited).concept) if spared else None


def of_whole_picture(action: Action, value: str, clause: Clause) -> EditTuple:
    """Style, tone, restoration or background of the whole picture."""
    if action is Action.BACKGROUND:
        _, edited = sides(value)
        return EditTuple("background", _with_its_time(noun_phrase(edited or value)), action)
    if action is Action.RESTORATION:
        return EditTuple(None, None, action)
    value = _A_BIT.sub("", value)
    value = _without_details(value, action)
    if action is Action.STYLE:
        value = _STILL_OF.sub("", _STYLE_OF.sub("", value))
    return EditTuple(None, noun_phrase(value).concept or noun_phrase(clause.rest).concept, action)


def written(clause: Clause, location: str | None) -> EditTuple:
    """A text edit; what it writes is the last quotation of the clause that is not what it takes the place of."""
    mentioned = _QUOTATION.findall(clause.text)
    new = _QUOTATION.findall(_BESIDE_WORDING.sub("", _OLD_WORDING.sub("", clause.text))) or mentioned
    original = None if clause.frame == "add" and not _OLD_WORDING.search(clause.text) else "text"
    bearer = _BEARER.match(_OLD_WORDING.sub("", clause.rest).strip())
    named = noun_phrase(without_quotations(bearer.group(1))) if bearer else None
    named = named and _bearing_text(named)
    location = None if location and location.startswith("over") and names_text(after_relation(location)) else location
    if location is None and named and named.concept and not names_text(named.concept):  # "make the sign say §0"
        location = named.as_place("on")
    lettering = _LETTERING.search(location or "")
    attributes: tuple[str, ...] = ()
    if location and lettering:  # "at the top in gold letters"
        how = (lettering["how"] or lettering["colour"] or "").replace(",", "")
        attributes = tuple(word for word in how.split() if word not in _FILLER)
        location = " ".join(_LETTERING.sub("", location).split()) or None
    return EditTuple(
        original, "text", Action.TEXT, attributes, location, clause.quotations[int(new[-1])] if new else None
    )


def _bearing_text(named: NounPhrase) -> NounPhrase:
    """ "License plate" of "license plate number"; of other text nothing is known to bear it."""
    *bearer, last = (named.concept or "").split() or [""]
    bears = bearer and names_text(last) and singular(bearer[-1]) in _LEX.written_on | _LEX.garments
    return replace(named, concept=" ".join(bearer)) if bears else named


def without_signs(edit: EditTuple, clause: Clause) -> EditTuple:
    """The edit without the §-signs that stand for quotations; "the cake so that it says §0" is an edit of text."""
    original, edited, location = map(_without_sign, (edit.original_concept, edit.edited_concept, edit.location))
    says_so = edit.action in _MAY_WRITE and edit.edited_concept is None and _SAYS_SO.search(clause.text)
    if says_so and original and "§" in f"{edit.original_concept} {edit.location}":
        return written(clause, f"on {original}")
    location = None if location is None or _NO_PLACE.match(location) else location
    return replace(edit, original_concept=original, edited_concept=edited, location=location)


def _without_sign(phrase: str | None) -> str | None:
    return " ".join(_SIGN_AND_VERB.sub("", phrase).split()).strip(" ,") or None if phrase else None


def one_by_one(edit: EditTuple) -> list[EditTuple]:
    """The edit, or one for each thing that it adds, removes or describes: "the cup and the plate".

    "Salt and pepper" is one, and so is "black and white cat".
    """
    listed = edit.edited_concept if edit.action is Action.ADD else edit.original_concept
    extracted = edit.action is Action.OTHER and edit.edited_concept is None
    one_of_each = extracted or edit.action in (Action.ADD, Action.REMOVE, Action.ATTRIBUTE)
    if not one_of_each or listed is None or not is_list(listed):
        return [edit]
    parts = _LISTED.split(_JOINED.sub(lambda found: found[0].replace(" ", "_"), listed))
    names = [noun_phrase(part.replace("_", " ")).concept for part in parts]
    if len(parts) < 2 or not all(name and not is_description(name) and not _QUOTATION.search(name) for name in names):
        return [edit]
    if edit.action is Action.ADD:
        return [replace(edit, edited_concept=name, attributes=attributes_of(name)) for name in names]
    if edit.action is Action.REMOVE or extracted:
        return [replace(edit, original_concept=name) for name in names]
    described = [" ".join([*edit.attributes, *(name or "").split()][:MAXIMUM_WORDS]) for name in names]
    return [
        replace(edit, original_concept=name, edited_concept=after) for name, after in zip(names, described, strict=True)
    ]


def attributes_of(concept: str | None) -> tuple[str, ...]:
    """The describing words before a concept's last: "red wooden chair" → red, wooden."""
    return tuple(word for word in (concept or "").split()[:-1] if word in _DESCRIBING)


def is_description(value: str) -> bool:
    """Whether a phrase describes and names nothing: "bright red"."""
    return _LEX.describes(value.split())


def without_quotations(text: str) -> str:
    """Without the §-signs that stand for quotations."""
    return _QUOTATION.sub("", text)
