from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from sigmask.cli.train import app
from sigmask.errors import CorpusError, SigmaskError
from sigmask.report.corpus_sheets import write_corpus_sheets
from tests.training.tiny_corpus import drawn_record, write_tiny_corpus


def test_each_family_gets_a_sheet_of_its_first_pairs(tmp_path: Path, rng: np.random.Generator) -> None:
    corpus = write_tiny_corpus(tmp_path / "corpus")
    np.savez(corpus / "pair-00-000003.npz", **drawn_record(rng, "write 'SALE' " * 40, family="text"))
    result = CliRunner().invoke(app, ["look", str(corpus), "-o", str(tmp_path / "sheets"), "--most", "2"])
    assert result.exit_code == 0, result.output
    addition, text = (tmp_path / "sheets" / name for name in ("addition.jpg", "text.jpg"))
    assert result.output.split() == [str(addition), str(text)]
    two_rows, one_row = Image.open(addition).size, Image.open(text).size
    assert two_rows[0] == one_row[0] and one_row[1] < two_rows[1] < 2 * one_row[1]


def test_a_folder_without_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="found none"):
        write_corpus_sheets(tmp_path, tmp_path / "sheets")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sheets").touch()
    with pytest.raises(SigmaskError, match=r"must be a folder, and .*sheets is a file"):
        write_corpus_sheets(write_tiny_corpus(tmp_path / "corpus"), tmp_path / "sheets")
