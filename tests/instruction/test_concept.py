from __future__ import annotations

import pytest

from sigmask.instruction.concept import NounPhrase, head, names_scene, noun_phrase
from sigmask.instruction.parser import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the two small dogs", NounPhrase("small dogs")),
        ("the cat on the red sofa", NounPhrase("cat", "on the red sofa")),
        ("the upper left window", NounPhrase("window", "upper left")),
        ("a bottle of beer", NounPhrase("bottle of beer")),
        ("the person that he is blocking", NounPhrase("person", "that he is blocking")),
        ("all lanterns hanging in the tree", NounPhrase("lanterns", "in the tree")),
        ("the building in the image", NounPhrase("building")),
        ("him", NounPhrase("man")),
        ("it", NounPhrase(None)),
        ("this photo", NounPhrase(None)),
        ("one two three big old dark heavy wet red cars", NounPhrase("big old dark heavy wet red cars"[4:])),
        ("the middle one of the three bottles", NounPhrase("bottle", "middle")),
        ("one of the three bottles of beer", NounPhrase("bottle of beer", "one of three")),
        ("two of the five birds on the wire", NounPhrase("birds", "two of five on the wire")),
        ("the biggest one of these dogs", NounPhrase("biggest dog")),
        ("the smaller of the two boats on the lake", NounPhrase("boat", "smaller on the lake")),
        ("the oldest of the men", NounPhrase("man", "oldest")),
        ("the corner of the two walls", NounPhrase("corner of the two walls")),
        ("two pieces of the cake", NounPhrase("pieces of the cake")),
        ("the ball the dog on the left is holding", NounPhrase("ball", "on dog on the left")),
    ],
)
def test_noun_phrase(text: str, expected: NounPhrase) -> None:
    assert noun_phrase(text) == expected


@pytest.mark.parametrize(
    ("concept", "expected"),
    [("red cars", "car"), ("bottles of beer", "bottle"), ("woman with a hat", "woman"), ("man's hat", "hat"), ("", "")],
)
def test_head(concept: str, expected: str) -> None:
    assert head(concept) == expected


@pytest.mark.parametrize(("text", "expected"), [("the image", True), ("it", True), ("them", False), ("the cat", False)])
def test_names_scene(text: str, expected: bool) -> None:
    assert names_scene(text) is expected


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
