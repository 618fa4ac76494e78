"""Spelling: a slip in a known word is mended, another word is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigmask.errors import WeightsError
from sigmask.instruction.embedding_table import read_vocabulary
from sigmask.instruction.normalise import normalise
from sigmask.instruction.spelling import mended


@pytest.mark.parametrize(
    ("typo", "word"),
    [
        ("umbrela", "umbrella"),  # a letter left out
        ("motorcyccle", "motorcycle"),  # doubled
        ("beatuiful", "beautiful"),  # changed for its neighbour
        ("necklase", "necklace"),  # written for its sound
        ("elephent", "elephant"),
        ("trafic", "traffic"),
        ("chane", "change"),
        ("yello", "yellow"),
        ("behin", "behind"),
        ("wihout", "without"),
    ],
)
def test_a_slip_is_mended(typo: str, word: str) -> None:
    assert mended(typo) == word


_OTHERS = "beaver treehouse quokka pheasant starling widow pointy unlit backyard lamps cloudiness stationery necklaces"


@pytest.mark.parametrize("word", _OTHERS.split())
def test_another_word_stays(word: str) -> None:
    assert mended(word) == word


def test_what_may_be_a_name_stays() -> None:
    assert normalise("add Denise and a trafic light").text == "add denise and a traffic light"


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="expected an embedding table"):
        read_vocabulary(tmp_path / "none.safetensors")
