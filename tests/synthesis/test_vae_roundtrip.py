"""Round trips: any size comes back, noise is a share of the latent's spread, weights are checked."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from sigmask.errors import WeightsError
from sigmask.synthesis.small_autoencoder import SmallAutoencoder
from sigmask.synthesis.vae_roundtrip import TinyAutoencoder, round_trip, thinned
from tests.drawing import draw_photo


@pytest.fixture(scope="module")
def small() -> SmallAutoencoder:
    torch.manual_seed(0)
    return SmallAutoencoder(4, width=8).eval()


@pytest.mark.parametrize("size", [(64, 64), (61, 83), (8, 9), (40, 33)])
def test_sizes_that_are_no_multiple_of_eight_come_back(small: SmallAutoencoder, size: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    decoded = round_trip(photo, small, np.random.default_rng(1), latent_noise=0.3)
    assert (decoded.shape, decoded.dtype) == (photo.shape, np.uint8)
    assert decoded.flags["C_CONTIGUOUS"]


def test_only_noise_makes_two_trips_differ(small: SmallAutoencoder, rng: np.random.Generator) -> None:
    photo = draw_photo(rng, 64, 64)
    clean = [round_trip(photo, small, np.random.default_rng(seed)) for seed in (1, 2)]
    noisy = [round_trip(photo, small, np.random.default_rng(seed), latent_noise=3.0) for seed in (1, 1, 2)]
    assert np.array_equal(clean[0], clean[1])
    assert np.array_equal(noisy[0], noisy[1])
    assert not np.array_equal(noisy[0], noisy[2])


def test_the_noise_is_a_share_of_the_latents_spread() -> None:
    class Recording(torch.nn.Module):
        """Folds 8×8 pixels into a latent and remembers what comes to be decoded."""

        stride = 8

        def __init__(self) -> None:
            super().__init__()
            self.encoder = torch.nn.Sequential(torch.nn.PixelUnshuffle(8))
            self.decoder = torch.nn.Sequential(torch.nn.PixelShuffle(8))
            self.seen: list[torch.Tensor] = []
            self.decoder.register_forward_pre_hook(lambda _, latent: self.seen.append(latent[0]))

    autoencoder = Recording()
    photo = draw_photo(np.random.default_rng(0), 128, 128)
    assert np.array_equal(round_trip(photo, autoencoder, np.random.default_rng(0)), photo)
    round_trip(photo, autoencoder, np.random.default_rng(0), latent_noise=0.5)
    clean, noisy = autoencoder.seen
    assert float((noisy - clean).std()) == pytest.approx(0.5 * float(clean.std()), rel=0.02)


def test_a_small_autoencoder_comes_back_in_half_precision(small: SmallAutoencoder, tmp_path: Path) -> None:
    small.save(tmp_path / "vae.safetensors")
    loaded = SmallAutoencoder.load(tmp_path / "vae.safetensors")
    assert (loaded.latent_channels, loaded.width) == (4, 8)
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    for name, value in small.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, rtol=2**-11, atol=1e-7)


@pytest.mark.parametrize("content", [None, b"", b"no weights"])
def test_a_missing_or_damaged_file_is_a_weights_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "vae.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match=r"vae\.safetensors"):
        SmallAutoencoder.load(tmp_path / "vae.safetensors")


def test_foreign_weights_are_a_weights_error(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(2)}, tmp_path / "vae.safetensors")
    with pytest.raises(WeightsError, match="does not hold a SmallAutoencoder"):
        SmallAutoencoder.load(tmp_path / "vae.safetensors")
    save_file({"weight": torch.zeros(2)}, tmp_path / "taef2_encoder.safetensors")
    with pytest.raises(WeightsError, match="does not fit the tiny autoencoder"):
        TinyAutoencoder.from_folder(tmp_path)
    (tmp_path / "taef2_encoder.safetensors").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="does not fit the tiny autoencoder"):
        TinyAutoencoder.from_folder(tmp_path)
    with pytest.raises(WeightsError, match="no such file"):
        TinyAutoencoder.from_folder(tmp_path / "elsewhere")


def test_published_weights_give_a_good_round_trip(shared_folder: Path) -> None:
    path = min((shared_folder / "data" / "photos" / "coco" / "images").glob("*.jpg"))
    photo = np.ascontiguousarray(cv2.imread(str(path))[:256, :250, ::-1])
    autoencoder = TinyAutoencoder.from_folder(shared_folder / "weights")
    decoded = round_trip(photo, autoencoder, np.random.default_rng(0))
    error = np.mean((decoded.astype(float) - photo) ** 2)
    assert 10 * np.log10(255**2 / error) >= 23


def test_a_thinned_latent_keeps_its_strongest_directions_alone() -> None:
    latent = torch.randn(1, 16, 8, 6, generator=torch.Generator().manual_seed(0)) + 3
    scaled = latent * torch.tensor([10.0] * 4 + [1.0] * 12)[None, :, None, None]
    thin = thinned(scaled, 0.25)
    centred = (thin - thin.mean((2, 3), keepdim=True))[0].flatten(1)
    assert torch.linalg.matrix_rank(centred, rtol=1e-4) == 4
    torch.testing.assert_close(thin.mean((2, 3)), scaled.mean((2, 3)), rtol=1e-4, atol=1e-4)
    error = (thin - scaled).square().mean((0, 2, 3))
    assert error[:4].max() < 1 < scaled.var((0, 2, 3))[:4].min()  # the loud channels come through
    assert torch.equal(thinned(latent, 1.0), latent)
    assert torch.linalg.matrix_rank((few := thinned(latent, 0.01))[0].flatten(1) - few.mean((2, 3)).T, rtol=1e-4) == 3
