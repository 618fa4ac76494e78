"""Exchanges: one thing instead of another ("have the girl ride a unicorn instead of a bicycle")."""

from __future__ import annotations

import re
from dataclasses import replace

from sigmask.instruction.clause import SHALL, Clause
from sigmask.instruction.concept import noun_phrase
from sigmask.instruction.edits import changed, of_whole_picture, subject_and_verb
from sigmask.instruction.lemma import singular
from sigmask.instruction.lexicon import any_of, lexicon
from sigmask.instruction.topic import is_scenery, whole_picture_topic
from sigmask.types import Action, EditTuple

_LEX = lexicon()
_SOME = frozenset("a an the some his her its their another two three".split())  # noqa: SIM905
_MODAL = re.compile(rf"\b(?:{SHALL}|ought to)\b")
_ORDER = re.compile(
    r"^(?:(?:have|let|make|get|use|draw|put|add|place|show|write|paint|insert|try) )?"
    r"(?:there (?:\w+ )??(?:be|is|are) |(?:it|them|this)(?: (?:\w+ )?be)? )?"
)
_ONE = re.compile(r"(?<=\w )ones?$")
_BEING = re.compile(r" (?:should )?(?:is|are|be)(?= \w+ing\b)")
_OF_PICTURE = re.compile(r"^(?:(?:have|let|make|turn) )?(?:it|this)\b")
_GIVEN = re.compile(rf"^give ({any_of(_LEX.pronouns)}|the \S+) (.+)$")
_BEARING = (_LEX.bearing - {"with", "grow", "contain"}) | {"use", "using"}


def exchanged(original: str, said: str, clause: Clause) -> EditTuple | None:
    """What is said ("the girl ride a unicorn", "use a cup") comes in the place of `original`.

    None where it says of a thing how it shall be ("the car should be red").
    """
    doing = original.split()[0]
    if _LEX.does(doing):  # "instead of sitting, the man is standing"; "drink" may be a thing
        acts = subject_and_verb(_BEING.sub("", _ORDER.sub("", said)))
        if acts or doing.endswith("ing"):
            return acts
    held = _held(said)
    if held is None and _MODAL.search(said) and not said.startswith(("there ", "it ")):
        return None
    who, what = held or ("", _ORDER.sub("", said))
    if _OF_PICTURE.match(said) and held is None:  # "instead of a Turner, make it a Van Gogh"
        topic = whole_picture_topic(what) or (Action.BACKGROUND if is_scenery(what) else None)
        if topic:
            return of_whole_picture(topic, what, clause)
    original = _ONE.sub(lambda _: (noun_phrase(what).concept or "one").split()[-1], original)  # "of a blue one"
    edit = changed(original, what, clause, described=False)
    bearer = noun_phrase(who).concept if who else None
    return replace(edit, location=edit.location or (f"on {bearer}" if bearer else None))


def _held(said: str) -> tuple[str, str] | None:
    """ "have the girl ride a unicorn", "give him a scarf" → who, and what they hold, wear, ride."""
    given = _GIVEN.match(said)
    if given:
        return given.group(1), given.group(2)
    words = _MODAL.sub("", _ORDER.sub("", said)).split()
    for index in range(1, len(words) - 1):
        word = singular(words[index])
        acts = word in _BEARING or words[index] in _BEARING or _LEX.does(words[index]) or _LEX.does(word)
        of_her = index == 1 and words[0] == "her" and word in _BEARING
        if acts and (words[index - 1] not in _SOME or of_her) and (words[index + 1] in _SOME or word in _BEARING):
            who = [each for each in words[:index] if each not in ("is", "are", "be", "to", "was")]
            return " ".join(who), " ".join(words[index + 1 :])
    return None
