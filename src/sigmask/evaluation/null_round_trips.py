"""How much is marked of photographs that nobody edited, autoencoder by autoencoder, perturbation by perturbation.

    python -m sigmask.evaluation.null_round_trips tiny --photos DIR --autoencoders shipped --autoencoders hf:OWNER/NAME

Each photograph stands against its own round trip, and nothing is said of it, or what `--instruction` says. What counts
is how a model does on autoencoders that its training never saw, since editors use many. Weights do not tell which those
are; their model card does, and `--seen` takes the names from there. The perturbations are those of the training's null
pairs, one at a time and all together.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from sigmask.annotation.annotator import Annotator
from sigmask.annotation.doubtful import DOUBTFUL, LEAST_QUALITY
from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.command_errors import run_tool
from sigmask.data.geometry import shrink_to
from sigmask.errors import ConfigError, CorpusError, unknown_name
from sigmask.evaluation.image_level_metrics import MARK_AREA
from sigmask.evaluation.tables import markdown_table, percent
from sigmask.output_path import require_parent
from sigmask.synthesis.autoencoders import SHIPPED, named_autoencoders
from sigmask.synthesis.named_view import is_held_out
from sigmask.synthesis.perturbation import Perturbation, drift_tone, perturb_and_shift, recompress, shift_slightly
from sigmask.synthesis.photos import PhotoEntry, photo_paths, read_photo
from sigmask.synthesis.vae_roundtrip import Autoencoder, round_trip
from sigmask.types import EditPair, ImageArray
from sigmask.whole_file import whole_file

LONGEST = 512
"""Pixels of the longer side, at most: the largest size at which training makes round trips."""
LATENT_NOISE = (0.0, 0.6)
"""As a share of the latent's own spread, drawn uniformly: the range of the training's round trips."""


def _unchanged(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return image


def _shifted(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return shift_slightly(image, [], rng)[0]


def _as_in_training(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return perturb_and_shift(recompress(image, rng), [], rng, float(rng.uniform(0.3, 1.2)))[0]


PERTURBATIONS: dict[str, tuple[bool, Perturbation]] = {
    "round trip alone": (False, _unchanged),
    "latent noise": (True, _unchanged),
    "recompression": (False, recompress),
    "tone drift": (False, drift_tone),
    "shift of up to 2 px": (False, _shifted),
    "as in training": (True, _as_in_training),
}
"""Name → whether the round trip has latent noise, and what comes after it; the last draws from all that a null pair of
training may meet."""


@dataclass(frozen=True, slots=True)
class NullFigures:
    """What is marked of N photographs through one autoencoder under one perturbation; shares in [0, 1].

    Attributes:
        seen: whether the model's training saw the autoencoder; None where nobody says.
        instruction: what the model was told of every picture; None: nothing.
        psnr: of what comes back against the photograph, mean in dB.
        marked: of all pixels of a picture, mean over pictures.
        marked_pairs: of the pictures, those with more than `MARK_AREA` marked.
        given_up: of the pictures, those whose mask the model gave up itself; they count as unmarked.
    """

    autoencoder: str
    perturbation: str
    seen: bool | None
    instruction: str | None
    pairs: int
    psnr: float
    marked: float
    marked_pairs: float
    given_up: float


def measure_null(
    annotator: PairAnnotator,
    photos: Sequence[ImageArray],
    autoencoders: Iterable[tuple[str, Autoencoder]],
    *,
    seed: int = 0,
    seen: Sequence[str] | None = None,
    perturbations: Sequence[str] = tuple(PERTURBATIONS),
    instructions: Sequence[str | None] = (None,),
) -> Iterator[NullFigures]:
    """The figures of each autoencoder, perturbation and instruction, as they are found.

    The draws for a photograph depend on the seed, its place and the perturbation alone, so that two autoencoders and
    two instructions meet the same ones.

    Args:
        photos: (H, W, 3) uint8 each.
        seen: names of the autoencoders that training saw; None if nobody says.
        perturbations: names in `PERTURBATIONS`, whose order is kept.
        instructions: what is said of every photograph, one after the other; None: nothing.
    """
    chosen = [(number, name) for number, name in enumerate(PERTURBATIONS, start=1) if name in perturbations]
    for name, autoencoder in autoencoders:
        known = None if seen is None else name in seen
        trips = {
            noisy: [_round_trip(photo, autoencoder, (seed, place), noisy) for place, photo in enumerate(photos)]
            for noisy in {PERTURBATIONS[perturbation][0] for _, perturbation in chosen}
        }
        for number, perturbation in chosen:
            noisy, disturbed = PERTURBATIONS[perturbation]
            pairs = [
                EditPair(str(place), photo, disturbed(returned, np.random.default_rng((seed, place, number))))
                for place, (photo, returned) in enumerate(zip(photos, trips[noisy], strict=True))
            ]
            for instruction in instructions:
                yield _figures(annotator, pairs, name, perturbation, known, instruction)


def null_table(figures: Sequence[NullFigures]) -> list[str]:
    """Lines of a Markdown table, shares in %.

    It lacks the column of what training saw where nobody says, and that of what was told where nothing ever was.
    """
    known = any(each.seen is not None for each in figures)
    told = any(each.instruction is not None for each in figures)
    words = ["autoencoder", *(["in training"] if known else []), "perturbation", *(["told"] if told else [])]
    header = [*words, "pairs", "PSNR (dB)", "pixels marked", "pairs marked", "given up"]
    rows = [
        [
            each.autoencoder,
            *((["yes" if each.seen else "no"]) if known else []),
            each.perturbation,
            *([each.instruction or "nothing"] if told else []),
            each.pairs,
            f"{each.psnr:.1f}",
            percent(each.marked, 2),
            percent(each.marked_pairs),
            percent(each.given_up),
        ]
        for each in figures
    ]
    return markdown_table(header, rows, len(words))


def _round_trip(photo: ImageArray, autoencoder: Autoencoder, seed: tuple[int, int], noisy: bool) -> ImageArray:
    rng = np.random.default_rng(seed)
    return round_trip(photo, autoencoder, rng, latent_noise=float(rng.uniform(*LATENT_NOISE)) if noisy else 0.0)


def _figures(
    annotator: PairAnnotator,
    pairs: Sequence[EditPair],
    autoencoder: str,
    perturbation: str,
    seen: bool | None,
    instruction: str | None,
) -> NullFigures:
    areas, given_up = [], 0
    for pair in pairs:
        (found,) = annotator.infer([annotator.prepare(dataclasses.replace(pair, instruction=instruction))])
        areas.append(found.area_fraction)
        given_up += DOUBTFUL in found.flags
    return NullFigures(
        autoencoder,
        perturbation,
        seen,
        instruction,
        pairs=len(pairs),
        psnr=float(np.mean([cv2.PSNR(pair.original, pair.edited) for pair in pairs])),
        marked=float(np.mean(areas)),
        marked_pairs=float((np.array(areas) > MARK_AREA).mean()),
        given_up=given_up / len(pairs),
    )


def _drawn_photos(folder: Path, limit: int, seed: int, *, held_out: bool) -> list[ImageArray]:
    """At most `limit` photographs from anywhere below `folder`, drawn by the seed; what cannot be read is passed by.

    Raises:
        CorpusError: there is none.
    """
    paths = photo_paths(folder)
    if held_out:
        paths = [path for path in paths if is_held_out(PhotoEntry(path, ""))]
    photos: list[ImageArray] = []
    for place in np.random.default_rng(seed).permutation(len(paths)):
        if len(photos) == limit:
            break
        with suppress(CorpusError):
            photos.append(shrink_to(read_photo(paths[int(place)]), LONGEST))
    if not photos:
        kind = "photographs of the held-out tenth" if held_out else "photographs"
        raise CorpusError(f"expected {kind} below {folder}, found none that can be read")
    return photos


def main(
    model: Annotated[str, typer.Argument(help="weights: a name, a folder, or a Hub id")],
    photos: Annotated[Path, typer.Option(help="folder of unedited photographs, searched recursively")],
    autoencoders: Annotated[
        list[str] | None,
        typer.Option(help="'shipped', a safetensors file, a folder, or hf:OWNER/NAME[:SUBFOLDER] (extra vae); again"),
    ] = None,
    seen: Annotated[
        list[str] | None, typer.Option(help="an autoencoder that training saw, by its name in the table; again")
    ] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="only the fixed tenth of photographs that training leaves out")
    ] = False,
    perturbations: Annotated[
        list[str] | None,
        typer.Option("--perturbation", help=f"one of {', '.join(PERTURBATIONS)}; again; by default all"),
    ] = None,
    instructions: Annotated[
        list[str] | None,
        typer.Option("--instruction", help="what to say of every photograph, in place of nothing ('' too); again"),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="photographs at most, drawn by the seed")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="the same seed draws the same photographs and disturbances")] = 0,
    least_quality: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="expected IoU under which a mask is given up; 0 keeps every mask")
    ] = LEAST_QUALITY,
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures, unrounded")] = None,
) -> None:
    """Print what MODEL marks of unedited photographs after round trips."""
    named = named_autoencoders(autoencoders or [SHIPPED])
    names = [name for name, _ in named]
    if unknown := [name for name in seen or () if name not in names]:
        raise ConfigError(unknown_name("autoencoder", unknown[0], names))
    if unknown := [name for name in perturbations or () if name not in PERTURBATIONS]:
        raise ConfigError(unknown_name("perturbation", unknown[0], PERTURBATIONS))
    if json_file is not None:
        require_parent(json_file)
    pictures = _drawn_photos(photos, limit, seed, held_out=held_out)
    annotator = Annotator.from_pretrained(model, least_quality=least_quality)
    figures = []
    measured = measure_null(
        annotator,
        pictures,
        named,
        seed=seed,
        seen=seen,
        perturbations=perturbations or tuple(PERTURBATIONS),
        instructions=[text.strip() or None for text in instructions or [""]],
    )
    for each in measured:
        figures.append(each)
        what = f"{each.autoencoder}, {each.perturbation}" + (f", '{each.instruction}'" if each.instruction else "")
        print(f"{what}: {percent(each.marked, 2)} % of the pixels", flush=True)
    print("\n".join(null_table(figures)))
    if seen is None:
        print("Which of them training saw is in the model card of the weights; --seen NAME adds it to the table.")
    if json_file is not None:
        with whole_file(json_file) as partial:
            plain = [dataclasses.asdict(each) for each in figures]
            partial.write_text(json.dumps(plain, indent=2, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_tool(main)
