"""A small f8 autoencoder of our own, so that round trips can be made offline and at a tenth of the usual cost.

Pixels are folded 4×4 into channels first, so that no convolution runs at full resolution (our choice: on a CPU that
is where an autoencoder spends its time). What it loses (fine texture, thin lines, saturated detail) and what
it invents (ringing, block-wise texture) is what makes a round trip hard for a difference detector.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional as F

from sigmask.errors import WeightsError
from sigmask.whole_file import whole_file

_FOLD = 4


class SmallAutoencoder(nn.Module):
    """Image in [0, 1] ↔ `latent_channels` at 1/8 of the size.

    `encoder(pixels: (B, 3, H, W)) -> (B, latent_channels, H/8, W/8)` and `decoder` back; H and W multiples of 8.
    """

    stride = 8

    def __init__(self, latent_channels: int, width: int = 64) -> None:
        super().__init__()
        self.latent_channels, self.width = latent_channels, width
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(_FOLD),
            nn.Conv2d(3 * _FOLD**2, width, 3, padding=1),
            _Block(width),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            _Block(2 * width),
            nn.Conv2d(2 * width, latent_channels, 3, padding=1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(latent_channels, 2 * width, 3, padding=1),
            _Block(2 * width),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1),
            nn.PixelShuffle(2),
            _Block(width),
            _Block(width),
            nn.Conv2d(width, 3 * _FOLD**2, 3, padding=1),
            nn.PixelShuffle(_FOLD),
        )

    def forward(self, pixels: Tensor, latent_noise: float = 0.0) -> Tensor:
        """The round trip of `pixels: (B, 3, H, W)` in [0, 1], not clamped; noise is drawn for training only."""
        latent = self.encoder(pixels)
        if latent_noise > 0:
            latent = latent + latent_noise * latent.detach().std() * torch.randn_like(latent)
        return self.decoder(latent)  # type: ignore[no-any-return]

    def save(self, path: Path) -> None:
        """Write weights (half precision) and shape to one safetensors file."""
        tensors = {name: value.half().contiguous() for name, value in self.state_dict().items()}
        shape = {"latent_channels": str(self.latent_channels), "width": str(self.width)}
        with whole_file(path) as partial:
            partial.write_bytes(save(tensors, shape))  # save_file would let nobody but its writer read it

    @classmethod
    def load(cls, path: Path) -> SmallAutoencoder:
        """Read what `save` wrote.

        Raises:
            WeightsError: if the file is missing or is not such an autoencoder's.
        """
        if not path.is_file():
            raise WeightsError(f"expected an autoencoder's weights at {path}; there is no such file")
        try:
            with safe_open(path, "pt") as file:
                shape = file.metadata() or {}
            model = cls(int(shape["latent_channels"]), int(shape["width"]))
            model.load_state_dict({name: value.float() for name, value in load_file(path).items()})
        except (KeyError, ValueError, RuntimeError, SafetensorError) as error:
            raise WeightsError(f"{path} does not hold a SmallAutoencoder: {error}") from error
        return model.eval().requires_grad_(False)


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + self.second(F.silu(self.first(F.silu(inputs))))  # type: ignore[no-any-return]
