"""Anaphora: what "it", "them", "its" and "one" mean, and where what is said of a place before the order."""

from __future__ import annotations

import pytest

from tests.instruction.read import Read, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "take off the man's hat and place it on the table",
            [("remove", "man's hat", None, None), ("add", None, "hat", "on the table")],
        ),
        (
            "remove the cup and the plate and put them on the floor",
            [
                ("remove", "cup", None, None),
                ("remove", "plate", None, None),
                ("add", None, "cup", "on the floor"),
                ("add", None, "plate", "on the floor"),
            ],
        ),
        ("Pick up the cup and put it on the sofa", [("move", "cup", "cup", "on the sofa")]),
        ("draw a kite and put it in the sky", [("add", None, "kite", "in the sky")]),
        ("I don't like the lamp, put it on the floor", [("move", "lamp", "lamp", "on the floor")]),
        (
            "take the book off the shelf and give it to the girl",
            [("remove", "book", None, "from the shelf"), ("add", None, "book", "on girl")],
        ),
        (
            "replace the cat with a dog and put it on the sofa",
            [("replace", "cat", "dog", None), ("add", None, "dog", "on the sofa")],
        ),
        (
            "make the cup red and put it on the table",
            [("attribute", "cup", "red cup", None), ("move", "cup", "cup", "on the table")],
        ),
    ],
)
def test_what_was_named_is_put_somewhere(text: str, expected: list[Read]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Remove the dog's leash and give it a ball to chew on", ("add", None, "ball", "on dog")),
        ("Remove the cat's collar and put a hat on it", ("add", None, "hat", "on cat")),
        ("add a boy's bike and hang a bell on it", ("add", None, "bell", "on boy's bike")),
        ("remove the dog, then paint the wall red and hang a clock on it", ("add", None, "clock", "on wall")),
        ("add a cat, make it black and put a hat on it", ("add", None, "hat", "on cat")),
        ("add a dog and put a hat on its head", ("add", None, "hat", "on dog's head")),
        ("add two dogs, make them brown and give them hats", ("add", None, "hats", "on dogs")),
        ("add a ball and move it to the left", ("move", "ball", "ball", "to the left")),
        (
            "add a bench, put it under the tree and paint it white",
            ("attribute", "bench", "white bench", "under the tree"),
        ),
        ("remove the red car and add a blue one", ("add", None, "blue car", None)),
        ("add a table on the left and put a clock there", ("add", None, "clock", "on the left")),
        (
            "There's a trash can on the left, please get rid of it and put a clock there",
            ("replace", "trash can", "clock", "on the left"),
        ),
        ("The vase is ugly, please get rid of it", ("remove", "vase", None, None)),
        ("there's a dog on the sofa, make it a cat", ("replace", "dog", "cat", "on the sofa")),
        ("add a car and give it a vintage look", ("attribute", "car", "vintage look car", None)),
        ("remove the man and give it a vintage look", ("style", None, "vintage look", None)),
    ],
)
def test_a_later_clause_refers_to_the_one_before(text: str, expected: Read) -> None:
    assert read(text)[-1] == expected


def test_them_are_all_that_were_named() -> None:
    assert [each[2] for each in read("add a dog and a cat and make them brown")][2:] == ["brown dog", "brown cat"]


@pytest.mark.parametrize("tail", ["in its place", "instead"])
def test_what_comes_in_its_place_replaces_it(tail: str) -> None:
    assert read(f"remove the old sofa and put a bench {tail}") == [("replace", "old sofa", "bench", None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("replace the red apple with a green one", ("attribute", "red apple", "green apple", None)),
        ("change the boy's shirt to a red one", ("attribute", "boy's shirt", "red shirt", None)),
        ("change my face shape to a round one", ("attribute", "face", "round face", None)),
    ],
)
def test_one_is_of_the_kind_that_was_named(text: str, expected: Read) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make the left cup red and the right one blue", ("attribute", "cup", "blue cup", "right")),
        ("Change the left dog to a cat and the right one to a rabbit", ("replace", "dog", "rabbit", "right")),
        ("Remove the white car and make the black one red", ("attribute", "black car", "red car", None)),
        (
            "Remove the boy on the left. Make the one on the right taller",
            ("attribute", "boy", "taller boy", "on the right"),
        ),
        ("change the dog to a cat and the man to one with a hat", ("attribute", "man", "man with a hat", None)),
        (
            "Change the first row of flowers to purple and the second row to white",
            ("attribute", "row of flowers", "white row of flowers", "second"),
        ),
        ("Remove the cup of tea on the left. Remove the cup", ("remove", "cup", None, None)),
    ],
)
def test_the_one_is_of_the_kind_of_the_clause_before(text: str, expected: Read) -> None:
    assert read(text)[-1] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("To the left of the man,place a girl", ("add", None, "girl", "to the left of the man")),
        ("next to the tree, add a bench", ("add", None, "bench", "next to the tree")),
        ("On the table, replace the cup with a vase", ("replace", "cup", "vase", "on the table")),
    ],
)
def test_a_place_before_the_order_is_where_it_happens(text: str, expected: Read) -> None:
    assert read(text) == [expected]


def test_what_is_taken_from_somewhere_goes() -> None:
    assert read("Take the hat from his head") == [("remove", "hat", None, "from his head")]
    assert read("take the flower pot off the table") == [("remove", "flower pot", None, "from the table")]


def test_what_is_handed_over_is_added() -> None:
    assert read("give a hat to the man") == [("add", None, "hat", "on man")]


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("Take the hat off the snowman and give it a carrot", "on snowman"),
        ("remove the plate from the table and put a candle on it", "on table"),
    ],
)
def test_what_a_thing_was_taken_off_is_still_there(text: str, location: str) -> None:
    assert read(text)[1][3] == location


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Remove the hat from the man on the left and give him curly hair.",
            ("replace", "hair", "curly hair", "on man on the left"),
        ),
        (
            "Make the man on the left taller and change his shirt to green",
            ("attribute", "shirt", "green shirt", "on man on the left"),
        ),
        ("make the girl at the top smile and add a dog next to her", ("add", None, "dog", "next to girl at the top")),
        ("Give the boy a hat and make him smile", ("action-change", "boy", "boy smile", None)),
        ("The man on the left should smile. Give him a hat.", ("add", None, "hat", "on man on the left")),
        ("Swap the man on the left with the woman on the right and give her a hat", ("add", None, "hat", "on woman")),
        ("Remove the man on the left and give him a hat", ("add", None, "hat", "on man")),
        ("Make the man on the left smile and give her a hat", ("add", None, "hat", "on woman")),
        ("Remove the hat on the table and give him a beard", ("add", None, "beard", "on man")),
        (
            "make the woman on the left smile and make the girl raise her hand",
            ("action-change", "girl", "girl raise her hand", None),
        ),
        (
            "Make the car on the left bigger and change its color to blue",
            ("attribute", "car", "blue car", "on the left"),
        ),
        ("Straighten her teeth and whiten them a bit", ("attribute", "teeth", "whitened teeth", None)),
    ],
)
def test_someone_is_where_the_clause_before_says(text: str, expected: Read) -> None:
    assert read(text)[-1] == expected
