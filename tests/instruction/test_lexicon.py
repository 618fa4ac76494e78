from __future__ import annotations

import pytest

from sigmask.instruction.lexicon import FRAME_NAMES, any_of, lexicon, parse_lexicon
from sigmask.instruction.statements import FRAMES


def test_every_frame_of_the_lexicon_is_known_and_used() -> None:
    assert set(lexicon().verbs.values()) == set(FRAMES) == set(FRAME_NAMES)


def test_a_frame_that_there_is_not_is_refused() -> None:
    with pytest.raises(
        ValueError, match="listed under 'haunt', which is no frame: list them under one of remove, add, "
    ):
        parse_lexicon("verbs:\n  remove: cut\n  haunt: spook\n")


def test_a_verb_under_two_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="'cut' is listed under 'remove' and 'add'"):
        parse_lexicon("verbs:\n  remove: cut; erase\n  add: put; cut\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [("get rid of the cat", ("remove", 3)), ("removing a cat", ("remove", 1)), ("cat", None), ("", None)],
)
def test_the_opening_verb_is_the_longest_and_may_be_inflected(words: str, expected: tuple[str, int] | None) -> None:
    assert lexicon().verb(words.split()) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("red", True),
        ("a darker shade of brown", True),
        ("dark-blue", True),
        ("red car", False),
        ("the", False),
        ("", False),
    ],
)
def test_a_description_names_no_thing(words: str, expected: bool) -> None:
    assert lexicon().describes(words.split()) is expected


def test_alternation_prefers_the_longest() -> None:
    assert any_of(["on", "on top of"]) == r"(?:on\ top\ of|on)"
