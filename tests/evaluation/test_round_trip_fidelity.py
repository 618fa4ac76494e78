"""PSNR of round trips, by hand and as a table."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from sigmask.errors import CorpusError
from sigmask.evaluation.round_trip_fidelity import fidelity, main
from sigmask.synthesis.small_autoencoder import SmallAutoencoder


class Darkened(torch.nn.Module):
    """Gives back every pixel eight grey levels darker."""

    stride = 1

    def __init__(self) -> None:
        super().__init__()
        self.encoder = torch.nn.Identity()

    def decoder(self, latent: torch.Tensor) -> torch.Tensor:
        return latent - 8 / 255


def test_eight_grey_levels_are_thirty_decibels() -> None:
    image = np.full((6, 5, 3), 100, np.uint8)
    assert fidelity([image, image], Darkened()) == pytest.approx(20 * np.log10(255 / 8))


def test_the_command_prints_a_row_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    SmallAutoencoder(2, width=8).save(tmp_path / "vae2.safetensors")
    with pytest.raises(CorpusError, match="expected photographs in"):
        main(tmp_path, [str(tmp_path)])
    cv2.imwrite(str(tmp_path / "photo.png"), np.zeros((16, 24, 3), np.uint8))
    main(tmp_path, [str(tmp_path)])
    row = capsys.readouterr().out.splitlines()[2]
    assert row.startswith("| vae2 | 2 | 1 | ")


def test_what_ships_gives_back_a_photograph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = pytest.importorskip("skimage.data", reason="needs the extra 'demo'")
    cv2.imwrite(str(tmp_path / "cat.png"), data.chelsea()[:, :, ::-1])
    main(tmp_path)
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [(row[1].strip(), row[2].strip()) for row in rows] == [("vae16", "16"), ("vae4", "4")]
    assert all(24 < float(row[4]) < 40 and float(row[5]) < float(row[4]) for row in rows)
