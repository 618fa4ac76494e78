"""Topics: what a phrase is about when that alone tells the action (style, tone, restoration, background, text)."""

from __future__ import annotations

import re

from sigmask.instruction.concept import head, names_scene, noun_phrase, whole_words
from sigmask.instruction.lexicon import lexicon
from sigmask.types import Action

_LEX = lexicon()
_STYLE = whole_words(_LEX.style)
_TONE = whole_words(_LEX.tone)
_RESTORATION = whole_words(_LEX.restoration)
_BACKGROUND = whole_words(_LEX.background)
_TEXT = re.compile(rf"§\d|{whole_words(_LEX.text_nouns).pattern}")
_ATTRIBUTE = whole_words(_LEX.attribute_nouns)
_POSE = whole_words(_LEX.pose_nouns)
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


def mentions_text(text: str) -> bool:
    """Whether a quotation or a noun such as "caption" stands in the text."""
    return _TEXT.search(text) is not None


def whole_picture_topic(text: str) -> Action | None:
    """The first of style, background, tone and restoration that the text is about; None if it is about none."""
    for action in (Action.STYLE, Action.BACKGROUND, Action.RESTORATION, Action.TONE):
        if about(text, action):
            return action
    return None


def is_scenery(phrase: str) -> bool:
    """Whether a phrase names a place: "a snowy forest", "sunflower field"."""
    concept = noun_phrase(phrase).concept or ""
    return bool(concept) and (head(concept) in _LEX.scenery or concept.split()[-1] in _LEX.scenery)


def change_action(original: str, edited: str) -> Action:
    """The action of "change `original` to `edited`", by what the two sides name."""
    style = about(edited, Action.STYLE) and not about(original, Action.ATTRIBUTE)
    if "§" in original or "§" in edited or (mentions_text(original) and not about(original, Action.ATTRIBUTE)):
        return Action.TEXT
    if names_scene(original):
        return whole_picture_topic(edited) or (Action.BACKGROUND if is_scenery(edited) else Action.REPLACE)
    if about(original, Action.BACKGROUND):
        return Action.BACKGROUND
    if about(original, Action.STYLE) and (style or "style" in original):
        return Action.STYLE
    if about(original, Action.ACTION_CHANGE):
        return Action.ACTION_CHANGE
    return _object_change(original, edited)


def _object_change(original: str, edited: str) -> Action:
    if about(original, Action.ATTRIBUTE) or _LEX.describes(edited.split()):
        return Action.ATTRIBUTE
    before, after = noun_phrase(original).concept or "", noun_phrase(edited).concept or ""
    if head(before) in _LEX.tone and not is_scenery(original):
        return Action.TONE
    if after and _LEX.does(after.split()[0]):
        return Action.ACTION_CHANGE
    if before and head(before) == head(after) and len(after.split()) > 1:
        return Action.ATTRIBUTE
    if is_scenery(original) and is_scenery(edited):
        return Action.BACKGROUND
    if about(edited, Action.STYLE) and "style" in edited:
        return Action.STYLE
    return Action.REPLACE
