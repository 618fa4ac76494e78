"""How much of a photograph comes back from an autoencoder: PSNR in dB, mean over a folder.

`python -m sigmask.evaluation.round_trip_fidelity FOLDER --autoencoders shipped`

An editor's own autoencoder gives 25 to 33 dB; one far from that teaches a model the wrong noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from sigmask.command_errors import run_tool
from sigmask.errors import CorpusError
from sigmask.evaluation.tables import markdown_table
from sigmask.synthesis.autoencoders import SHIPPED, named_autoencoders
from sigmask.synthesis.photos import readable_photos
from sigmask.synthesis.vae_roundtrip import Autoencoder, round_trip
from sigmask.types import ImageArray


def fidelity(images: list[ImageArray], autoencoder: Autoencoder, latent_noise: float = 0.0) -> float:
    """Mean PSNR in dB of (H, W, 3) uint8 images against their round trips; the latent's noise is the same each time."""
    rng = np.random.default_rng(0)
    return float(
        np.mean([cv2.PSNR(image, round_trip(image, autoencoder, rng, latent_noise=latent_noise)) for image in images])
    )


def main(
    folder: Annotated[Path, typer.Argument(help="photographs at the size at which to measure, searched recursively")],
    autoencoders: Annotated[
        list[str] | None, typer.Option(help="'shipped', a folder, or hf:OWNER/NAME[:SUBFOLDER] (extra vae)")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="photographs at most")] = 100,
) -> None:
    """Print the PSNR of each autoencoder, without and with latent noise of 0.3 of its spread."""
    images = readable_photos(folder, limit)
    if not images:
        raise CorpusError(f"expected photographs in {folder}, found none that can be read")
    rows = []
    for name, each in named_autoencoders(autoencoders or [SHIPPED]):
        plain, noisy = (fidelity(images, each, noise) for noise in (0.0, 0.3))
        channels = getattr(each, "latent_channels", "")
        rows.append([name, str(channels), str(len(images)), f"{plain:.1f}", f"{noisy:.1f}"])
    header = ["autoencoder", "latent channels", "photographs", "PSNR (dB)", "with latent noise 0.3"]
    print("\n".join(markdown_table(header, rows)))


if __name__ == "__main__":
    run_tool(main)
