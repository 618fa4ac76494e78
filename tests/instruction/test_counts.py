"""Counts: more of a thing is added, fewer of it are removed, whatever the verb."""

from __future__ import annotations

import pytest

from sigmask.instruction.parser import parse
from sigmask.types import Action, EditTuple

MORE_DOGS, FEWER_DOGS = EditTuple(None, "dogs", Action.ADD), EditTuple("dogs", None, Action.REMOVE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("change the number of dogs from three to five", MORE_DOGS),
        ("reduce the number of dogs from three to five", MORE_DOGS),
        ("reduce the number of dogs from five to 3", FEWER_DOGS),
        ("increase the number of dogs by half", MORE_DOGS),
        ("the number of dogs should be doubled", MORE_DOGS),
        ("what if the number of dogs fell from 12 to 2?", FEWER_DOGS),
        ("make it two dogs instead of one", MORE_DOGS),
        ("two dogs, not four", FEWER_DOGS),
        ("there should be four dogs rather than two dogs", MORE_DOGS),
        ("change one dog to three dogs", MORE_DOGS),
        ("turn the three dogs into two", FEWER_DOGS),
        ("only two dogs should remain", FEWER_DOGS),
        ("the number of dogs goes from two to five", MORE_DOGS),
        ("change the number of dogs to five", EditTuple("dogs", "dogs", Action.REPLACE)),
        (
            "change the number of dogs from five to three in the garden",
            EditTuple("dogs", None, Action.REMOVE, location="in the garden"),
        ),
    ],
)
def test_how_many_there_shall_be(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("replace a dog with a big dog", EditTuple("dog", "big dog", Action.ATTRIBUTE, ("big",))),
        ("turn the two cats into a dog", EditTuple("cats", "dog", Action.REPLACE)),
        ("increase the amount of light", EditTuple(None, "light", Action.TONE)),
        ("what if it was snowing", EditTuple(None, "snowing", Action.TONE)),
        ("Remove the middle one of the three bottles", EditTuple("bottle", None, Action.REMOVE, location="middle")),
        ("remove two of the five birds", EditTuple("birds", None, Action.REMOVE, location="two of five")),
        ("remove all of the birds", EditTuple("birds", None, Action.REMOVE)),
    ],
)
def test_what_only_looks_like_a_count(text: str, expected: EditTuple) -> None:
    assert parse(text) == (expected,)
