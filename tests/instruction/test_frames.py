"""Frames: where a clause parts into who and what, and what a long noun phrase keeps."""

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
    ],
)
def test_who_is_given_something_may_be_somewhere(text: str, given: str, who: str) -> None:
    assert parse(text) == (EditTuple(None, given, Action.ADD, (), who),)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        (
            "add a vintage Vespa scooter with a mint-green finish and a brown leather seat",
            ["vintage vespa scooter"],
        ),
        ("add a very old red wooden table with a white cloth", ["very old red wooden table"]),
        ("add a dog and a cat with a long red collar and a ball", ["dog", "cat with a long red collar", "ball"]),
        ("decorate the picture with a gathering of two bears", ["bears"]),
    ],
)
def test_what_a_long_phrase_is_about_is_kept(text: str, concepts: list[str]) -> None:
    assert [edit.edited_concept for edit in parse(text)] == concepts


@pytest.mark.parametrize(
    "text",
    [
        "Please carefully look at the picture and remove the dog",
        "This is my holiday photo. Remove the dog",
        "Here is a picture — please remove the dog",
    ],
)
def test_what_is_said_before_an_order_asks_for_nothing(text: str) -> None:
    assert parse(text) == (EditTuple("dog", None, Action.REMOVE),)
