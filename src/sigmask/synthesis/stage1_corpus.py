"""The Stage I corpus on disk: synthetic edits with their round trips, made once and read many times.

`python -m sigmask.synthesis.stage1_corpus --shared DIR -o OUT --count 4000` (about 0.5 s a pair on one core).

Every pair is made at one of several sizes, sent through an autoencoder (sometimes several times smaller than what the
network sees, as old editors are), recompressed, and stored at the network's size as uint8 arrays. What is cheap
(tone drift, noise, shifts, crops) is drawn anew at each reading by the trainer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import typer

from sigmask.data.geometry import resize_image
from sigmask.data.whole_file import whole_file
from sigmask.errors import CorpusError
from sigmask.synthesis.edit import make_edit
from sigmask.synthesis.perturbation import recompress
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.small_autoencoder import SmallAutoencoder
from sigmask.synthesis.vae_roundtrip import Autoencoder, TinyAutoencoder, round_trip
from sigmask.types import ImageArray, MaskArray

RoundTrip = Callable[[ImageArray, np.random.Generator], ImageArray]
NATIVE_SIZES = ((256, 0.35), (384, 0.4), (512, 0.25))
"""(longer side in pixels, share of pairs): the size at which an edit and its round trip are made (our choice)."""
_NULL_SHARE = 0.3  # of the pairs also keep a round trip of the unedited original
_WHOLE_JPEG_SHARE = 0.7


def make_record(
    library: PhotoLibrary,
    round_trips: list[RoundTrip],
    rng: np.random.Generator,
    *,
    stored_size: int = 384,
    weights: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """One pair as arrays.

    Keys: `original`, `edited`, `edited_round_trip` and for some `original_round_trip` (h, w, 3) uint8, `mask` and
    `target` (h, w) bool, `meta` a JSON string with instruction, tuples, action and family.
    """
    sizes, shares = zip(*NATIVE_SIZES, strict=True)
    edit = make_edit(library, rng, size=int(rng.choice(sizes, p=shares)), weights=weights)
    through = round_trips[rng.integers(len(round_trips))]
    pictures = {
        "original": edit.original,
        "edited": _maybe_recompress(edit.edited, rng),
        "edited_round_trip": _maybe_recompress(through(edit.edited, rng), rng),
    }
    if rng.random() < _NULL_SHARE:
        pictures["original_round_trip"] = _maybe_recompress(through(edit.original, rng), rng)
    height, width = edit.mask.shape
    scale = stored_size / max(height, width)
    size = (round(height * scale), round(width * scale))
    record: dict[str, Any] = {name: resize_image(picture, *size) for name, picture in pictures.items()}
    record |= {"mask": _resize_mask(edit.mask, size), "target": _resize_mask(edit.target, size)}
    record["meta"] = json.dumps(
        {
            "instruction": edit.instruction,
            "edit": [asdict(part) for part in edit.edit],
            "action": edit.action,
            "family": edit.family,
        }
    )
    return record


def load_round_trips(folders: list[Path]) -> list[RoundTrip]:
    """Every autoencoder found in `folders` (`taef2_*` pairs and our own `vae*.safetensors`), each with latent noise.

    Raises:
        CorpusError: if there is none.
        WeightsError: if one is damaged.
    """
    found: list[RoundTrip] = []
    for folder in folders:
        if (folder / "taef2_encoder.safetensors").is_file():
            found.append(_noisy(TinyAutoencoder.from_folder(folder)))
        for path in sorted(folder.glob("vae*.safetensors")):
            found.append(_noisy(SmallAutoencoder.load(path)))
    if not found:
        raise CorpusError(f"expected autoencoder weights in {', '.join(map(str, folders))}; found none")
    return found


def _noisy(autoencoder: Autoencoder) -> RoundTrip:
    def through(image: ImageArray, rng: np.random.Generator) -> ImageArray:
        noise = 0.0 if rng.random() < 0.25 else float(rng.uniform(0, 0.6))
        with torch.autocast("cpu", torch.bfloat16):
            return round_trip(image, autoencoder, rng, latent_noise=noise)

    return through


def _maybe_recompress(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return recompress(image, rng) if rng.random() < _WHOLE_JPEG_SHARE else image


def _resize_mask(mask: MaskArray, size: tuple[int, int]) -> MaskArray:
    resized = cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized >= 0.5, dtype=bool)


def main(
    shared: Annotated[Path, typer.Option(help="folder with data/photos and weights")],
    output: Annotated[Path, typer.Option("--output", "-o")],
    count: int = 4000,
    seed: int = 0,
    autoencoders: Annotated[list[Path] | None, typer.Option(help="further folders with vae*.safetensors")] = None,
) -> None:
    """Make COUNT pairs; pair N of a seed is always the same, and pairs that are there already are kept."""
    torch.set_num_threads(1)
    output.mkdir(parents=True, exist_ok=True)
    library = PhotoLibrary.load(shared / "data" / "photos")
    round_trips = load_round_trips([shared / "weights", *(autoencoders or [])])
    for index in range(count):
        path = output / f"pair-{seed:02d}-{index:06d}.npz"
        if path.exists():
            continue
        record = make_record(library, round_trips, np.random.default_rng((seed, index)))
        with whole_file(path) as partial, partial.open("wb") as file:
            np.savez(file, **record)
        if index % 100 == 0:
            print(f"{index}/{count}", flush=True)


if __name__ == "__main__":
    typer.run(main)
