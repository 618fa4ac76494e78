"""Latent blending: the edit is put together in an autoencoder's latent, and only the whole is decoded.

So do editors that inpaint in the latent of a diffusion model: the outline of what they change follows the latent's
grid, and both sides of it are decoded together. A stand-in for them (our choice), beside the round trip of a picture
that was put together in pixels.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sigmask.synthesis.vae_roundtrip import Autoencoder, disturbed, picture_of, pixels_for
from sigmask.types import ImageArray, MaskArray


@torch.inference_mode()
def blend_in_latent(
    original: ImageArray,
    edited: ImageArray,
    region: MaskArray,
    autoencoder: Autoencoder,
    rng: np.random.Generator,
    *,
    latent_noise: float = 0.0,
    latent_kept: float = 1.0,
) -> ImageArray:
    """The original's latent with the edited picture's wherever a latent cell holds any of `region`, decoded.

    Args:
        original, edited: (H, W, 3) uint8.
        region: (H, W) bool, where they differ.
        latent_noise, latent_kept: as for `round_trip`.

    Returns:
        (H, W, 3) uint8.
    """
    before, after = (autoencoder.encoder(pixels_for(image, autoencoder.stride)) for image in (original, edited))
    cells = _cells(region, autoencoder.stride)
    latent = disturbed(torch.where(cells, after, before), rng, latent_noise, latent_kept)
    return picture_of(autoencoder.decoder(latent), original.shape[0], original.shape[1])


def _cells(region: MaskArray, stride: int) -> Tensor:
    """(1, 1, h, w) bool: the cells of the latent's grid that hold any of the region."""
    height, width = region.shape
    mask = torch.from_numpy(region)[None, None].float()
    padded = F.pad(mask, (0, -width % stride, 0, -height % stride))
    return F.max_pool2d(padded, stride) > 0
