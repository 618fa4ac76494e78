"""Training an autoencoder: deterministic, and it learns."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from sigmask.errors import ConfigError, CorpusError, SigmaskError
from sigmask.synthesis.small_autoencoder import SmallAutoencoder
from sigmask.training.autoencoder import main, train_autoencoder
from tests.drawing import draw_photo


def _error(model: SmallAutoencoder, pixels: torch.Tensor) -> float:
    with torch.inference_mode():
        return float((model(pixels) - pixels).abs().mean())


def test_a_few_steps_lower_the_error_and_are_the_same_for_a_seed() -> None:
    photos = [draw_photo(np.random.default_rng(seed), 64, 64) for seed in range(2)]
    pixels = torch.from_numpy(np.stack(photos)).permute(0, 3, 1, 2).float().div(255)
    first, again = (train_autoencoder(photos, 4, steps=12, seed=3, batch=2, crop=32) for _ in range(2))
    torch.manual_seed(3)
    assert _error(first, pixels) < 0.9 * _error(SmallAutoencoder(4), pixels)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in first.state_dict().items())


def test_the_command_passes_over_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = draw_photo(np.random.default_rng(0), 128, 130)
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    main(tmp_path, tmp_path / "out" / "vae.safetensors", latent=2, steps=2)
    written = tmp_path / "out" / "vae.safetensors"
    assert SmallAutoencoder.load(written).latent_channels == 2
    assert written.stat().st_mode == (tmp_path / "photo.png").stat().st_mode
    *_, last, path = capsys.readouterr().out.splitlines()
    assert last.startswith("step 2/2 loss") and last.endswith("dB")
    assert path.startswith(f"autoencoder: {written} ")
    with pytest.raises(ConfigError, match="is there already"):
        main(tmp_path, written, steps=10**9)
    main(tmp_path, written, latent=3, steps=1, overwrite=True)
    assert SmallAutoencoder.load(written).latent_channels == 3


def test_a_folder_to_write_into_is_refused_before_the_training(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), draw_photo(np.random.default_rng(0), 128, 128))
    with pytest.raises(SigmaskError, match="is a directory: name a file"):
        main(tmp_path, tmp_path, steps=10**9)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


def test_a_file_in_the_place_of_the_folder_is_refused_before_the_training(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), draw_photo(np.random.default_rng(0), 128, 128))
    for folder in (tmp_path / "photo.png", tmp_path / "photo.png" / "deeper"):
        with pytest.raises(SigmaskError, match="cannot be a folder, since a file is in the way"):
            main(tmp_path, folder / "vae.safetensors", steps=10**9)


def test_a_folder_without_photographs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="at least 128 px"):
        main(tmp_path, tmp_path / "out" / "vae.safetensors")
    assert not (tmp_path / "out").exists()
