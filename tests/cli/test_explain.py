"""`sigmask explain`: the picture is written, and the terminal has in full what the picture may cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from sigmask.cli.main import app
from sigmask.models.pretrained import save_pretrained
from sigmask.types import EditPair
from tests.models.random_locator import random_locator


@pytest.mark.parametrize(("charset", "named"), [("utf-8", "Löwe 猫"), ("ascii", "L\\xf6we \\u732b")])
def test_it_prints_what_was_told_whatever_the_terminal(
    tmp_path: Path, drawn_pairs: list[EditPair], charset: str, named: str
) -> None:
    save_pretrained(random_locator(), tmp_path / "weights")
    for name in ("original", "edited"):
        Image.fromarray(getattr(drawn_pairs[0], name)).save(tmp_path / f"{name}.png")
    options = ("-o", tmp_path / "why.png", "--model", tmp_path / "weights", "--device", "cpu")
    arguments = (tmp_path / "original.png", tmp_path / "edited.png", "-i", "add a hat, a Löwe 猫", *options)
    result = CliRunner(charset=charset).invoke(app, ["explain", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    assert f"told: add a hat, a {named}" in result.output
    assert "why.png" in result.output.splitlines()[-1]
    assert Image.open(tmp_path / "why.png").size[0] == 4 * 310 + 10
