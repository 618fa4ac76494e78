from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from sigmask.cli.train import app
from sigmask.training import stage1


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    overrides_so_far: list[tuple[str, ...]] = []

    def train(config: Path, *, resume: bool, overrides: tuple[str, ...]) -> Path:
        overrides_so_far.append(overrides)
        return Path("out")

    monkeypatch.setattr(stage1, "train", train)
    return overrides_so_far


def test_kinds_and_first_weights_become_keys_of_the_config(told: list[tuple[str, ...]]) -> None:
    arguments = ["stage1", "c.yaml", "--init", "tiny", "--actions", "+text, +material,-style", "--set", "steps=10"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert told == [("steps=10", "new_kinds=[text, material]", "left_out_kinds=[style]", "initial=tiny")]


@pytest.mark.parametrize("actions", ["text", "+text,style", "+", "+text,-style,-text", "", " ,"])
def test_a_kind_needs_one_sign(told: list[tuple[str, ...]], actions: str) -> None:
    result = CliRunner().invoke(app, ["stage1", "c.yaml", "--actions", actions])
    assert result.exit_code == 2 and not told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["autoencoder", "--help"], "Train on every photograph below PHOTOS."),
        (["corpus", "--help"], "pair N of a seed is always the same"),
        (["corpus", "--help"], "replacement"),
        (["corpus", "--help"], "in its folder weights, if any, are always used"),
        (["corpus", "--shared", ".", "-o", "out", "--seed", "-1"], "greater than or equal to 0"),
        (["corpus", "--shared", ".", "-o", "out", "--count", "-4"], "greater than or equal to 0"),
        (["calibrate", "--photos", "."], "Missing option '--output'"),
        (["calibrate", "--steps", "3"], "No such option: --steps"),
        (["calibrate", "--photos", ".", "-o", "out", "--seed", "-1"], "Invalid value for '--seed'"),
        (["autoencoder", "--photos", ".", "-o", "out", "--steps", "0"], "Invalid value for '--steps'"),
        (["autoencoder", "--photos", ".", "-o", "out", "--latent", "0"], "Invalid value for '--latent'"),
        (["autoencoder", "--photos", ".", "-o", "out", "--width", "-3"], "Invalid value for '--width'"),
    ],
)
def test_a_tool_keeps_its_own_options(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == (0 if "--help" in arguments else 2)
    assert said in " ".join(result.output.replace("│", " ").split())


def test_a_tool_does_its_work(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), np.random.default_rng(0).integers(0, 255, (128, 128, 3)).astype(np.uint8))
    written = tmp_path / "out" / "vae.safetensors"
    arguments = ["--photos", str(tmp_path), "-o", str(written), "--steps", "10", "--width", "4", "--latent", "2"]
    result = CliRunner().invoke(app, ["autoencoder", *arguments])
    assert result.exit_code == 0, result.output
    assert written.exists()
