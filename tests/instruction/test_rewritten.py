"""Roundabout ways of speaking: a thing named before its order, what is not borne, what was lost."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.instruction.rewritten import rewritten
from sigmask.types import EditTuple
from tests.instruction.read import Read, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the red car, make it yellow", "make the red car yellow"),
        ("that lamp on the left, get rid of it", "get rid of that lamp on the left"),
        ("the lamp, put it on the table", "the lamp, put it on the table"),
        ("the dog is big, make it small", "the dog is big, make it small"),
        ("make sure the man isn't wearing a hat, and add a dog", "remove a hat from the man, and add a dog"),
        ("make the man not wear a hat", "remove a hat from the man"),
        ("the tree has lost all of its leaves", "remove all of its leaves from the tree"),
        ("he has lost his way", "he has lost his way"),
        ("remove the lost dog", "remove the lost dog"),
        ("what if the bridge had collapsed", "the bridge is collapsed"),
        ("the man has grown a beard", "the man has a beard"),
        ("the leaves have turned brown", "the leaves is brown"),
        ("the leaves have fallen from the tree", "make the leaves fall from the tree"),
        ("the woman has dyed her hair blue", "make her hair blue"),
        ("the man has become a robot", "the man becomes a robot"),
        ("the man has tattooed arms", "the man has tattooed arms"),
        ("the woman has red hair", "the woman has red hair"),
        ("the same photo but with no clouds", "with no clouds"),
        ("same dog, but red", "same dog, but red"),
        ("her dress, but velvet", "make her dress velvet"),
        ("change nothing except the hat, which should be green", "change the hat to green"),
    ],
)
def test_a_roundabout_order_becomes_a_plain_one(text: str, expected: str) -> None:
    assert rewritten(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The red car, make it yellow", [("attribute", "red car", "yellow car", None)]),
        ("That lamp on the left, remove it", [("remove", "lamp", None, "on the left")]),
        ("Make sure the person isn't wearing glasses", [("remove", "glasses", None, "from the person")]),
        ("The boy lost his hat", [("remove", "hat", None, "from the boy")]),
        ("I don't like the tattoo on her arm", [("other", "tattoo", None, "on her arm")]),
        ("Paint a mural of whales across the blank wall", [("add", None, "mural of whales", "across the blank wall")]),
        ("What if the flowers had wilted?", [("attribute", "flowers", "wilted flowers", None)]),
        ("The car has crashed into a tree", [("replace", "car", "tree", None)]),
        ("I'd rather the house were brick", [("attribute", "house", "brick house", None)]),
        ("clean the mud off the boots", [("remove", "mud", None, "off the boots")]),
        ("make it pop", [("tone", None, "pop", None)]),
        (
            "add a bird in the corner, a fox on the rock, and a sun between them",
            [
                ("add", None, "bird", "in the corner"),
                ("add", None, "fox", "on the rock"),
                ("add", None, "sun", "between fox"),
            ],
        ),
        ("paint a fence white", [("attribute", "fence", "white fence", None)]),
        ("write her name on the mug", [("add", None, "name", "on the mug")]),
        ("put her on the beach", [("background", "background", "beach", "behind woman")]),
    ],
)
def test_what_is_meant_is_read(text: str, expected: list[Read]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "written", "location"),
    [
        ("Write Happy Birthday on the banner in cursive", "Happy Birthday", "on the banner"),
        ("write hello on the wall", "hello", "on the wall"),
        ("write happy birthday in icing on the cake", "happy birthday", "on the cake"),
        ("write a poem on the wall", None, "on the wall"),
    ],
)
def test_what_is_to_be_written_needs_no_quotation_marks(text: str, written: str | None, location: str) -> None:
    (edit,) = parse(text)
    assert isinstance(edit, EditTuple)
    assert (edit.quoted_text, edit.location) == (written, location)
