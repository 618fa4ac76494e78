"""Orders whose verb is in no list, and what is none."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rust the bicycle", EditTuple("bicycle", "rusted bicycle", Action.ATTRIBUTE, ("rusted",))),
        ("Shave his head.", EditTuple("head", "shaved head", Action.ATTRIBUTE, ("shaved",))),
        (
            "blorp the red car on the left",
            EditTuple("red car", "blorped red car", Action.ATTRIBUTE, ("blorped",), "on the left"),
        ),
        ("fashion the jug into a teapot", EditTuple("jug", "teapot", Action.REPLACE)),
        ("grace the grass with three dogs", EditTuple(None, "dogs", Action.ADD, (), "on grass")),
    ],
)
def test_an_unknown_verb_changes_what_it_is_said_of(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inside the house", EditTuple(None, None, Action.OTHER, location="inside the house")),
        ("show the old brown dog with a hat", EditTuple(None, "old brown dog with a hat", Action.OTHER)),
        ("vaporwave the image", EditTuple(None, "vaporwave the image", Action.STYLE)),
        ("dramatize the scene", EditTuple(None, "dramatize the scene", Action.OTHER)),
    ],
)
def test_a_place_a_caption_and_the_whole_picture_are_no_such_thing(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A squirrel should be peeking out of the tree", EditTuple(None, "squirrel", Action.ADD)),
        ("A cat should be on the sofa", EditTuple(None, "cat", Action.ADD, (), "on the sofa")),
        ("A car should be red", EditTuple("car", "red car", Action.ATTRIBUTE, ("red",))),
        (
            "have a flock of gulls fly over the pier",
            EditTuple(None, "flock of gulls", Action.ADD, (), "over the pier"),
        ),
        (
            "have the dog run over the pier",
            EditTuple("dog", "dog run over the pier", Action.ACTION_CHANGE, ("run",)),
        ),
        (
            "Enliven the scene by incorporating seven birds",
            EditTuple(None, "birds", Action.ADD),
        ),
    ],
)
def test_what_is_not_there_yet_is_added(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('remove the "Exit" sign', EditTuple("sign", None, Action.REMOVE)),
        ('add a "Stop" sign on the left', EditTuple(None, "sign", Action.ADD, (), "on the left", "Stop")),
        ('remove the "SALE" text', EditTuple("text", None, Action.TEXT)),
        ('erase "SALE" from the window', EditTuple("text", None, Action.TEXT, (), "from the window")),
    ],
)
def test_what_bears_a_quotation_is_a_thing(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)
