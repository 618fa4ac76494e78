"""Topics: what a phrase is about when that alone tells the action (style, tone, restoration, background, text)."""

from __future__ import annotations

import re

from sigmask.instruction.concept import head, names_scene, noun_phrase, whole_words
from sigmask.instruction.lexicon import lexicon
from sigmask.types import Action

_LEX = lexicon()
_STYLE = whole_words(_LEX.style)
_MEDIUM = re.compile(
    rf"{whole_words(_LEX.media).pattern}(?=$| (?:of|on|in|with|by|from|about|for|that|where|like|"
    r"art|artwork|cover|effect|frame|look|page|pattern|poster|scene|still|version)\b)"
)
_DECADE = re.compile(r"\b(?:1[89]\d|[2-9])0'?s\b")
_TONE = whole_words(_LEX.tone)
_RESTORATION = whole_words(_LEX.restoration)
_BACKGROUND = whole_words(_LEX.background)
_WEATHER = re.compile(rf"^(?!.*\b(?:less|not|no|without|free|clear\w*)\b).*{whole_words(_LEX.weather).pattern}")
_ATTRIBUTE = whole_words(_LEX.attribute_nouns)
_POSE = whole_words(_LEX.pose_nouns)
_SURFACES = ("wall", "ground")
_SIGN = re.compile(r"^(?:the )?(?:number|digit|letter|word) (?:\d+|\w)(?: (?:on|in|at|of) .*)?$")  # "the number 7"
_HOW = (
    *("more ", "less ", "the same ", "half ", "fully ", "completely ", "partly ", "partially "),
    *("slightly ", "very ", "heavily ", "extremely "),
)
_DONE = re.compile(
    r"\w{4,}ed|\w+[ -]colou?red|\w{3,}(?:ed|en|wn|rn|nt) (?:over|up|down|out|off|open|apart|shut|away|in half)"
)
_PATTERNS = {
    Action.TEXT: re.compile(r"§\d"),
    Action.RESTORATION: _RESTORATION,
    Action.STYLE: _STYLE,
    Action.BACKGROUND: _BACKGROUND,
    Action.TONE: _TONE,
    Action.ACTION_CHANGE: _POSE,
    Action.ATTRIBUTE: _ATTRIBUTE,
}


def about(text: str, action: Action) -> bool:
    """Whether a word of the action's list stands in the text."""
    return _PATTERNS[action].search(text) is not None


def names_text(phrase: str) -> bool:
    """Whether a phrase names writing: a quotation or a noun such as "caption" is its head."""
    concept = noun_phrase(phrase).concept or ""
    words = concept.split()
    quoted = words[:1] in (["word"], ["words"]) and len(words) > 1  # "the word sale"
    return "§" in concept or words[-1:] == ["text"] or quoted or head(concept) in _LEX.text_nouns


def whole_picture_topic(text: str) -> Action | None:
    """The first of style, background, tone and restoration that the text is about; None if it is about none."""
    for action in (Action.STYLE, Action.BACKGROUND, Action.RESTORATION, Action.TONE):
        if about(text, action):
            return action
    return None


def shows_weather(text: str) -> bool:
    """Whether a picture that is to be so has a weather: "foggy", "on a rainy day", but not "less foggy"."""
    return _WEATHER.match(text) is not None


def own_topic(text: str) -> Action | None:
    """As `whole_picture_topic`, but of "people in the background" it is none: the background is where they are."""
    topic, concept = whole_picture_topic(text), noun_phrase(text).concept
    is_there = topic is Action.BACKGROUND and concept is not None and whole_picture_topic(concept) is None
    return None if is_there else topic


def is_scenery(phrase: str) -> bool:
    """Whether a phrase names a place: "a snowy forest", "sunflower field"."""
    concept = noun_phrase(phrase).concept or ""
    return bool(concept) and (head(concept) in _LEX.scenery or concept.split()[-1] in _LEX.scenery)


def is_open_scenery(phrase: str) -> bool:
    """As `is_scenery`, but for walls and ground, which nearly every picture shows."""
    return is_scenery(phrase) and head(noun_phrase(phrase).concept or "") not in _SURFACES


def is_backdrop(phrase: str) -> bool:
    """Whether a phrase names what is behind things by its name: "a white background"."""
    return head(noun_phrase(phrase).concept or "") in _LEX.background


def change_action(original: str, edited: str) -> Action:
    """The action of "change `original` to `edited`", by what the two sides name."""
    if "§" in edited or names_text(original) or _SIGN.match(original):
        return Action.TEXT
    if names_scene(original):
        return whole_picture_topic(edited) or _of_the_whole(edited)
    if about(original, Action.BACKGROUND):
        return Action.BACKGROUND
    if (noun_phrase(original).concept or "").split()[-1:] in (["style"], ["theme"], ["aesthetic"]):
        return Action.STYLE
    if about(original, Action.ACTION_CHANGE):
        return Action.ACTION_CHANGE
    return _object_change(original, edited)


def _of_the_whole(edited: str) -> Action:
    """What becomes of the picture itself that is turned into something of no topic: "a cross-stitch", "a valley"."""
    if _DECADE.search(edited):
        return Action.STYLE
    if is_scenery(edited):
        return Action.BACKGROUND
    return Action.STYLE if _MEDIUM.search(edited) else Action.REPLACE


def _is_aspect(concept: str) -> bool:
    """Of "plaid pattern", "floral print"; a "woodblock print" is a thing."""
    how = concept.split()[:-1]
    if not how or head(concept) not in _LEX.attribute_nouns:
        return False
    return head(concept) not in _LEX.media or _LEX.describes(how)


def _object_change(original: str, edited: str) -> Action:
    before, after = noun_phrase(original).concept or "", noun_phrase(edited).concept or ""
    on_a_thing = (noun_phrase(original).location or "").startswith("on ")  # "the time on the clock"
    if (before.split()[-1:] and before.split()[-1] in _LEX.conditions and not on_a_thing) or before in (
        "colors",
        "colours",
        "color",
        "colour",
    ):
        return Action.TONE
    described = _LEX.describes(edited.split()) or _LEX.compares(edited) or edited.startswith(_HOW)
    described = described or _DONE.fullmatch(edited) is not None
    if described or _is_aspect(after) or about(original, Action.ATTRIBUTE):
        return Action.ATTRIBUTE
    if head(after) in _LEX.background or (
        is_scenery(original) and (is_scenery(edited) or head(after) in _LEX.conditions)
    ):
        return Action.BACKGROUND
    if edited and edited.split()[0].endswith("ing") and _LEX.does(edited.split()[0]) and " " not in after.strip():
        return Action.ACTION_CHANGE
    if before and head(before) == head(after) and len(after.split()) > 1:
        return Action.ATTRIBUTE
    if about(edited, Action.STYLE) and "style" in edited:
        return Action.STYLE
    return Action.REPLACE
