"""Complaints: the order behind one says what to do; without it they point at what is wrong."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple

REMOVE, REPLACE, ATTRIBUTE = Action.REMOVE, Action.REPLACE, Action.ATTRIBUTE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Identify the people in the background and blur them",
            EditTuple("people", "blurred people", ATTRIBUTE, ("blurred",), "in the background"),
        ),
        ("the man looks so sad, make him smile", EditTuple("man", "man smile", Action.ACTION_CHANGE, ("smile",))),
        ("I don't like the lamp, take it away", EditTuple("lamp", None, REMOVE)),
        ("I hate these flowers, replace them with a cactus", EditTuple("flowers", "cactus", REPLACE)),
        ("the banana looks too fresh, make it rotten", EditTuple("banana", "rotten banana", ATTRIBUTE, ("rotten",))),
        (
            "The background is too busy, so blur it",
            EditTuple("background", "blurred background", Action.BACKGROUND, ("blurred",)),
        ),
        (
            "the cup on the left is too dark, brighten it",
            EditTuple("cup", "cup", ATTRIBUTE, ("brighten",), "on the left"),
        ),
        ("I don't want the red car in the picture", EditTuple("red car", None, REMOVE)),
        ("The birds on the right side are too big", EditTuple("birds", None, ATTRIBUTE, (), "on the right side")),
        ("I don't like the lamp", EditTuple("lamp", None, Action.OTHER)),
        ("I don't want the cat to be black", EditTuple("cat", None, Action.OTHER)),
        ("I don't like it", EditTuple(None, None, Action.OTHER)),
        (
            "I hate the big old rusty broken wooden garden table, take it away",
            EditTuple("old rusty broken wooden garden table", None, REMOVE),
        ),
    ],
)
def test_of_a_complaint_the_order_is_kept_or_what_is_wrong(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The living room looks plain, so I'd love it if you could hang a painting above the couch "
            "and swap the grey cushions for patterned ones.",
            [
                EditTuple(None, "painting", Action.ADD, (), "above the couch"),
                EditTuple("grey cushions", "patterned cushions", ATTRIBUTE, ("patterned",)),
            ],
        ),
        ("The wall is boring, so hang a painting on it", [EditTuple(None, "painting", Action.ADD, (), "on wall")]),
        ("The car looks dirty. Clean it.", [EditTuple("car", "cleaned car", ATTRIBUTE, ("cleaned",))]),
        ("The cup looks empty, fill it with coffee", [EditTuple(None, "coffee", Action.ADD, (), "on cup")]),
        ("The room feels dull, please add a plant", [EditTuple(None, "plant", Action.ADD)]),
        ("The man is holding a cup, so change it to a phone", [EditTuple("cup", "phone", REPLACE)]),
        ("the kitchen has no table so add a table", [EditTuple(None, "table", Action.ADD)]),
        ("Because there is no light, add a lamp", [EditTuple(None, "lamp", Action.ADD)]),
        (
            "The sky should be blue so remove the clouds",
            [EditTuple("sky", "blue sky", ATTRIBUTE, ("blue",)), EditTuple("clouds", None, REMOVE)],
        ),
    ],
)
def test_the_reason_of_an_order_is_no_edit(text: str, expected: list[EditTuple]) -> None:
    assert list(parse(text)) == expected


def test_a_complaint_of_two_things_is_taken_up_whole() -> None:
    assert parse("I don't want the cup and the plate. Remove the cup and the plate.") == (
        EditTuple("cup", None, REMOVE),
        EditTuple("plate", None, REMOVE),
    )


def test_a_complaint_of_something_else_is_not_lost() -> None:
    assert parse("I don't like the lamp. Remove the chair.") == (
        EditTuple("lamp", None, Action.OTHER),
        EditTuple("chair", None, REMOVE),
    )
