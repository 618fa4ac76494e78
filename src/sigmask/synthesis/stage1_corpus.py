"""The Stage I corpus on disk: synthetic edits with their round trips, made once and read many times.

`sigmask train corpus --shared DIR -o OUT --count 4000` (about 0.5 s a pair on one core).

Every pair is made at one of several sizes, sent through an autoencoder (sometimes several times smaller than what the
network sees, as old editors are), recompressed, and stored at the network's size as uint8 arrays. What is cheap
(tone drift, noise, shifts, crops) is drawn anew at each reading by the trainer.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import cv2
import numpy as np
import torch
import typer

from sigmask.command_errors import run_tool
from sigmask.cpu_precision import cpu_multiplies_bfloat16
from sigmask.data.corpus import load_corpus
from sigmask.data.geometry import resize_image
from sigmask.data.raw_pair import decode_pair
from sigmask.data.registration import bring_onto_edited
from sigmask.errors import ConfigError, unknown_name
from sigmask.instruction.named_concepts import named_concepts
from sigmask.instruction.parser import parse
from sigmask.output_path import require_no_file
from sigmask.synthesis.autoencoders import SHIPPED, load_autoencoders
from sigmask.synthesis.corpus_progress import describe_corpus, follow
from sigmask.synthesis.edit import FAMILIES, SyntheticEdit, make_edit
from sigmask.synthesis.latent_blending import blend_in_latent
from sigmask.synthesis.named_view import is_held_out
from sigmask.synthesis.perturbation import recompress
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.synthetic_edit import NamedRegions
from sigmask.synthesis.vae_roundtrip import Autoencoder, round_trip
from sigmask.types import Action, BadSample, EditPair, ImageArray, MaskArray
from sigmask.whole_file import whole_file
from sigmask.worker_process import leave_with_parent

LATENT_BLENDING_SHARE = 0.2
"""The share of local edits whose round trip is put together in the latent. Our choice."""
THINNED_SHARE, THINNED_TO = 0.2, (0.25, 0.7)
"""How many round trips lose the weaker directions of their latent, as if the autoencoder had fewer channels, and what
share of the directions stays (our choice)."""
NATIVE_SIZES = ((256, 0.35), (384, 0.4), (512, 0.25))
"""(longer side in pixels, share of pairs): the size at which an edit and its round trip are made (our choice)."""
STORED_SIZE = 384  # pixels of the longer side: what `tiny` sees
_NULL_SHARE = 0.3  # of the pairs also keep a round trip of the unedited original
_WHOLE_JPEG_SHARE = 0.7
_LEAST_AREA = 0.005  # of the picture: a thing that covers less has no region; nobody would point at it


class RoundTrip(Protocol):
    """What an editor's autoencoder leaves of a picture (H, W, 3) uint8, and of an edit put together in its latent."""

    def __call__(self, image: ImageArray, rng: np.random.Generator, /) -> ImageArray: ...

    def blend(
        self, original: ImageArray, edited: ImageArray, region: MaskArray, rng: np.random.Generator, /
    ) -> ImageArray: ...


def make_record(
    library: PhotoLibrary,
    round_trips: list[RoundTrip],
    rng: np.random.Generator,
    *,
    stored_size: int = STORED_SIZE,
    weights: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """One synthetic pair as arrays; see `record_of`."""
    sizes, shares = zip(*NATIVE_SIZES, strict=True)
    edit = make_edit(library, rng, size=int(rng.choice(sizes, p=shares)), weights=weights)
    return record_of(edit, round_trips, rng, stored_size=stored_size)


def record_of(
    edit: SyntheticEdit, round_trips: list[RoundTrip], rng: np.random.Generator, *, stored_size: int = STORED_SIZE
) -> dict[str, Any]:
    """An edit and its round trips as arrays, with the longer side at `stored_size` pixels.

    Keys: `original`, `edited`, `edited_round_trip` and for some `original_round_trip` (h, w, 3) uint8; `mask` and
    `region` (h, w) bool; `concept_regions` (K, h, w) bool, where each of `named_concepts(edit)` lies (nowhere, if its
    `located` is false); `scene_regions` (S, h, w) bool, where the things of `scene` lie on the original; and `meta`, a
    JSON string with instruction, edit, located, scene (names), uncertain (names of what is hardly there), named (False
    where nobody said what the photograph shows), action and family.
    """
    through = round_trips[rng.integers(len(round_trips))]
    pictures = {
        "original": edit.original,
        "edited": _maybe_recompress(edit.edited, rng),
        "edited_round_trip": _maybe_recompress(_edited_through(edit, through, rng), rng),
    }
    if rng.random() < _NULL_SHARE:
        pictures["original_round_trip"] = _maybe_recompress(through(edit.original, rng), rng)
    height, width = edit.mask.shape
    scale = stored_size / max(height, width)
    size = (round(height * scale), round(width * scale))
    record: dict[str, Any] = {name: resize_image(picture, *size) for name, picture in pictures.items()}
    masks = {"mask": edit.mask, "region": edit.mask if edit.region is None else edit.region}
    record |= {name: _resize_mask(mask, size) for name, mask in masks.items()}
    of_concepts = _concept_regions(edit)
    scene = _scene(edit)
    clear = {name: mask for name, mask in scene.items() if mask.mean() >= _LEAST_AREA}
    nowhere = np.zeros_like(edit.mask)
    for name, group in (("concept_regions", of_concepts), ("scene_regions", list(clear.values()))):
        resized = [_resize_mask(nowhere if mask is None else mask, size) for mask in group]
        record[name] = np.stack(resized) if resized else np.zeros((0, *size), dtype=bool)
    record["meta"] = json.dumps(
        {
            "located": [mask is not None for mask in of_concepts],
            "scene": list(clear),
            "uncertain": sorted((set(scene) - set(clear)) | edit.unclear),
            "named": bool(scene),
            "instruction": edit.instruction,
            "edit": [asdict(part) for part in edit.edit],
            "action": edit.action,
            "family": edit.family,
        }
    )
    return record


def edit_of_pair(pair: EditPair, largest: int = NATIVE_SIZES[-1][0]) -> SyntheticEdit | None:
    """A real pair with its mask, the longer side at most `largest` pixels; None where it has no mask that marks a part.

    Where its concepts lie is not known, and what it shows neither.
    """
    if pair.mask is None:
        return None
    original, _ = bring_onto_edited(pair.original, pair.edited)
    height, width = pair.edited.shape[:2]
    scale = min(1.0, largest / max(height, width))
    size = (max(8, round(height * scale)), max(8, round(width * scale)))
    mask = _resize_mask(pair.mask, size)
    if not mask.any():
        return None
    edit = parse(pair.instruction)
    return SyntheticEdit(
        resize_image(original, *size),
        resize_image(pair.edited, *size),
        mask,
        tuple(NamedRegions() for _ in edit),
        pair.instruction or "",
        edit,
        edit[0].action if edit else Action.UNKNOWN,
        pair.edit_type or "pair",
    )


def _concept_regions(edit: SyntheticEdit) -> list[MaskArray | None]:
    """One for each of `named_concepts(edit.edit)`."""
    regions: list[MaskArray | None] = []
    for part, where in zip(edit.edit, edit.regions, strict=True):
        regions += [where.original] if part.original_concept else []
        regions += [where.edited] if part.edited_concept else []
    return regions[: len(named_concepts(edit.edit))]


def _scene(edit: SyntheticEdit) -> dict[str, MaskArray]:
    """Name → all objects of that class together."""
    scene: dict[str, MaskArray] = {}
    for instance in edit.scene:
        if instance.name is not None:
            scene[instance.name] = scene.get(instance.name, np.zeros_like(edit.mask)) | instance.mask
    return scene


def load_round_trips(sources: Sequence[str | Path]) -> list[RoundTrip]:
    """Round trips with latent noise through each of `load_autoencoders(sources)`."""
    return [NoisyRoundTrip(autoencoder) for autoencoder in load_autoencoders(sources)]


@dataclass(frozen=True)
class NoisyRoundTrip:
    """A `RoundTrip` through an autoencoder, mostly with latent noise, now and then with a thinned latent."""

    autoencoder: Autoencoder

    def __call__(self, image: ImageArray, rng: np.random.Generator) -> ImageArray:
        with torch.autocast("cpu", torch.bfloat16, enabled=cpu_multiplies_bfloat16()):
            return round_trip(image, self.autoencoder, rng, **_drawn_disturbance(rng))

    def blend(
        self, original: ImageArray, edited: ImageArray, region: MaskArray, rng: np.random.Generator
    ) -> ImageArray:
        """The edit put together in the latent (see `blend_in_latent`)."""
        with torch.autocast("cpu", torch.bfloat16, enabled=cpu_multiplies_bfloat16()):
            return blend_in_latent(original, edited, region, self.autoencoder, rng, **_drawn_disturbance(rng))


def _drawn_disturbance(rng: np.random.Generator) -> dict[str, float]:
    """What is done to a latent: noise three times in four, and one time in five it is thinned."""
    noise = 0.0 if rng.random() < 0.25 else float(rng.uniform(0, 0.6))
    kept = float(rng.uniform(*THINNED_TO)) if rng.random() < THINNED_SHARE else 1.0
    return {"latent_noise": noise, "latent_kept": kept}


def _edited_through(edit: SyntheticEdit, through: RoundTrip, rng: np.random.Generator) -> ImageArray:
    """The edited picture's round trip; of some local edits what comes of putting them together in the latent."""
    region = edit.mask if edit.region is None else edit.region
    if not region.all() and rng.random() < LATENT_BLENDING_SHARE:
        return through.blend(edit.original, edit.edited, region, rng)
    return through(edit.edited, rng)


def _maybe_recompress(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return recompress(image, rng) if rng.random() < _WHOLE_JPEG_SHARE else image


def _resize_mask(mask: MaskArray, size: tuple[int, int]) -> MaskArray:
    resized = cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized >= 0.5, dtype=bool)


def main(
    shared: Annotated[
        Path, typer.Option(help="folder with data/photos; autoencoders in its folder weights, if any, are always used")
    ],
    output: Annotated[Path, typer.Option("--output", "-o")],
    count: Annotated[int, typer.Option(min=0, help="pairs to make; 0 only with --pairs")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="the same seed makes the same pairs")] = 0,
    autoencoders: Annotated[
        list[str] | None,
        typer.Option(
            help="further ones beside those in SHARED/weights: 'shipped', a folder, or hf:OWNER/NAME[:SUBFOLDER] "
            "(extra vae); those that ship, where there are no others"
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="processes, of one thread each")] = 2,
    families: Annotated[
        str | None,
        typer.Option(
            help=f"only these families of edits, separated by commas; there are {', '.join(sorted(FAMILIES))}"
        ),
    ] = None,
    size: Annotated[int, typer.Option(min=64, help="longer side of what is stored, in pixels")] = STORED_SIZE,
    pairs: Annotated[
        str | None, typer.Option(help="a corpus of real pairs with masks, hf:OWNER/NAME or a path, that joins them")
    ] = None,
    pairs_limit: Annotated[int, typer.Option(min=1, help="of those, rows to read at most")] = 100_000,
) -> None:
    """Make COUNT pairs; pair N of a seed is always the same, and pairs that are there already are kept."""
    if count == 0 and pairs is None:
        raise ConfigError("expected --count of 1 or more, got 0: without --pairs there is nothing to make")
    at_hand = [str(shared / "weights")] if any((shared / "weights").glob("*.safetensors")) else []
    sources = [*at_hand, *(autoencoders or [])] or [SHIPPED]
    load_round_trips(sources)  # what is wrong with them is said here, once
    weights = None if families is None else {name.strip(): 1.0 for name in families.split(",")}
    if unknown := [name for name in weights or () if name not in FAMILIES]:
        raise ConfigError(unknown_name("family of edits", unknown[0], FAMILIES))
    photos = shared / "data" / "photos"
    if count:
        _photos_to_edit(photos)  # likewise, and before the folder is there
    if pairs is not None:
        load_corpus(pairs)
    require_no_file(output)
    output.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")  # a fork would take over torch's threads
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=leave_with_parent) as pool:
        parts = [
            pool.submit(_make_pairs, photos, sources, output, seed, range(first, count, workers), size, weights)
            for first in range(workers)
        ]
        if pairs is not None:
            parts += [
                pool.submit(_take_pairs, pairs, sources, output, seed, range(first, pairs_limit, workers), size)
                for first in range(workers)
            ]
        follow(parts, [_pair_path(output, seed, index) for index in range(count)])
    print(f"{describe_corpus(output)} (to look at them: sigmask train look {output} -o SHEETS)", flush=True)


def _make_pairs(
    photos: Path,
    autoencoders: list[str],
    output: Path,
    seed: int,
    indices: range,
    size: int,
    weights: Mapping[str, float] | None,
) -> None:
    """Make those pairs of `indices` that are not there yet."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    library = _photos_to_edit(photos)
    round_trips = load_round_trips(autoencoders)
    for index in indices:
        path = _pair_path(output, seed, index)
        if path.exists():
            continue
        record = make_record(
            library, round_trips, np.random.default_rng((seed, index)), stored_size=size, weights=weights
        )
        _write_record(path, record)


def _photos_to_edit(folder: Path) -> PhotoLibrary:
    """The photographs of `folder` but for the held-out tenth."""
    return PhotoLibrary([entry for entry in PhotoLibrary.load(folder).entries if not is_held_out(entry)])


def _pair_path(output: Path, seed: int, index: int) -> Path:
    return output / f"pair-{seed:02d}-{index:06d}.npz"


def _take_pairs(corpus: str, autoencoders: list[str], output: Path, seed: int, rows: range, size: int) -> None:
    """Make records of those rows of a corpus with masks that are not there yet; rows that cannot be used are told."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    round_trips = load_round_trips(autoencoders)
    told_apart = hashlib.sha256(f"{corpus} {seed}".encode()).hexdigest()[:8]  # two corpora may join one folder
    for row, raw in zip(range(rows.stop), load_corpus(corpus).rows(), strict=False):
        path = output / f"pair-real-{told_apart}-{row:06d}.npz"
        if row not in rows or path.exists():
            continue
        sample = decode_pair(raw)
        edit = edit_of_pair(sample) if isinstance(sample, EditPair) else None
        if edit is None:
            reason = sample.message if isinstance(sample, BadSample) else "it has no mask that marks a part of it"
            print(f"{corpus}: row {row} is left out: {reason}", flush=True)
            continue
        _write_record(path, record_of(edit, round_trips, np.random.default_rng((seed, 7, row)), stored_size=size))


def _write_record(path: Path, record: dict[str, Any]) -> None:
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **record)


if __name__ == "__main__":
    run_tool(main)
