from __future__ import annotations

import pytest

from sigmask.instruction.lemma import lemmas, singular


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("cats", "cat"),
        ("women", "woman"),
        ("firemen", "fireman"),
        ("benches", "bench"),
        ("boxes", "box"),
        ("berries", "berry"),
        ("tomatoes", "tomato"),
        ("leaves", "leaf"),
        ("horses", "horse"),
        ("houses", "house"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("cactus", "cactus"),
        ("sheep", "sheep"),
    ],
)
def test_singular(plural: str, expected: str) -> None:
    assert singular(plural) == expected


@pytest.mark.parametrize(
    ("word", "lemma"),
    [
        ("running", "run"),
        ("smiling", "smile"),
        ("stopped", "stop"),
        ("painted", "paint"),
        ("reddish", "red"),
        ("buses", "bus"),
    ],
)
def test_lemmas_propose_the_base_form(word: str, lemma: str) -> None:
    assert lemma in lemmas(word)


def test_a_word_is_not_its_own_lemma() -> None:
    assert "cat" not in lemmas("cat")
