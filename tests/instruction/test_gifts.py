"""Gifts: who gets what, wherever they are."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple


@pytest.mark.parametrize(
    ("text", "given", "who"),
    [
        ("give the man on the left a hat", "hat", "on man on the left"),
        ("Give the woman on the left side of the road a crown", "crown", "on woman on the left side of the road"),
        ("give the elephant on the left wings", "wings", "on elephant on the left"),
        ("give the man with the hat a beard", "beard", "on man with the hat"),
        ("give the dog in the basket a scarf", "scarf", "on dog in the basket"),
        ("give the tall woman a hat", "hat", "on tall woman"),
        ("give the little girl glasses", "glasses", "on little girl"),
        ("give one of the men a hat", "hat", "on man"),
        ("give the house windows", "windows", "on house"),
    ],
)
def test_who_is_given_something_may_be_somewhere(text: str, given: str, who: str) -> None:
    assert parse(text) == (EditTuple(None, given, Action.ADD, (), who),)


@pytest.mark.parametrize(
    ("text", "edited"),
    [("give the wall a rough texture", "rough texture wall"), ("give the car a navy finish", "navy finish car")],
)
def test_a_look_is_no_thing(text: str, edited: str) -> None:
    (edit,) = parse(text)
    assert (edit.action, edit.edited_concept, edit.location) == (Action.ATTRIBUTE, edited, None)
