"""Sides of the picture: every phrase and its numbers, and what is no side of the picture."""

from __future__ import annotations

import pytest

from sigmask.instruction.named_concepts import named_concepts, sought_concepts
from sigmask.instruction.parser import parse
from sigmask.instruction.picture_side import NOWHERE, Side, picture_side, side_of
from sigmask.types import Action, EditTuple

LEFT: Side = (-1, 0, 0, 0)
RIGHT: Side = (1, 0, 0, 0)
TOP: Side = (0, -1, 0, 0)
BOTTOM: Side = (0, 1, 0, 0)
MIDDLE: Side = (0, 0, 0.5, 0.5)


@pytest.mark.parametrize(
    ("phrase", "side"),
    [
        ("left", LEFT),
        ("on the left", LEFT),
        ("leftmost", LEFT),
        ("far left", LEFT),
        ("left-hand", LEFT),
        ("left most", LEFT),
        ("on left", LEFT),
        ("to the left", LEFT),
        ("on the left side", LEFT),
        ("on the far left side", LEFT),
        ("on man on the left", LEFT),
        ("in the sky on the left", LEFT),
        ("on the left in the background", LEFT),
        ("left on the table", LEFT),
        ("who is on the left", LEFT),
        ("last on the right", RIGHT),
        ("in the right corner", RIGHT),
        ("at the very right edge", RIGHT),
        ("top", TOP),
        ("upper", TOP),
        ("at the top", TOP),
        ("on the top", TOP),
        ("in the upper half", TOP),
        ("lower", BOTTOM),
        ("at the bottom", BOTTOM),
        ("in the bottom part", BOTTOM),
        ("top left", (-1, -1, 0, 0)),
        ("in the top left corner", (-1, -1, 0, 0)),
        ("in the upper right-hand corner", (1, -1, 0, 0)),
        ("at the bottom left", (-1, 1, 0, 0)),
        ("left at the top", (-1, -1, 0, 0)),
        ("middle", MIDDLE),
        ("in the middle", MIDDLE),
        ("in the centre", MIDDLE),
        ("on person in the middle", MIDDLE),
        ("top middle", (0, -1, 1, 0)),
        ("middle left", (-1, 0, 0, 1)),
        ("in the top left middle", (-1, -1, 0, 0)),
        ("on the table", NOWHERE),
        ("behind the car", NOWHERE),
        ("in the corner", NOWHERE),
        ("in the background", NOWHERE),
        ("front left", NOWHERE),
        ("on top", NOWHERE),
        ("on top in the bowl", NOWHERE),
        ("to the left of the tree", NOWHERE),
        ("right to the tree", NOWHERE),
        ("on the left side of the sofa", NOWHERE),
        ("in the middle of the road", NOWHERE),
        ("to the right of the man on the left", NOWHERE),
        ("to his left", NOWHERE),
        ("on the right wall", NOWHERE),
        ("second from the left", NOWHERE),
        ("second on the left", NOWHERE),
        ("on the left and right", NOWHERE),
        ("on the left and the man on the right", NOWHERE),
        ("on the left hand side", LEFT),
        ("in the left hand", NOWHERE),
        ("to the left hand", NOWHERE),
        ("except the man on the left", NOWHERE),
        ("on the right except the cup at the top", (1.0, 0.0, 0.0, 0.0)),
        ("looking to the left", NOWHERE),
        ("who is looking to the left", NOWHERE),
        ("on the right side of the image", RIGHT),
        ("at the bottom of the frame", BOTTOM),
        ("in the top left corner of this photo", (-1, -1, 0, 0)),
        ("bottom-right", (1, 1, 0, 0)),
        ("to the left man", LEFT),
        ("on man left", LEFT),
        ("on hand left", NOWHERE),
        ("in the lower left region", (-1, 1, 0, 0)),
        ("in the lower center region of the image", (0, 1, 1, 0)),
        ("in the left zone", LEFT),
        ("in the upper right quadrant", (1, -1, 0, 0)),
        ("in the left region of the sofa", NOWHERE),
    ],
)
def test_each_phrase_has_its_side(phrase: str, side: Side) -> None:
    assert side_of(phrase) == side


@pytest.mark.parametrize(
    ("instruction", "sides"),
    [
        ("remove the left dog", [LEFT]),
        ("remove the dog on the right", [RIGHT]),
        ("replace the right cat with a dog", [RIGHT, RIGHT]),  # the dog comes where the cat was
        ("make the left wall blue", [LEFT, LEFT]),
        ("add a dog on the left", [LEFT]),
        ("remove the hand on the left", [LEFT]),
        ("remove the top bowl of soup", [TOP]),
        ("remove the dog", [NOWHERE]),
        ("remove his left hand", [NOWHERE]),
        ("remove the left shoe", [NOWHERE]),
        ("remove the left eye of the dog", [NOWHERE]),
        ("change the left side of the shirt to red", [NOWHERE, NOWHERE]),
        ("change the hat to a top hat", [NOWHERE, NOWHERE]),
        ("move the dog to the left", [NOWHERE, NOWHERE]),
        ("remove the left dog and add a cat", [LEFT, NOWHERE]),
        ("remove all people except the man on the left", [NOWHERE]),
        ("make all the windows blue except the one on the left", [NOWHERE, NOWHERE]),
        ("add a ring to the left hand", [NOWHERE]),
        ("add a woman holding a cup in the right hand", [NOWHERE]),
        ("remove the man looking to the left", [NOWHERE]),
        ("remove the car driving to the right", [NOWHERE]),
        ("add a boat heading to the left", [NOWHERE]),
        ("remove the dog sitting to the left", [LEFT]),
        ("On the right side of the image, place a lamp", [RIGHT]),
        ("add a moon top right", [(1, -1, 0, 0)]),
        ("remove the dog in the lower left region", [(-1, 1, 0, 0)]),
        ("add a cat in the lower center region of the image", [(0, 1, 1, 0)]),
        ("add a hat, top left", [(-1, -1, 0, 0)]),
        ("remove the bottom-right watermark", [(1, 1, 0, 0)]),
        ("add a hat to the left man", [LEFT]),
        ("give the man on the left a hat", [LEFT]),
        ("swap the dog on the left with the cat on the right", [NOWHERE, NOWHERE]),
        ("swap the man on the left and the woman on the right", [LEFT, LEFT, RIGHT, RIGHT]),
    ],
)
def test_each_concept_of_an_instruction_has_its_side(instruction: str, sides: list[Side]) -> None:
    edits = parse(instruction)
    assert [picture_side(concept.edit) for concept in sought_concepts(edits)] == sides
    assert len(named_concepts(edits)) == len(sides)


@pytest.mark.parametrize("action", [Action.BACKGROUND, Action.STYLE, Action.TONE, Action.RESTORATION, Action.UNKNOWN])
def test_the_whole_picture_has_no_side(action: Action) -> None:
    assert picture_side(EditTuple("background", "beach", action, location="on the left")) == NOWHERE
