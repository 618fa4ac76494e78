from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

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


def shipped(**changed: object) -> str:
    """The YAML of the lexicon that ships, with lists replaced."""
    data = yaml.safe_load(files("sigmask.instruction").joinpath("lexicon.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump({**data, **changed})


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "a lexicon is YAML of word lists"),
        ("verbs: cut; erase", "which are listed by frame"),
        ("verbs:\n  remove: cut", "the lexicon lacks accessories, "),
        ("verbs:\n  remove: cut it out of there", "'cut it out of there' has more than 4 words"),
        (shipped(man="dad"), "unknown word list 'man'. Did you mean 'men'"),
        (shipped(men=True), "men: expected words in lower case parted by ';', got True"),
        (shipped(men=["dad", "boy"]), r"men: expected words .* got \['dad', 'boy'\]"),
        (shipped(men="dad, boy"), "men: expected words .* got 'dad, boy'"),
        (shipped(men="Dad"), "men: expected words .* got 'Dad'"),
        (shipped(pronouns="him"), "pronouns: expected a line 'word: word' for each entry, got 'him'"),
        (shipped(pronouns={"him": False}), r"pronouns: expected text in lower case.* got \('him', False\)"),
    ],
)
def test_a_list_that_is_not_as_it_should_be_is_refused(document: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_lexicon(document)


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
