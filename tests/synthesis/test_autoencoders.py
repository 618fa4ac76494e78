"""Autoencoders by name: folders in their order, what diffusers writes, and what is told of the rest."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError

from sigmask.errors import CorpusError, MissingExtraError, WeightsError
from sigmask.synthesis.autoencoders import DiffusersAutoencoder, load_autoencoders, named_autoencoders
from sigmask.synthesis.small_autoencoder import SmallAutoencoder
from sigmask.synthesis.vae_roundtrip import round_trip
from tests.drawing import draw_photo

diffusers = pytest.importorskip("diffusers", reason="needs the extra 'vae'")


def written_kl(folder: Path) -> Path:
    torch.manual_seed(0)
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    model = diffusers.AutoencoderKL(block_out_channels=(4, 4), norm_num_groups=2, layers_per_block=1, **blocks)
    model.save_pretrained(folder)
    return folder


def written_tiny(folder: Path) -> Path:
    torch.manual_seed(0)
    channels = {"encoder_block_out_channels": (4,) * 4, "decoder_block_out_channels": (4,) * 4}
    blocks = {"num_encoder_blocks": (1,) * 4, "num_decoder_blocks": (1,) * 4}
    diffusers.AutoencoderTiny(**channels, **blocks).save_pretrained(folder)
    return folder


def test_what_diffusers_wrote_makes_round_trips_of_any_size(tmp_path: Path, rng: np.random.Generator) -> None:
    found = load_autoencoders([written_kl(tmp_path / "kl"), str(written_tiny(tmp_path / "tiny"))])
    assert [each.stride for each in found] == [2, 8]
    photo = draw_photo(rng, 37, 52)
    for autoencoder in found:
        clean, again = (round_trip(photo, autoencoder, np.random.default_rng(seed)) for seed in (1, 2))
        assert clean.shape == photo.shape and np.array_equal(clean, again)  # the latent's mode, not a draw
        assert not np.array_equal(round_trip(photo, autoencoder, rng, latent_noise=2.0), clean)


def test_pixels_go_in_and_come_out_between_0_and_1(tmp_path: Path) -> None:
    class Echo(torch.nn.Module):
        """Hands out what it was given, as diffusers' autoencoders take and give it."""

        def encode(self, pixels: torch.Tensor) -> object:
            assert pixels.min() >= -1
            return type("Encoded", (), {"latents": pixels})

        def decode(self, latent: torch.Tensor) -> object:
            return type("Decoded", (), {"sample": latent})

    autoencoder = DiffusersAutoencoder(Echo())
    pixels = torch.tensor([0.0, 0.25, 1.0]).view(1, 3, 1, 1)
    assert autoencoder.stride == 1
    assert torch.allclose(autoencoder.encoder(pixels).flatten(), torch.tensor([-1.0, -0.5, 1.0]))
    assert torch.allclose(autoencoder.decoder(autoencoder.encoder(pixels)), pixels)


def test_folders_are_read_in_their_order(tmp_path: Path) -> None:
    SmallAutoencoder(3, width=8).save(tmp_path / "vae3.safetensors")
    found = load_autoencoders([written_tiny(tmp_path / "tiny"), tmp_path])
    assert [type(each) for each in found] == [DiffusersAutoencoder, SmallAutoencoder]


def test_several_sources_may_stand_in_one_string(tmp_path: Path) -> None:
    SmallAutoencoder(3, width=8).save(tmp_path / "vae3.safetensors")
    assert [name for name, _ in named_autoencoders([f"shipped, {tmp_path},"])] == ["vae16", "vae4", "vae3"]
    with_comma = tmp_path / "one,two"
    with_comma.mkdir()
    SmallAutoencoder(3, width=8).save(with_comma / "vae2.safetensors")
    assert [name for name, _ in named_autoencoders([str(with_comma)])] == ["vae2"]


def test_a_source_without_weights_is_told_though_others_have_some(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=rf"expected autoencoder weights in {tmp_path}; found none"):
        named_autoencoders(["shipped", tmp_path])
    with pytest.raises(CorpusError, match="expected a source of autoencoders, got none"):
        named_autoencoders([","])


def test_what_cannot_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text('{"_class_name": "UNet2DModel"}')
    with pytest.raises(WeightsError, match=r"expected AutoencoderKL or AutoencoderTiny at .*got 'UNet2DModel'"):
        load_autoencoders([other])
    (other / "config.json").write_text('{"_class_name": "AutoencoderTiny"}')
    with pytest.raises(WeightsError, match="cannot open the autoencoder"):
        load_autoencoders([other])
    with pytest.raises(CorpusError, match=r"hf:OWNER/NAME@REVISION of an autoencoder, got 'hf:nobody'$"):
        load_autoencoders(["hf:nobody"])
    with pytest.raises(CorpusError, match=r"expected autoencoder weights in .*; found none"):
        load_autoencoders([tmp_path / "lost"])
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(MissingExtraError, match=r"sigmask\[vae\]"):
        load_autoencoders(["hf:owner/name"])


def test_a_hub_that_cannot_be_reached_is_told_from_a_repository_without_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load_config(*_: object, **__: object) -> None:
        try:
            raise LocalEntryNotFoundError("check your connection")
        except LocalEntryNotFoundError:
            raise OSError("owner/name does not appear to have a file named config.json") from None

    monkeypatch.setattr(diffusers.AutoencoderKL, "load_config", load_config)
    with pytest.raises(WeightsError, match="Hub cannot be reached"):
        load_autoencoders(["hf:owner/name"])


def test_a_hub_name_may_say_which_folder_and_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, dict[str, object]]] = []
    local = written_tiny(tmp_path / "tiny")
    open_tiny = diffusers.AutoencoderTiny.from_pretrained

    def from_hub(name: str, **where: object) -> object:
        asked.append((name, where))
        return open_tiny(local)

    monkeypatch.setattr(diffusers.AutoencoderTiny, "from_pretrained", from_hub)
    monkeypatch.setattr(diffusers.AutoencoderKL, "load_config", lambda *_, **__: {"_class_name": "AutoencoderTiny"})
    (found,) = load_autoencoders(["hf:owner/name:vae@v2"])
    assert found.stride == 8
    assert asked == [("owner/name", {"use_safetensors": True, "revision": "v2", "subfolder": "vae"})]


def test_names_tell_autoencoders_apart(tmp_path: Path) -> None:
    files = [tmp_path / folder / "vae3.safetensors" for folder in ("one", "two")]
    for file in files:
        file.parent.mkdir()
        SmallAutoencoder(3, width=8).save(file)
    assert [name for name, _ in named_autoencoders(["shipped", files[0]])] == ["vae16", "vae4", "vae3"]
    both = [name for name, _ in named_autoencoders([files[0].parent, files[1]])]
    assert both == [str(file.with_suffix("")) for file in files]
