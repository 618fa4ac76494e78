"""Without torch, timm and OpenVINO: masks as with torch, and plain words where torch is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sigmask.annotation.annotator import Annotator
from sigmask.data.mask_png import decode_mask_png
from tests.drawing import draw_pair

_WITHOUT = """
import sys
for package in ("torch", "torchvision", "timm", "openvino"):
    sys.modules[package] = None  # as if it were not installed
from sigmask.cli.main import app
app(sys.argv[1:])
"""


def _sigmask(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WITHOUT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def pictures(tmp_path: Path, rng: np.random.Generator) -> list[Path]:
    pair = draw_pair(rng, 192, 256)
    paths = [tmp_path / "original.png", tmp_path / "edited.png"]
    for path, image in zip(paths, (pair.original, pair.edited), strict=True):
        Image.fromarray(image).save(path)
    return paths


def test_masks_are_as_with_torch(pictures: list[Path], tmp_path: Path) -> None:
    done = _sigmask("mask", *pictures, "-i", "add a red ball", "-o", tmp_path / "mask.png")
    assert done.returncode == 0, done.stderr
    reference = Annotator.from_pretrained("tiny", backend="torch", device="cpu")(*pictures, "add a red ball")
    assert reference.mask.any()
    found = decode_mask_png((tmp_path / "mask.png").read_bytes())
    assert (found != reference.mask).mean() <= 1e-3


def test_what_needs_torch_says_so_in_one_line(pictures: list[Path], tmp_path: Path) -> None:
    output = ("-o", tmp_path / "out.png")
    for command, said in (
        (("explain", *pictures, *output), "pip install 'sigmask[torch]'"),
        (("mask", *pictures, *output, "--backend", "torch"), "pip install 'sigmask[torch]'"),
        (("mask", *pictures, *output, "--device", "cuda"), "'cuda' needs torch"),
    ):
        done = _sigmask(*command)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert said in done.stderr
