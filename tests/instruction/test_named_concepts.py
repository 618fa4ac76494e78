"""What is sought of an instruction as people write it: above all, who stays before a new background."""

from __future__ import annotations

import pytest

from sigmask.instruction import parse
from sigmask.instruction.named_concepts import concepts_left_out, sought_concepts


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("change the bunny's background to a beach", "bunny"),
        ("change the background of the dog to a beach", "dog"),
        ("change the background behind the dog to a forest", "dog"),
        ("put the dog on a beach", "dog"),
        ("change everything but the dog", "dog"),
    ],
)
def test_the_subject_before_a_new_background_stays(text: str, sought: str) -> None:
    first = sought_concepts(parse(text))[0]
    assert (first.phrase, first.on_original, first.stays) == (sought, True, True)


@pytest.mark.parametrize(
    "text",
    [
        "change the background to a beach",
        "change the sea to a river",
        "change the grass to a river",
        "remove the dog's leash",
        "make the dog's fur blue",
    ],
)
def test_nothing_stays_where_no_subject_is_named_or_scenery_itself_is_replaced(text: str) -> None:
    assert not any(concept.stays for concept in sought_concepts(parse(text)))


def test_of_too_many_concepts_the_first_of_each_edit_is_sought_first() -> None:
    edits = parse("make the shirt red, the pants blue and the shoes white")
    assert [concept.phrase for concept in sought_concepts(edits)] == ["shirt", "red shirt", "pants", "shoes"]
    assert concepts_left_out(edits) == ["blue pants", "white shoes"]
