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
        ("colorize this old black and white photo", [EditTuple(None, "old black and white photo", Action.TONE)]),
    ],
)
def test_sentences_of_a_blind_trial(text: str, expected: list[EditTuple]) -> None:
    assert list(parse(text)) == expected
