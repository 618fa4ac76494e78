"""Makes the *hard* bench: pairs whose evidence is ambiguous, so that what the instruction is worth can be measured.

`python -m sigmask.evaluation.hard_bench cocoglide --autoencoder DIR -o runs/bench/hard`, then
`sigmask evaluate runs/bench/hard/pairs.jsonl`. Several benchmarks make one; those of `kind_bench` bring orders of
several kinds, where CocoGlide has the name of an object alone.

From each pair of a benchmark with exact masks (our choice of how):

- of every second edit only a small part is kept, a disc of its mask;
- the edit is weakened: only a share of its change is kept, so that noise nearly hides it;
- where there is room, *distractors* are added: one or two parts of the picture that nobody named change as weakly. They
  are real changes: all of them are in the mask, and in `side_effect`;
- the whole edited image is sent through an autoencoder with strong latent noise, softened, shifted in tone and saved as
  a JPEG of quality 60.

Pair N of a seed is always the same. The pictures are third-party material; keep them out of repositories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from sigmask.command_errors import run_tool
from sigmask.errors import BadReason
from sigmask.evaluation.bench_writer import BenchWriter
from sigmask.evaluation.benchmark import Sample, load_benchmark
from sigmask.synthesis.perturbation import drift_tone, through_jpeg
from sigmask.synthesis.regeneration import bend, jitter_colour
from sigmask.synthesis.region import dilate, random_region
from sigmask.types import BadSample, EditPair, ImageArray, MaskArray

SEED = 50_005
STRENGTHS = (0.25, 0.55)
"""The share of an edit's change that is kept, drawn uniformly."""
SMALL_SHARE = 0.5  # of the pairs
SMALL_AREAS = (0.004, 0.03)
"""Of the picture: a small edit's area, drawn log-uniformly."""
LATENT_NOISE = (0.4, 0.7)
"""Of the latent's own spread."""
JPEG_QUALITY = 60
BLUR = 0.7  # pixels, of a Gaussian
MOST_CHANGED = 0.5  # no distractors beyond this share of the picture
LARGEST_DISTRACTOR = 0.12
APART = 6  # pixels between two changes

Through = Callable[[ImageArray, np.random.Generator, float], ImageArray]
"""(image, rng, latent noise) → the image as an autoencoder hands it back."""


@dataclass(frozen=True, slots=True)
class HardPair:
    """`pair.mask` is everything that changed; `side_effect` (H, W) bool is the part that the instruction does not name,
    None where there is none."""

    pair: EditPair
    side_effect: MaskArray | None


def make_hard(pair: EditPair, through: Through, rng: np.random.Generator) -> HardPair:
    """The hard version of a pair.

    Raises:
        ValueError: if the pair has no mask that marks something, or its images differ in size.
    """
    if pair.mask is None or not pair.mask.any():
        raise ValueError(f"pair {pair.sample_id}: expected a mask that marks something")
    if pair.original.shape != pair.edited.shape:
        raise ValueError(f"pair {pair.sample_id}: expected images of one size")
    mask = pair.mask
    if rng.random() < SMALL_SHARE:
        mask = _small_part(mask, rng)
    edited = _weakened(pair.original, pair.edited, mask, rng)
    distractors = np.zeros_like(mask)
    for _ in range(int(rng.integers(0, 3))):
        found = _distractor(edited, mask | distractors, rng)
        if found is not None:
            edited, region = found
            distractors |= region
    noisy = drift_tone(through(edited, rng, float(rng.uniform(*LATENT_NOISE))), rng, 0.8)
    soft = np.asarray(cv2.GaussianBlur(noisy, (0, 0), BLUR), dtype=np.uint8)
    saved, everything = through_jpeg(soft, JPEG_QUALITY), mask | distractors
    whole = EditPair(pair.sample_id, pair.original, saved, pair.instruction, pair.edit_type, mask=everything)
    return HardPair(whole, distractors if distractors.any() else None)


def write_hard_bench(samples: Iterable[Sample], through: Through, folder: Path, *, seed: int = SEED) -> list[BadSample]:
    """Write `pairs.jsonl` and its images; returns the samples that could not be made into hard ones."""
    writer = BenchWriter(folder)
    bad: list[BadSample] = []
    for index, sample in enumerate(samples):
        if isinstance(sample, BadSample):
            bad.append(sample)
            continue
        try:
            hard = make_hard(sample, through, np.random.default_rng((seed, index)))
        except ValueError as error:
            bad.append(
                BadSample(sample.sample_id, BadReason.BAD_MASK, str(error), sample.source_file, sample.row_index)
            )
            continue
        writer.add(hard.pair, hard.side_effect)
    writer.finish()
    return bad


def _small_part(mask: MaskArray, rng: np.random.Generator) -> MaskArray:
    """The part of `mask` within a disc around one of its points; the whole mask where it is small itself."""
    area = float(np.exp(rng.uniform(*np.log(SMALL_AREAS)))) * mask.size
    points = np.argwhere(mask)
    centre = points[int(rng.integers(len(points)))]
    if len(points) <= area:
        return mask
    distance = np.hypot(*(points - centre).T)
    nearest = points[distance <= np.partition(distance, int(area))[int(area)]]  # a disc that holds as many points
    part = np.zeros_like(mask)
    part[tuple(nearest.T)] = True
    return part


def _weakened(original: ImageArray, edited: ImageArray, mask: MaskArray, rng: np.random.Generator) -> ImageArray:
    """Part of the change inside the mask, and none outside."""
    share = float(rng.uniform(*STRENGTHS))
    change = (edited.astype(np.float32) - original) * (share * mask[:, :, None])
    return np.asarray(np.clip(np.rint(original + change), 0, 255), dtype=np.uint8)


def _distractor(image: ImageArray, taken: MaskArray, rng: np.random.Generator) -> tuple[ImageArray, MaskArray] | None:
    """`image` with one more part redrawn, apart from what is taken; None where eight tries find no room."""
    if taken.mean() > MOST_CHANGED:
        return None
    for _ in range(8):
        region = random_region(image.shape[:2], rng, (0.01, LARGEST_DISTRACTOR))
        if not region.any() or (region & dilate(taken, APART)).any():
            continue
        redrawn = jitter_colour(bend(image, region, rng, strength=float(rng.uniform(0.1, 0.3))), rng, 12.0)
        return _weakened(image, redrawn, region, rng), region
    return None


def main(
    benchmarks: Annotated[list[str], typer.Argument(help="benchmarks with exact masks and instructions or prompts")],
    output: Annotated[Path, typer.Option("--output", "-o", help="folder to write")],
    autoencoder: Annotated[
        Path, typer.Option(help="folder with taef2_encoder/decoder.safetensors or vae*.safetensors")
    ],
    seed: int = SEED,
) -> None:
    """Make the hard version of BENCHMARKS."""
    from itertools import chain

    from sigmask.synthesis.autoencoders import load_autoencoders
    from sigmask.synthesis.vae_roundtrip import round_trip

    (model, *_) = load_autoencoders([autoencoder])

    def through(image: ImageArray, rng: np.random.Generator, noise: float) -> ImageArray:
        return round_trip(image, model, rng, latent_noise=noise)

    samples = chain.from_iterable(load_benchmark(name).read() for name in benchmarks)
    for each in write_hard_bench(samples, through, output, seed=seed):
        print(f"left out: {each.sample_id}: {each.message}")


if __name__ == "__main__":
    run_tool(main)
