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
        ("remove the picture from the wall", [("remove", "framed picture", None, "from the wall")]),
        ("Place the book on the left instead of the right", [("add", None, "book", "on the left")]),
        ("put a top hat on the snowman", [("add", None, "top hat", "on the snowman")]),
        ("What will the ice cream look like after an hour?", [("other", "ice cream", "ice cream", None)]),
        ("show the plant one month later", [("other", "plant", "plant", None)]),
        ("What would happen if the glass fell?", [("action-change", "glass", "glass fall", None)]),
        ("what if the ice melted?", [("attribute", "ice", "melted ice", None)]),
        (
            "The man is wearing glasses and holding a phone",
            [("add", None, "glasses", "on man"), ("add", None, "phone", "on man")],
        ),
        (
            "the boy is eating an apple and wearing a cap",
            [("action-change", "boy", "boy eating an apple", None), ("add", None, "cap", "on boy")],
        ),
        ("She wears a hat and carries a bag", [("add", None, "hat", "on woman"), ("add", None, "bag", "on woman")]),
        ("cut the cake", [("attribute", "cake", "cut cake", None)]),
        ("cut the statue", [("remove", "statue", None, None)]),
        ("light the candles", [("attribute", "candles", "lit candles", None)]),
        ("turn off the TV and add a cat", [("attribute", "tv", "unlit tv", None), ("add", None, "cat", None)]),
        ("remove snow from the car", [("remove", "snow", None, "from the car")]),
        ("remove the haze from the sky", [("restoration", "haze", None, "from the sky")]),
        ("put out the fire", [("remove", "fire", None, None)]),
        ("set the lamp to blue", [("attribute", "lamp", "blue lamp", None)]),
        ("could u remove the bg", [("background", "background", None, None)]),
        ("Nothing should be changed.", []),
        ("Show me the same room with no furniture", [("remove", "furniture", None, "on room")]),
        ("break the vase", [("attribute", "vase", "broken vase", None)]),
        ("The apple has been eaten", [("remove", "apple", None, None)]),
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
        ("the sign should read STOP", "STOP", "on sign"),
        ("make the shirt say Hello World", "Hello World", "on shirt"),
        ("make the number on the door 42", "42", None),
        ("change 2020 to 2024", "2024", None),
        ("change the price from $5 to $10", "$10", None),
    ],
)
def test_what_is_to_be_written_needs_no_quotation_marks(text: str, written: str | None, location: str) -> None:
    (edit,) = parse(text)
    assert isinstance(edit, EditTuple)
    assert (edit.quoted_text, edit.location) == (written, location)
