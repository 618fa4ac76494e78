"""Train a `SmallAutoencoder` on photographs: `sigmask train autoencoder --photos DIR --latent 4 -o FILE`.

Loss (our choice): L1, plus L1 of horizontal and vertical gradients so that edges survive, with a little noise on the
latent so that the decoder stays sane where an editor disturbs it. 3,000 steps of 16 crops of 128 px take about
25 minutes on one core.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor

from sigmask.command_errors import run_tool
from sigmask.errors import ConfigError, CorpusError
from sigmask.output_path import make_parent
from sigmask.synthesis.photos import readable_photos
from sigmask.synthesis.small_autoencoder import SmallAutoencoder
from sigmask.types import ImageArray

_PEAK_RATE, _LARGEST_GRADIENT = 1e-3, 0.3
"""Of learning, and its norm. At 1.5e-3 and 1 a run of 800 steps (latent 8, seed 5) leapt from a loss of 0.2 to 1.3 when
the rate was at its peak, and ended at 21.7 dB in place of 23.5 (`round_trip_fidelity`, the originals of CocoGlide)."""


def train_autoencoder(
    photos: list[ImageArray],
    latent_channels: int,
    *,
    steps: int,
    seed: int,
    width: int = 64,
    batch: int = 16,
    crop: int = 128,
) -> SmallAutoencoder:
    """Train on random crops of `photos`; deterministic for a seed on one machine."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    model = SmallAutoencoder(latent_channels, width)
    optimiser = torch.optim.AdamW(model.parameters(), lr=_PEAK_RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _PEAK_RATE, total_steps=steps)
    for step in range(steps):
        pixels = _crops(photos, rng, batch, crop)
        decoded = model(pixels, latent_noise=0.1)
        loss = (decoded - pixels).abs().mean() + _gradient_distance(decoded, pixels)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), _LARGEST_GRADIENT)
        optimiser.step()
        schedule.step()
        if step % 100 == 99 or step in (0, steps - 1):
            error = (decoded.detach().clamp(0, 1) - pixels).square().mean().item()
            print(f"step {step + 1}/{steps} loss {loss.item():.4f} psnr {-10 * np.log10(error):.2f} dB", flush=True)
    return model.eval()


def _crops(photos: list[ImageArray], rng: np.random.Generator, batch: int, crop: int) -> Tensor:
    crops = []
    for _ in range(batch):
        photo = photos[rng.integers(len(photos))]
        top, left = (int(rng.integers(0, side - crop + 1)) for side in photo.shape[:2])
        piece = photo[top : top + crop, left : left + crop]
        crops.append(piece[:, ::-1] if rng.random() < 0.5 else piece)
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float().div(255)


def _gradient_distance(decoded: Tensor, pixels: Tensor) -> Tensor:
    difference = decoded - pixels
    across = (difference[..., 1:] - difference[..., :-1]).abs().mean()
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs().mean()
    return across + down


def main(
    photos: Annotated[Path, typer.Option(help="folder with photographs, searched recursively")],
    output: Annotated[Path, typer.Option("--output", "-o", help="safetensors file to write")],
    latent: Annotated[int, typer.Option(min=1, help="latent channels")] = 4,
    width: Annotated[
        int, typer.Option(min=1, help="channels at a quarter of the size; twice as many at an eighth")
    ] = 64,
    steps: Annotated[int, typer.Option(min=1)] = 3000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="where OUTPUT is there already")] = False,
) -> None:
    """Train on every photograph below PHOTOS."""
    images = readable_photos(photos)
    large = [image for image in images if min(image.shape[:2]) >= 128]
    if not large:
        raise CorpusError(f"expected photographs of at least 128 px below {photos}, found {len(images)} images")
    make_parent(output)
    if output.exists() and not overwrite:
        raise ConfigError(f"{output} is there already: give --overwrite, or another --output")
    train_autoencoder(large, latent, steps=steps, seed=seed, width=width).save(output)
    print(
        f"autoencoder: {output} (what it keeps: python -m sigmask.evaluation.round_trip_fidelity {photos} "
        f"--autoencoders {output})"
    )


if __name__ == "__main__":
    run_tool(main)
