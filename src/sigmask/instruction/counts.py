"""Counts: how many of a thing there shall be ("change the number of dogs from three to five", "two cats, not one").

More of a thing is added, fewer of it are removed; where neither is said, the thing is replaced by itself.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sigmask.instruction import frames
from sigmask.instruction.clause import Clause
from sigmask.instruction.concept import head, noun_phrase
from sigmask.instruction.lexicon import any_of
from sigmask.types import Action, EditTuple

_WORDS = ("zero", "one a an", "two", *"three four five six seven eight nine ten eleven twelve".split())  # noqa: SIM905
_VALUE = {word: value for value, words in enumerate(_WORDS) for word in words.split()}
_NUMBER = rf"(?:\d{{1,4}}|{any_of(_VALUE)})"
_MORE = r"(?:increas|ris|rose|rais|gr[oe]w|doubl|tripl|multipl|go(?:es)? up|turn up)"
_FEWER = r"(?:decreas|reduc|lower|drop|fall|fell|shrink|halv|go(?:es)? down|turn down|step down)"
_NUMBER_OF = r"(?:the )?(?:number|count|amount|quantity) of"
_FIGURES = re.compile(
    rf"(?: from (?P<before>{_NUMBER}))? (?:to|by|until|into) (?:(?P<after>{_NUMBER})\b|(?!the )\w+(?: \w+)?$)"
)
_ORDERED = re.compile(
    rf"^(?:(?P<more>{_MORE})|(?P<fewer>{_FEWER})|chang|alter|modif|adjust|set|bring|vary)\w* {_NUMBER_OF} "
    r"(?P<what>.+)(?P<figures>)$"
)
_STATED = re.compile(
    rf"^{_NUMBER_OF} (?P<what>.+?) (?:(?:is|are|was|were|has|have|should|shall|must|been|be|to) )*"
    rf"(?:(?P<more>{_MORE})|(?P<fewer>{_FEWER})|chang|goe|go|becom|turn)\w*(?P<figures>.*)$"
)
_RATHER = re.compile(
    rf"^(?:(?:make|let|have|get) )?(?:(?:it|there(?: are| is| be| should be| must be)?) )?"
    rf"(?P<after>{_NUMBER}) (?P<what>.+?),? (?:instead of|rather than|in place of|and not|not) "
    rf"(?:only |just )?(?P<before>{_NUMBER})(?: (?P<same>.+))?$"
)
_INTO = re.compile(
    rf"^(?:\w+ )?(?:the )?(?P<before>{_NUMBER}) (?P<same>.+?) (?:to|into|with|by) "
    rf"(?P<after>{_NUMBER})(?: (?P<what>.+))?$"
)
_ONLY_SO_MANY = re.compile(
    rf"^there (?:(?:is|are|should|shall|must|can) )?(?:(?:only|just) be|be (?:only|just)|only|just) "
    rf"{_NUMBER} (?P<what>.+)$"
)
_REMAIN = re.compile(
    rf"^(?:(?:only|just) )?{_NUMBER} (?P<what>.+?) (?:(?:should|shall|must|can|may|will) )?(?:remains?|be left)$"
)
_COUNTS = re.compile(
    rf" (?:of|than|not|only|just|be|to|into|with|by) {_NUMBER}\b|"
    r"\b(?:number|count|amount|quantity) of | (?:remains?|be left)$"
)


def recount(clause: Clause) -> EditTuple | None:
    """What becomes of a thing whose number changes; None where the clause is about no number.

    Figures say more than the verb: to "reduce the number of apples from three to five" some are added.
    """
    if not _COUNTS.search(clause.text):
        return None
    numbered = _ORDERED.match(clause.text) or _STATED.match(clause.text)
    if numbered:
        said = numbered["what"] + numbered["figures"]
        figures = _FIGURES.search(said)
        difference = _difference(figures) if figures else 0
        verb = (numbered["more"] is not None) - (numbered["fewer"] is not None)
        return _of_number(_FIGURES.sub("", said), difference or verb, clause)
    fewer = _ONLY_SO_MANY.match(clause.text) or _REMAIN.match(clause.text)
    if fewer:
        return _of_number(fewer["what"], -1, clause)
    compared = _RATHER.match(clause.text) or _INTO.match(clause.text)
    if compared and _difference(compared) and _is_same(compared["same"], compared["what"]):
        return _of_number(compared["what"] or compared["same"], _difference(compared), clause)
    return None


def _difference(match: re.Match[str]) -> int:
    """How many more there shall be; 0 where one of the two numbers is not said."""
    if match["before"] is None or match["after"] is None:
        return 0
    return _value(match["after"]) - _value(match["before"])


def _value(number: str) -> int:
    return int(number) if number.isdigit() else _VALUE[number]


def _is_same(before: str | None, after: str | None) -> bool:
    """Whether "one dog" and "three dogs" are of one kind; of "two instead of one" they are."""
    heads = {head(noun_phrase(phrase).concept or "") for phrase in (before, after) if phrase}
    return len(heads - {""}) == 1


def _of_number(what: str, difference: int, clause: Clause) -> EditTuple:
    if difference > 0:
        return frames.add(replace(clause, frame="add", rest=what))
    if difference < 0:
        return frames.remove(replace(clause, frame="remove", rest=what))
    phrase = noun_phrase(what)
    return EditTuple(phrase.concept, phrase.concept, Action.REPLACE, location=phrase.location)
