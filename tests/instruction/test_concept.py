from __future__ import annotations

import pytest

from sigmask.instruction.concept import NounPhrase, head, names_scene, noun_phrase


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
