from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.synthesis.instruction_templates import (
    _LIVELY,
    _sentences,
    plural,
    synonym,
    vocabulary,
    write_instruction,
    write_replacement,
)
from sigmask.types import Action

KINDS = [kind for kind in _sentences() if kind != "politeness"]
WORDS = {
    "colour": "red",
    "material": "wood",
    "thing": "cat",
    "things": "cats",
    "number": "two",
    "left": "two cats",
    "all": "three cats",
    "size": "bigger",
    "text": "SALE",
    "old_text": "OPEN",
    "scene": "a beach",
    "style": "a cartoon",
    "doing": "smile",
    "direction": "left",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_25_sentences_that_can_all_be_filled(kind: str) -> None:
    templates = _sentences()[kind]["templates"]
    assert len(set(templates)) >= 25
    for template in templates:
        template.format(object="cat", the_object="the cat", a_new="a dog", place=" on the left", **WORDS)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32 - 1))
def test_an_instruction_has_its_kinds_action_and_no_gap_left(kind: str, seed: int) -> None:
    text, edit = write_instruction(
        kind, np.random.default_rng(seed), original="dog", edited="cake", place="on the left", **WORDS
    )
    assert text.strip() and "{" not in text and "}" not in text
    assert edit.action == Action(_sentences()[kind]["action"])
    assert edit.original_concept is None or edit.original_concept == edit.original_concept.lower()


def test_the_concepts_are_words_of_the_sentence() -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(200):
        text, edit = write_instruction("replace", rng, original="bicycle", edited="boat")
        assert edit.original_concept is not None and edit.edited_concept is not None
        found += edit.original_concept in text.lower() and edit.edited_concept in text.lower()
    assert found >= 180  # a typo may spoil one in sixteen


def test_a_nameless_object_leaves_the_concept_open() -> None:
    text, edit = write_instruction("remove", np.random.default_rng(0))
    assert edit.original_concept is None
    assert text


@pytest.mark.parametrize(("original", "edited"), [("donut", "donut"), ("tv", "television"), ("car", "truck")])
def test_nothing_is_replaced_by_its_own_name(original: str, edited: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        text, edit = write_replacement(rng, original=original, edited=edited, place=None)
        if edit.original_concept == edit.edited_concept:
            assert not re.search(
                rf"\b(with|by|to|into|for|be|become|were) (an? )?{edit.edited_concept}\b", text.lower()
            )


@pytest.mark.parametrize("original", ["bicycle", None])
@pytest.mark.parametrize("kind", ["pose", "wear"])
def test_only_the_living_are_asked_for_what_only_they_do(kind: str, original: str | None) -> None:
    rng = np.random.default_rng(1)
    texts = [write_instruction(kind, rng, original=original, edited="hat", doing="tilt")[0].lower() for _ in range(200)]
    assert not any(_LIVELY.search(text) for text in texts)
    assert len(set(texts)) > 30
    assert any(_LIVELY.search(write_instruction(kind, rng, original="dog", doing="run")[0]) for _ in range(100))


def test_an_attribute_is_in_the_tuple() -> None:
    _, edit = write_instruction("colour", np.random.default_rng(0), original="vase", colour="navy blue")
    assert edit.attributes == ("navy blue",)
    assert edit.edited_concept is not None and edit.edited_concept.startswith("navy blue ")


def test_every_coco_class_has_another_name() -> None:
    assert len(vocabulary()["synonyms"]) == 80
    rng = np.random.default_rng(0)
    assert {synonym("couch", rng) for _ in range(60)} == {"couch", "sofa", "settee"}
    assert synonym("water jug", rng) == "water jug"


def test_plurals() -> None:
    assert [plural(name) for name in ("dog", "wine glass", "person", "bus", "berry", "toy", "potted plant")] == [
        "dogs", "wine glasses", "people", "buses", "berries", "toys", "potted plants"
    ]  # fmt: skip
