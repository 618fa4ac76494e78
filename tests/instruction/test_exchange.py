"""Exchanges and means: "instead of", what is written in another's place, "by adding a lamp"."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple

REPLACE, UNICORN = Action.REPLACE, EditTuple("bicycle", "unicorn", Action.REPLACE, location="on girl")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Instead of a bicycle, have the girl ride a unicorn", UNICORN),
        ("have the girl ride a unicorn instead of a bicycle", UNICORN),
        ("The girl rides a unicorn rather than a bicycle", UNICORN),
        ("instead of a dress she should wear a suit", EditTuple("dress", "suit", REPLACE, location="on woman")),
        ("instead of a hat, give him a scarf", EditTuple("hat", "scarf", REPLACE, location="on man")),
        ("Instead of the cat there should be a dog", EditTuple("cat", "dog", REPLACE)),
        ("instead of sheep, make them penguins", EditTuple("sheep", "penguins", REPLACE)),
        ("instead of being an artist, make him a politician", EditTuple("man", "politician", REPLACE)),
        ("instead of Paris, make it New York City", EditTuple("background", "new york city", Action.BACKGROUND)),
        ("have it be night instead of day", EditTuple(None, "night", Action.TONE)),
        ("make the car red instead of blue", EditTuple("car", "red car", Action.ATTRIBUTE, ("red",))),
        ("Where the vase is, I want a stack of books", EditTuple("vase", "stack of books", REPLACE)),
        ("Where the vase stands, put a stack of books", EditTuple("vase", "stack of books", REPLACE)),
        ("put a stack of books where the vase is", EditTuple("vase", "stack of books", REPLACE)),
    ],
)
def test_one_thing_comes_in_the_place_of_another(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ('"STOP" instead of "GO"', None),
        ('replace "GO" with "STOP"', None),
        ('change the sign to say "STOP" instead of "GO"', "on sign"),
        ('instead of "GO" the sign should say "STOP"', "on sign"),
        ('instead of "GO", write "STOP"', None),
        ('write "STOP" instead of "GO" on the sign', "on the sign"),
        ('change "GO" to "STOP" on the sign', "on the sign"),
        ('the text should read "STOP", not "GO"', None),
        ('put "STOP" over the word "GO"', None),
    ],
)
def test_of_two_wordings_the_new_one_is_written(text: str, location: str | None) -> None:
    assert parse(text) == (EditTuple("text", "text", Action.TEXT, location=location, quoted_text="STOP"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make the room brighter by adding a lamp", [("add", None, "lamp")]),
        ("Clear the table by removing the flower pot", [("remove", "flower pot", None)]),
        ("make the man look older by giving him a beard", [("add", None, "beard")]),
        ("improve the image by removing noise", [("restoration", "noise", None)]),
        ("make it a cartoon by adding outlines", [("style", None, "cartoon"), ("add", None, "outlines")]),
    ],
)
def test_the_means_say_what_is_done(text: str, expected: list[tuple[str, str | None, str | None]]) -> None:
    assert [(edit.action.value, edit.original_concept, edit.edited_concept) for edit in parse(text)] == expected


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("get the bird out of the cage", "from the cage"),
        ("let the bird out of the cage", "from the cage"),
        ("get the bird off the roof", "from the roof"),
    ],
)
def test_what_is_got_out_of_somewhere_goes(text: str, location: str) -> None:
    assert parse(text) == (EditTuple("bird", None, Action.REMOVE, location=location),)


def test_what_a_thing_is_made_out_of_is_its_material() -> None:
    assert parse("let the table be made out of glass")[0].edited_concept == "glass table"


@pytest.mark.parametrize("place", ["below the text", "next to the word"])
def test_wording_beside_which_something_is_written_is_not_written(place: str) -> None:
    assert parse(f'add "NEW" {place} "OLD"') == (EditTuple(None, "text", Action.TEXT, (), place, "NEW"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("substitute a candle for the lamp", EditTuple("lamp", "candle", Action.REPLACE)),
        ("substitute the lamp for a candle", EditTuple("lamp", "candle", Action.REPLACE)),
        ("trade the lamp for a candle with a saucer", EditTuple("lamp", "candle with a saucer", Action.REPLACE)),
        ("replace the dog for a cat with a bell", EditTuple("dog", "cat with a bell", Action.REPLACE)),
        ("swap the lamp by the door for a plant", EditTuple("lamp", "plant", Action.REPLACE, (), "by the door")),
        ("replace the sign for drivers with a tree", EditTuple("sign for drivers", "tree", Action.REPLACE)),
    ],
)
def test_which_word_parts_what_is_exchanged(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The man holding a guitar -> the man holding a violin",
            EditTuple("guitar", "violin", Action.REPLACE, (), "on man"),
        ),
        (
            "replace the woman in a red dress with the woman in a green dress",
            EditTuple("red dress", "green dress", Action.ATTRIBUTE, ("green",), "on woman"),
        ),
        ("the dog -> the dog with a hat", EditTuple(None, "hat", Action.ADD, (), "on dog")),
        (
            "a man standing in a field -> a man sitting in a field",
            EditTuple("man", "man sitting in a field", Action.ACTION_CHANGE, ("sitting",)),
        ),
        (
            "change the cup on the table to a cup on the floor",
            EditTuple("cup", "cup", Action.MOVE, (), "on the floor"),
        ),
        ("a cat on a red sofa -> a dog on a red sofa", EditTuple("cat", "dog", Action.REPLACE, (), "on a red sofa")),
        ("change the car to a car toy", EditTuple("car", "car toy", Action.REPLACE)),
        ("Replace his hat with a cowboy hat", EditTuple("hat", "cowboy hat", Action.REPLACE)),
        ("change the car to a big sports car", EditTuple("car", "big sports car", Action.REPLACE, ("big",))),
        ("change the hat to a red hat", EditTuple("hat", "red hat", Action.ATTRIBUTE, ("red",))),
        ("change the man to an elderly man", EditTuple("man", "elderly man", Action.ATTRIBUTE, ("elderly",))),
        (
            "replace the dress with a polka dot dress",
            EditTuple("dress", "polka dot dress", Action.ATTRIBUTE, ("polka", "dot")),
        ),
    ],
)
def test_of_two_descriptions_of_one_thing_what_differs_changes(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)
