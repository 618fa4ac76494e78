"""VAE round trip: what a latent-diffusion editor does to every pixel, edited or not.

SIGMA calibrates against it: a picture encoded to latents and decoded again differs everywhere, though nothing was
edited. This file holds the autoencoder (a tiny convolutional one with the FLUX.2 latent layout, whose weights are
read from safetensors) and the round trip with latent noise. The degree of latent noise is our choice: editors do
not hand back the clean latent either.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from sigmask.errors import WeightsError
from sigmask.types import ImageArray

_ENCODER_FILE = "taef2_encoder.safetensors"
_DECODER_FILE = "taef2_decoder.safetensors"


class Autoencoder(Protocol):
    """What `round_trip` needs: pixels (B, 3, H, W) in [0, 1] ↔ latents at 1/`stride` of the size."""

    @property
    def stride(self) -> int: ...
    @property
    def encoder(self) -> Callable[[Tensor], Tensor]: ...
    @property
    def decoder(self) -> Callable[[Tensor], Tensor]: ...


class TinyAutoencoder(nn.Module):
    """A tiny autoencoder: image in [0, 1] ↔ 32 latent channels at 1/8 of the size.

    The layers stand in the order of the published files (`taef2_*`, MIT), so that their tensors load by index.
    """

    stride = 8

    def __init__(self, width: int = 64, latent_channels: int = 32) -> None:
        super().__init__()
        down = [nn.Conv2d(3, width, 3, padding=1), _ResidualBlock(width)]
        for depth in range(3):
            pooled = depth == 2
            down.append(nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False))
            down += [_ResidualBlock(width, pooled) for _ in range(3)]
        self.encoder = nn.Sequential(*down, nn.Conv2d(width, latent_channels, 3, padding=1))
        up: list[nn.Module] = [_SoftClamp(), nn.Conv2d(latent_channels, width, 3, padding=1), nn.ReLU(inplace=True)]
        for depth in range(3):
            up += [_ResidualBlock(width, pooled=depth == 0) for _ in range(3)]
            up += [nn.Upsample(scale_factor=2), nn.Conv2d(width, width, 3, padding=1, bias=False)]
        self.decoder = nn.Sequential(*up, _ResidualBlock(width), nn.Conv2d(width, 3, 3, padding=1))

    @classmethod
    def from_folder(cls, folder: Path) -> TinyAutoencoder:
        """Load `taef2_encoder.safetensors` and `taef2_decoder.safetensors` from `folder`.

        Raises:
            WeightsError: if a file is missing, damaged or does not fit.
        """
        model = cls()
        for part, name in ((model.encoder, _ENCODER_FILE), (model.decoder, _DECODER_FILE)):
            path = folder / name
            if not path.is_file():
                raise WeightsError(f"expected the autoencoder's weights at {path}; there is no such file")
            try:
                part.load_state_dict({key: value.float() for key, value in load_file(path).items()})
            except (RuntimeError, SafetensorError) as error:
                raise WeightsError(f"{path} does not fit the tiny autoencoder: {error}") from error
        return model.eval().requires_grad_(False).to(memory_format=torch.channels_last)


@torch.inference_mode()
def round_trip(
    image: ImageArray,
    autoencoder: Autoencoder,
    rng: np.random.Generator,
    *,
    latent_noise: float = 0.0,
    latent_kept: float = 1.0,
) -> ImageArray:
    """`image` encoded, disturbed in the latent and decoded.

    Args:
        image: (H, W, 3) uint8; sizes that are no multiple of the stride are padded and cropped back.
        latent_noise: standard deviation of Gaussian noise, as a share of the latent's own spread.
        latent_kept: as for `thinned`.

    Returns:
        (H, W, 3) uint8.
    """
    latent = disturbed(autoencoder.encoder(pixels_for(image, autoencoder.stride)), rng, latent_noise, latent_kept)
    return picture_of(autoencoder.decoder(latent), image.shape[0], image.shape[1])


def pixels_for(image: ImageArray, stride: int) -> Tensor:
    """(1, 3, H, W) in [0, 1] of an image (h, w, 3) uint8, its edges repeated up to the next multiple of the stride."""
    height, width = image.shape[:2]
    pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float().div(255)
    pixels = F.pad(pixels, (0, -width % stride, 0, -height % stride), mode="replicate")
    return pixels.contiguous(memory_format=torch.channels_last)


def disturbed(latent: Tensor, rng: np.random.Generator, share: float, kept: float = 1.0) -> Tensor:
    """The latent `thinned` to `kept`, and then with Gaussian noise of `share` of its own spread."""
    latent = thinned(latent, kept)
    if share <= 0:
        return latent
    noise = torch.from_numpy(rng.standard_normal(latent.shape, dtype=np.float32))
    return latent + share * float(latent.float().std()) * noise


def thinned(latent: Tensor, kept: float) -> Tensor:
    """The latent (1, C, h, w) without its weaker directions: what an autoencoder of fewer channels would keep of the
    picture (our choice).

    Args:
        kept: the share of the C principal directions that stay, in (0, 1]; three stay at least.
    """
    channels = latent.shape[1]
    count = max(3, round(kept * channels))
    if count >= channels:
        return latent
    flat = latent[0].float().flatten(1)
    centre = flat.mean(1, keepdim=True)
    strongest = torch.linalg.eigh((flat - centre) @ (flat - centre).T).eigenvectors[:, -count:]
    thin = centre + strongest @ (strongest.T @ (flat - centre))
    return torch.unflatten(thin, 1, latent.shape[2:])[None].to(latent.dtype)


def picture_of(decoded: Tensor, height: int, width: int) -> ImageArray:
    """(height, width, 3) uint8 of what a decoder gave, (1, 3, H, W), at least as large."""
    cut = decoded.float().clamp(0, 1)[0, :, :height, :width]
    return np.ascontiguousarray((cut * 255).round().to(torch.uint8).permute(1, 2, 0).numpy())


class _SoftClamp(nn.Module):
    def forward(self, latent: Tensor) -> Tensor:
        return torch.tanh(latent / 3) * 3


class _ResidualBlock(nn.Module):
    """Three 3×3 convolutions with a skip; `pooled` adds the wide 1×1 branch that the /8 blocks have."""

    def __init__(self, width: int, pooled: bool = False) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1),
        )
        self.pool = (
            nn.Sequential(
                nn.Conv2d(width, 4 * width, 1, bias=False),
                nn.GroupNorm(4, 4 * width),
                nn.ReLU(inplace=True),
                nn.Conv2d(4 * width, width, 1, bias=False),
            )
            if pooled
            else None
        )

    def forward(self, inputs: Tensor) -> Tensor:
        if self.pool is not None:
            inputs = inputs + self.pool(inputs)
        return F.relu(self.conv(inputs) + inputs)
