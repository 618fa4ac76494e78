from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sigmask.annotation.pipeline import annotate
from sigmask.cli.main import app
from sigmask.data.corpus import load_corpus
from sigmask.types import EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawn_corpora import write_parquet_corpus
from tests.export.drawn_run import draw_pairs, write_corpus, write_run

# pycocotools' own, which users never see: Python shows deprecations in tests only
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def drawn(tmp_path: Path, rng: np.random.Generator) -> Path:
    pairs = draw_pairs(rng, 8)
    write_corpus(tmp_path / "corpus", pairs)
    write_run(tmp_path / "run", pairs, qualities=[0.9] * 6 + [0.3] * 2)
    return tmp_path


def test_a_filtered_export_with_its_summary(drawn: Path) -> None:
    arguments = (
        *(drawn / "run", "-o", drawn / "out", "--to", "coco", "--corpus", drawn / "corpus"),
        *("--where", "quality >= .8 and 0 < area < 1", "--action", "add,remove", "--scope", "local"),
        *("--val-share", 0.17, "--drop-near-duplicates", "--authentic", "--licence", "CC0", "--seed", 3),
    )
    code, output = run(*arguments)
    assert code == 0
    rows = dict(line.rsplit(maxsplit=1) for line in output.splitlines() if line)
    assert {words.strip(): value for words, value in rows.items()} == {
        "rows of the run": "8",
        "exported to train": "5",
        "exported to val": "1",
        "filtered: not trusted": "0",
        "filtered: not marked": "0",
        "filtered: not aligned": "0",
        "filtered: not quality >= 0.8": "2",
        "filtered: not 0 < area < 1": "0",
        "filtered: not action in add, remove": "0",
        "filtered: not scope in local": "0",
        "near-duplicates": "0",
        "not in the corpus": "0",
        "authentic originals in train": "5",
        "authentic originals in val": "1",
        "output:": str(drawn / "out"),
    }
    assert json.loads((drawn / "out" / "export.json").read_text())["settings"]["seed"] == 3
    assert "| CC0 |" in (drawn / "out" / "README.md").read_text()
    code, output = run(*arguments)
    assert code == 2
    assert "--overwrite" in output
    assert run(*arguments, "--overwrite")[0] == 0


def test_nothing_left_is_exit_code_one(drawn: Path) -> None:
    code, output = run(
        drawn / "run", "-o", drawn / "out", "--to", "hf", "--corpus", drawn / "corpus", "--where", "quality > 0.95"
    )
    assert code == 1
    assert "nothing was written" in output
    assert not (drawn / "out").exists()


def test_bad_rows_are_named(drawn: Path, rng: np.random.Generator) -> None:
    write_corpus(drawn / "corpus", draw_pairs(rng, 8), {2: {"edited": b"no picture"}})
    code, output = run(drawn / "run", "-o", drawn / "out", "--to", "folders", "--corpus", drawn / "corpus")
    assert code == 0
    assert "bad: not_an_image" in output
    assert "bad: id002: edited: expected an image" in output


def test_a_run_that_names_no_corpus_asks_for_it(drawn: Path) -> None:
    code, output = run(drawn / "run", "-o", drawn / "out", "--to", "coco")
    assert code == 2
    assert "--corpus" in output


def test_a_run_knows_its_own_corpus_with_columns_and_root(
    tmp_path: Path, drawn_pairs: list[EditPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_parquet_corpus(tmp_path / "pictures" / "x.parquet", drawn_pairs, "path", columns=("was", "is", "said"))
    (tmp_path / "tables").mkdir()
    (tmp_path / "pictures" / "x.parquet").rename(tmp_path / "tables" / "x.parquet")
    monkeypatch.chdir(tmp_path)
    columns = {"original": "was", "edited": "is", "instruction": "said"}
    annotate(load_corpus("tables", **columns, root="pictures"), FakeAnnotator(), tmp_path / "run")
    monkeypatch.chdir("/")
    code, output = run(tmp_path / "run", "-o", tmp_path / "out", "--to", "imdl-benco")
    assert code == 0
    assert [int(line.split()[-1]) for line in output.splitlines() if "exported to" in line] == [5, 0]
    assert "no pair is for validation: 5 % of them is less than" in output
    (tmp_path / "tables").rename(tmp_path / "moved")
    code, output = run(tmp_path / "run", "-o", tmp_path / "again", "--to", "coco")
    assert code == 2
    assert f"was made of '{tmp_path / 'tables'}', which is not there any more" in output
    given = ("--original", "was", "--edited", "is", "--root", tmp_path / "pictures")
    assert run(tmp_path / "run", "-o", tmp_path / "again", "--to", "coco", "--corpus", "moved", *given)[0] == 2
    command = ("-o", tmp_path / "again", "--to", "coco", "--corpus", tmp_path / "moved")
    assert run(tmp_path / "run", *command, *given)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--to", "imdlbenco"), "Did you mean 'imdl-benco'"),
        (("--to", "coco", "--where", "qualty > 1"), "Did you mean 'quality'"),
        (("--to", "coco", "--action", "ad"), "Did you mean 'add'"),
        (("--to", "coco", "--val-share", "1.5"), "--val-share"),
        (("--to", "coco", "--with-originals"), "coco has no place for originals"),
        (("--to", "imdl-benco", "--with-originals"), "Formats that have: webdataset, hf, folders"),
        (("--to", "coco", "--corpus", "nowhere"), "nowhere"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_two(drawn: Path, arguments: tuple[str, ...], expected: str) -> None:
    code, output = run(drawn / "run", "-o", drawn / "out", *arguments)
    assert code == 2
    assert expected in output
    assert len(output.strip().splitlines()) == 1
    assert not (drawn / "out").exists()
