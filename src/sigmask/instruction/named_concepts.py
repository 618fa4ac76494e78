"""Which concepts an instruction names, and on which of the two images each is to be sought."""

from __future__ import annotations

from collections.abc import Sequence

from sigmask.instruction.picture_side import Side, picture_side
from sigmask.types import Action, EditTuple

MAX_CONCEPTS = 4
AS_NOTHING_SAID = frozenset((Action.UNKNOWN, Action.TONE, Action.RESTORATION))
"""Actions that say nothing of where: another language, and what may touch every pixel or hardly any."""


def named_concepts(tuples: Sequence[EditTuple]) -> list[tuple[str, bool]]:
    """The concepts that an instruction names, at most `MAX_CONCEPTS`, each with True if sought on the original.

    Edits that are `AS_NOTHING_SAID` name none.
    """
    return [(concept, on_original) for concept, on_original, _ in _all_concepts(tuples)[:MAX_CONCEPTS]]


def concept_sides(tuples: Sequence[EditTuple]) -> list[Side]:
    """The side of the picture on which each of the `named_concepts` lies."""
    return [picture_side(edit) for _, _, edit in _all_concepts(tuples)[:MAX_CONCEPTS]]


def concepts_left_out(tuples: Sequence[EditTuple]) -> list[str]:
    """The concepts past `MAX_CONCEPTS`, which are not sought."""
    return [concept for concept, _, _ in _all_concepts(tuples)[MAX_CONCEPTS:]]


def _all_concepts(tuples: Sequence[EditTuple]) -> list[tuple[str, bool, EditTuple]]:
    found: list[tuple[str, bool, EditTuple]] = []
    for edit in tuples:
        if edit.action in AS_NOTHING_SAID:
            continue
        if edit.original_concept:
            found.append((edit.original_concept, True, edit))
        if edit.edited_concept:
            found.append((edit.edited_concept, False, edit))
    return found
