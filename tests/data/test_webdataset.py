"""Samples whose text is broken or not UTF-8 cost what they hold, and not the corpus."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from sigmask.data.corpus import load_corpus
from sigmask.types import UNREADABLE_INSTRUCTION, BadSample, EditPair
from tests.drawn_corpora import encode_image


@pytest.mark.parametrize(
    ("suffix", "content", "instruction"),
    [
        ("instruction.txt", b"add a caf\xc3\xa9", "add a café"),
        ("instruction.txt", b"add a caf\xe9", None),
        ("json", b'{"instruction": "add a caf\xe9"}', None),
        ("json", b'{"instruction": 7}', None),
    ],
)
def test_an_instruction_that_is_not_utf8_or_no_text_is_flagged(
    suffix: str, content: bytes, instruction: str | None, tmp_path: Path, drawn_pairs: list[EditPair]
) -> None:
    (pair,) = load_corpus(_written(tmp_path, drawn_pairs[:1], suffix, content))

    assert isinstance(pair, EditPair)
    assert pair.instruction == instruction
    assert pair.flags == ((UNREADABLE_INSTRUCTION,) if instruction is None else ())


def test_broken_json_in_the_first_sample_does_not_cost_the_corpus(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    first, second = load_corpus(_written(tmp_path, drawn_pairs[:2], "json", b"{broken"))

    assert isinstance(first, BadSample) and "is not JSON" in first.message
    assert isinstance(second, EditPair) and second.instruction == "go"


def _written(folder: Path, pairs: list[EditPair], suffix: str, content: bytes) -> Path:
    """A tar of the pairs, the first with the file `suffix`, the others with an instruction as JSON."""
    path = folder / "samples.tar"
    with tarfile.open(path, "w") as archive:
        for place, pair in enumerate(pairs):
            said = ("json", b'{"instruction": "go"}') if place else (suffix, content)
            images = (("original.png", encode_image(pair.original)), ("edited.png", encode_image(pair.edited)))
            for name, data in (*images, said):
                member = tarfile.TarInfo(f"{place}.{name}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return path
