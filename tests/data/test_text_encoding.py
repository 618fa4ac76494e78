"""Tables in other encodings than UTF-8: a mark does no harm, UTF-16 is refused with the way out, Latin-1 is told."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from sigmask.data.corpus import load_corpus
from sigmask.data.raw_pair import RawPair
from sigmask.errors import CorpusError, SigmaskWarning

ROW = {"original": "a.png", "edited": "b.png", "instruction": "add a café"}
LINE = json.dumps(ROW, ensure_ascii=False)
TEXTS = {
    "pairs.jsonl": f"{LINE}\n{LINE}\n",
    "pairs.json": f"[{LINE}, {LINE}]",
    "wrapped.json": f'{{"data": [{LINE}, {LINE}]}}',
    "pairs.csv": "original,edited,instruction\n" + 2 * (",".join(ROW.values()) + "\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_byte_order_mark_does_no_harm(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name], encoding="utf-8-sig")

    rows = list(load_corpus(path).rows())

    assert [row.instruction for row in rows if isinstance(row, RawPair)] == ["add a café"] * 2


def test_a_byte_order_mark_alone_on_its_line_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n" + TEXTS["pairs.jsonl"], encoding="utf-8-sig")
    assert len(load_corpus(path)) == 2


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    ("encoding", "called"),
    [
        *(("utf-16", "UTF-16"), ("utf-32", "UTF-32")),
        *(("utf-16-le", "UTF-16LE"), ("utf-16-be", "UTF-16BE")),  # these two write no mark
    ],
)
def test_wide_text_is_refused_in_one_line_that_says_how_to_convert_it(
    name: str, encoding: str, called: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name], encoding=encoding)

    with pytest.raises(CorpusError) as caught:
        load_corpus(path)

    said = str(caught.value)
    assert said.startswith(f"'{path}' is {called} text, expected UTF-8; convert it: iconv -f {called} -t UTF-8 ")
    assert "\n" not in said


def test_a_stretch_of_zeros_is_damage_and_no_encoding(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(bytes(3000) + b"\n" + LINE.encode() + b"\n")
    assert len(load_corpus(path)) == 2


@pytest.mark.parametrize("name", TEXTS)
def test_other_bytes_are_told_once_and_kept(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name], encoding="latin-1")

    with pytest.warns(SigmaskWarning, match="not UTF-8 text throughout.*iconv -f ISO-8859-1 -t UTF-8") as told:
        rows = list(load_corpus(path).rows())

    assert len(told) == 1
    assert [row.instruction for row in rows if isinstance(row, RawPair)] == ["add a caf\udce9"] * 2


def test_utf8_text_is_not_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(TEXTS["pairs.jsonl"], encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_corpus(path)
