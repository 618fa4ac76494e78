"""Masks that are given up: the user sees how many, and can keep them. Over random weights, which mark everything."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from sigmask.cli.main import app
from sigmask.models.pretrained import save_pretrained
from tests.models.random_locator import random_locator


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    save_pretrained(random_locator(), tmp_path / "weights")
    return tmp_path / "weights"


def run(command: str, *arguments: object, exit_code: int = 0) -> str:
    settings = ("--backend", "torch", "--device", "cpu", "--threshold", "1e-6")
    result = CliRunner().invoke(app, [command, *map(str, arguments), *settings], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.output


@pytest.mark.parametrize(("least", "doubtful"), [("1", 5), ("0", 0)])
def test_annotate_counts_them(weights: Path, folder_corpus: Path, tmp_path: Path, least: str, doubtful: int) -> None:
    output = run("annotate", folder_corpus, "-o", tmp_path / "out", "--model", weights, "--least-quality", least)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["written"], summary["doubtful"], summary["mean_area"]) == (5, doubtful, 0.0 if doubtful else 1.0)
    assert [line.split() for line in output.splitlines() if "doubtful" in line][:1] == [
        ["masks", "doubtful", str(doubtful)]
    ]
    assert ("--least-quality 0 keeps every mask" in output) == bool(doubtful)


def test_mask_says_why_it_is_empty(weights: Path, folder_corpus: Path, tmp_path: Path) -> None:
    pair = [sorted((folder_corpus / name).iterdir())[0] for name in ("original", "edited")]
    for least, empty in (("1", True), ("0", False)):
        output = run("mask", *pair, "-o", tmp_path / "mask.png", "--model", weights, "--least-quality", least)
        assert ("below 1, so the mask is empty; --least-quality 0 keeps every mask" in output) == empty
        assert np.asarray(Image.open(tmp_path / "mask.png")).any() != empty


def test_an_output_of_another_bound_is_refused_by_name(weights: Path, folder_corpus: Path, tmp_path: Path) -> None:
    command = ("annotate", folder_corpus, "-o", tmp_path / "out", "--model", weights, "--least-quality")
    run(*command, "0")
    output = run(*command, "0.25", exit_code=2)
    assert "mixed. least quality: '0' there, '0.25' now. Use" in output
