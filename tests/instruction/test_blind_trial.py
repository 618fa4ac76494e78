"""Sentences of a third blind trial (27 November), and their like."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple

_ON_MAN, _ON_WOMAN = "on man", "on woman"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Replace the word SALE with SOLD on the board",
            [EditTuple("text", "text", Action.TEXT, (), "on the board", "SOLD")],
        ),
        ("Clear the table of dishes", [EditTuple("dishes", None, Action.REMOVE, (), "from the table")]),
        ("Clear the leaves from the lawn", [EditTuple("leaves", None, Action.REMOVE, (), "from the lawn")]),
        ("The lighthouse should be on fire", [EditTuple("lighthouse", "lighthouse", Action.ATTRIBUTE, ("on fire",))]),
        ("Have ivy cover the wall", [EditTuple(None, "ivy", Action.ADD, (), "over the wall")]),
        ("Let a butterfly rest on the flower", [EditTuple(None, "butterfly", Action.ADD, (), "on the flower")]),
        ("I'd prefer the couch in green", [EditTuple("couch", "green couch", Action.ATTRIBUTE, ("green",))]),
        ("I would like the man to smile", [EditTuple("man", "man smile", Action.ACTION_CHANGE, ("smile",))]),
        (
            "Make her hair curly and shoulder-length",
            [EditTuple("hair", "curly shoulder-length hair", Action.ATTRIBUTE, ("curly", "shoulder-length"))],
        ),
        (
            "Add a hat to the dog and put a ball in its mouth",
            [
                EditTuple(None, "hat", Action.ADD, (), "to the dog"),
                EditTuple(None, "ball", Action.ADD, (), "in dog's mouth"),
            ],
        ),
        (
            "Add a dog to the sofa and put a ball in its mouth",
            [
                EditTuple(None, "dog", Action.ADD, (), "to the sofa"),
                EditTuple(None, "ball", Action.ADD, (), "in dog's mouth"),
            ],
        ),
        ("Change the word sale to sold", [EditTuple("text", "text", Action.TEXT, quoted_text="sold")]),
        ("replace the TV with a painting", [EditTuple("tv", "painting", Action.REPLACE)]),
        (
            "Swap the positions of the dog and the cat",
            [EditTuple("dog", "cat", Action.REPLACE), EditTuple("cat", "dog", Action.REPLACE)],
        ),
        (
            "swap the man on the left and the woman on the right",
            [
                EditTuple("man", "woman", Action.REPLACE, (), "on the left"),
                EditTuple("woman", "man", Action.REPLACE, (), "on the right"),
            ],
        ),
        ("swap the dog with a cat", [EditTuple("dog", "cat", Action.REPLACE)]),
        (
            "Make the horse gallop instead of standing still",
            [EditTuple("horse", "horse gallop", Action.ACTION_CHANGE, ("gallop",))],
        ),
        (
            "Turn the lights on in the windows",
            [EditTuple("lights", "lit lights", Action.ATTRIBUTE, ("lit",), "in the windows")],
        ),
        ("turn the lamp off", [EditTuple("lamp", "unlit lamp", Action.ATTRIBUTE, ("unlit",))]),
        (
            "Transform the scene from summer to winter with snow covering the trees",
            [EditTuple(None, "winter with snow", Action.TONE)],
        ),
        (
            "make the mountain bigger and more rugged",
            [EditTuple("mountain", "bigger rugged mountain", Action.ATTRIBUTE, ("bigger", "rugged"))],
        ),
        (
            "Give her long red hair and a pair of glasses",
            [
                EditTuple("hair", "long red hair", Action.REPLACE, ("long", "red"), _ON_WOMAN),
                EditTuple(None, "pair of glasses", Action.ADD, (), _ON_WOMAN),
            ],
        ),
        (
            "Give the man a hat and a cane",
            [EditTuple(None, "hat", Action.ADD, (), _ON_MAN), EditTuple(None, "cane", Action.ADD, (), _ON_MAN)],
        ),
        ("have a child peek out of it", [EditTuple(None, "child", Action.ADD)]),
        (
            "i dont like the lamp in the corner can u delete it",
            [EditTuple("lamp", None, Action.REMOVE, location="in the corner")],
        ),
        ("colorize this old black and white photo", [EditTuple(None, None, Action.TONE)]),
    ],
)
def test_sentences_of_a_blind_trial(text: str, expected: list[EditTuple]) -> None:
    assert list(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The image shows a street with parked cars. Please erase all the parked cars.",
            [EditTuple("parked cars", None, Action.REMOVE)],
        ),
        (
            "I would very much appreciate it if you could be so kind as to remove the dog",
            [EditTuple("dog", None, Action.REMOVE)],
        ),
        (
            "it would be great if you could make the sky blue",
            [EditTuple("sky", "blue sky", Action.ATTRIBUTE, ("blue",))],
        ),
        ("make the sky clear", [EditTuple("sky", "clear sky", Action.ATTRIBUTE, ("clear",))]),
        ("make the picture clear", [EditTuple(None, None, Action.RESTORATION)]),
        (
            "I don't like the red clouds, can you make the sky blue?",
            [
                EditTuple("red clouds", None, Action.OTHER),
                EditTuple("sky", "blue sky", Action.ATTRIBUTE, ("blue",)),
            ],
        ),
        (
            "Change only the roof, not the walls: it should be red.",
            [EditTuple("roof", None, Action.REPLACE), EditTuple("roof", "red roof", Action.ATTRIBUTE, ("red",))],
        ),
        (
            "Remove everyone except the bride and groom",
            [EditTuple("people", None, Action.REMOVE, location="except the bride and groom")],
        ),
        (
            "Have the kitten sitting in the basket instead of on the floor",
            [EditTuple("kitten", "kitten", Action.MOVE, location="in the basket")],
        ),
        ("set the scene in a snowy forest", [EditTuple("background", "snowy forest", Action.BACKGROUND)]),
        ("set a few cups on the table", [EditTuple(None, "cups", Action.ADD, (), "on the table")]),
        (
            "take the balloon and make it green",
            [EditTuple("balloon", "green balloon", Action.ATTRIBUTE, ("green",))],
        ),
        (
            "the walls should be painted light green",
            [EditTuple("walls", "light green walls", Action.ATTRIBUTE, ("light", "green"))],
        ),
    ],
)
def test_sentences_of_another(text: str, expected: list[EditTuple]) -> None:
    assert list(parse(text)) == expected
