"""Which concepts an instruction names, and on which of the two images each is to be sought."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sigmask.instruction.topic import is_scenery
from sigmask.types import Action, EditTuple

MAX_CONCEPTS = 4
AS_NOTHING_SAID = frozenset((Action.UNKNOWN, Action.TONE, Action.RESTORATION))
"""Actions that say nothing of where: another language, and what may touch every pixel or hardly any."""

_AROUND = r"(?:back ?ground|backdrop|surrounding|scene|scenery|setting|location|sky|wall|wall ?paper|environment)s?"
"""A name of the place around a subject."""
_OF_A_SUBJECT = re.compile(
    rf"(?:the )?(?:(?P<owner>.+)(?:'s|s') {_AROUND}"
    rf"|(?:.+ )?{_AROUND} (?:of|behind|around|surrounding) (?:the |an? )?(?P<subject>.+))",
    re.IGNORECASE,
)
_ENDS_AROUND = re.compile(rf"\b{_AROUND}$|^(?:the )?back ?ground ", re.IGNORECASE)  # "wall clock" names a subject
_BEHIND = re.compile(r"(?:behind|around) (?:the |an? )?(?P<subject>.+)", re.IGNORECASE)


class NamedConcept(NamedTuple):
    """A concept as it is sought.

    Attributes:
        phrase: what is looked for.
        on_original: on the original image, else on the edited one.
        stays: it is the subject before a background that is replaced, so that all but it may change.
        edit: the tuple that names it.
    """

    phrase: str
    on_original: bool
    stays: bool
    edit: EditTuple


def named_concepts(tuples: Sequence[EditTuple]) -> list[tuple[str, bool]]:
    """The concepts that an instruction names, at most `MAX_CONCEPTS`, each with True if sought on the original.

    Edits that are `AS_NOTHING_SAID` name none.
    """
    return [(concept.phrase, concept.on_original) for concept in sought_concepts(tuples)]


def sought_concepts(tuples: Sequence[EditTuple]) -> list[NamedConcept]:
    """The `named_concepts` with all that is known of them. Of too many the first of each edit comes first."""
    return _sought_and_left(tuples)[0]


def concepts_left_out(tuples: Sequence[EditTuple]) -> list[str]:
    """The concepts past `MAX_CONCEPTS`, which are not sought."""
    return [concept.phrase for concept in _sought_and_left(tuples)[1]]


def _sought_and_left(tuples: Sequence[EditTuple]) -> tuple[list[NamedConcept], list[NamedConcept]]:
    found = _all_concepts(tuples)
    places = range(len(found))
    is_second = [place > 0 and found[place].edit is found[place - 1].edit for place in places]
    chosen = set(sorted(places, key=lambda place: is_second[place])[:MAX_CONCEPTS])
    left = [found[place] for place in places if place not in chosen]
    return [found[place] for place in sorted(chosen)], left


def _all_concepts(tuples: Sequence[EditTuple]) -> list[NamedConcept]:
    found: list[NamedConcept] = []
    for edit in tuples:
        if edit.action in AS_NOTHING_SAID:
            continue
        if edit.original_concept:
            subject = _subject_that_stays(edit) if edit.action is Action.BACKGROUND else None
            found.append(NamedConcept(subject or edit.original_concept, True, subject is not None, edit))
        if edit.edited_concept:
            found.append(NamedConcept(edit.edited_concept, False, False, edit))
    staying = {concept.phrase for concept in found if concept.stays}
    return [concept._replace(stays=concept.on_original and concept.phrase in staying) for concept in found]


def _subject_that_stays(edit: EditTuple) -> str | None:
    """What the replaced background is that of: "the dog's background", "the background behind the dog", or "dog" alone,
    as the makers of pairs have it; None for "the background" and for scenery, which is itself replaced."""
    concept = (edit.original_concept or "").strip()
    if owned := _OF_A_SUBJECT.fullmatch(concept):
        return owned["owner"] or owned["subject"]
    if _ENDS_AROUND.search(concept):
        behind = _BEHIND.fullmatch(edit.location or "")
        return behind["subject"] if behind else None
    return None if is_scenery(concept) or "background" in (edit.location or "") else concept
