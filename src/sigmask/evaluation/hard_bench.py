"""Makes the *hard* bench: pairs whose evidence is ambiguous, so that what the instruction is worth can be measured.

`python -m sigmask.evaluation.hard_bench cocoglide --autoencoder DIR -o runs/bench/hard`, then
`sigmask evaluate runs/bench/hard/pairs.jsonl`. Several benchmarks make one; those of `kind_bench` bring orders of
several kinds, where CocoGlide has the name of an object alone.

From each pair of a benchmark with exact masks (our choice of how):

- of every second edit only a small part is kept, a disc of its mask;
- the edit is weakened: only a share of its change is kept, so that noise nearly hides it;
- none, one or two *distractors* are added where there is room: parts of the picture that nobody named change as weakly.
  They are real changes: all of them are in the mask, and in `side_effect`;
- the whole edited image is sent through an autoencoder with strong latent noise, softened, shifted in tone and saved as
  a JPEG of quality 60.

Pair N of a seed is always the same. The pictures are third-party material; keep them out of repositories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from sigmask.command_errors import run_tool
from sigmask.errors import BadReason, ConfigError, SampleError
from sigmask.evaluation.bench_writer import TABLE_NAME, BenchWriter, require_no_bench
from sigmask.evaluation.benchmark import Benchmark, Sample, load_benchmark
from sigmask.evaluation.instruction_condition import require_instructions
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
        SampleError: if the pair has no mask that marks something, or its images differ in size.
    """
    if pair.mask is None or not pair.mask.any():
        raise SampleError(BadReason.BAD_MASK, "expected a mask that marks something")
    if pair.original.shape != pair.edited.shape:
        raise SampleError(
            BadReason.BAD_ROW, f"expected images of one size, got {pair.original.shape} and {pair.edited.shape}"
        )
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


@dataclass(frozen=True, slots=True)
class HardBench:
    """What was written: the number of pairs, how many of them have no instruction, and the samples left out."""

    written: int
    untold: int
    left_out: list[BadSample]


def write_hard_bench(samples: Iterable[Sample], through: Through, folder: Path, *, seed: int = SEED) -> HardBench:
    """Write `pairs.jsonl` and its images; where no sample can be made into a hard one, nothing is written.

    Raises:
        ConfigError: the folder holds a bench.
    """
    writer = BenchWriter(folder)
    untold, bad = 0, list[BadSample]()
    for index, sample in enumerate(samples):
        if isinstance(sample, BadSample):
            bad.append(sample)
            continue
        try:
            hard = make_hard(sample, through, np.random.default_rng((seed, index)))
        except SampleError as error:
            bad.append(BadSample(sample.sample_id, error.reason, str(error), sample.source_file, sample.row_index))
            continue
        writer.add(hard.pair, hard.side_effect)
        untold += not sample.instruction
    if writer.count:
        writer.finish()
    return HardBench(writer.count, untold, bad)


def require_told(benchmarks: Iterable[Benchmark]) -> None:
    """Refuse a benchmark without instructions: what they are worth cannot be measured there.

    One without a readable pair passes, since nobody knows what it tells; its samples are left out one by one.

    Raises:
        ConfigError: none of one benchmark's pairs has an instruction.
    """
    for benchmark in benchmarks:
        if any(isinstance(sample, EditPair) for sample in benchmark.read()):
            require_instructions({benchmark.name: benchmark.read()})


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
        Path, typer.Option(help="folder with taef2_encoder/decoder.safetensors, or one vae*.safetensors or its folder")
    ],
    seed: Annotated[int, typer.Option(min=0, help="the same seed makes the same pairs")] = SEED,
    limit: Annotated[int | None, typer.Option(min=1, help="pairs to read at most")] = None,
) -> None:
    """Make the hard version of BENCHMARKS. The exit code is 1 where no pair could be made hard."""
    require_no_bench(output)
    loaded = [load_benchmark(name) for name in benchmarks]
    require_told(loaded)
    through = _through_only(autoencoder)
    samples = chain.from_iterable(benchmark.read() for benchmark in loaded)
    made = write_hard_bench(islice(samples, limit), through, output, seed=seed)
    for each in made.left_out:
        print(f"left out: {each.sample_id}: {each.message}")
    untold = f", {made.untold} of them without an instruction" if made.untold else ""
    place = f"{output / TABLE_NAME}: {made.written} pairs{untold}" if made.written else "nothing written"
    print(f"{place}; {len(made.left_out)} left out")
    if not made.written:
        raise typer.Exit(1)


def _through_only(source: Path) -> Through:
    """A round trip through the one autoencoder of `source`.

    Raises:
        ConfigError: there are several: which one is taken decides what the bench is.
    """
    from sigmask.synthesis.autoencoders import named_autoencoders
    from sigmask.synthesis.vae_roundtrip import round_trip

    found = named_autoencoders([source])
    if len(found) > 1:
        names = ", ".join(name for name, _ in found)
        raise ConfigError(f"expected one autoencoder in {source}, got {len(found)}: {names}. Name the file of one")
    ((_, model),) = found

    def through(image: ImageArray, rng: np.random.Generator, noise: float) -> ImageArray:
        return round_trip(image, model, rng, latent_noise=noise)

    return through


if __name__ == "__main__":
    run_tool(main)
