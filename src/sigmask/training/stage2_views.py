"""What Stage II looks at beside Stage I's views: unlabelled pairs twice, and one edit with and without noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from sigmask.data.corpus import load_corpus
from sigmask.data.geometry import shrink_to
from sigmask.data.raw_pair import decode_pair
from sigmask.data.registration import bring_onto_edited
from sigmask.errors import CorpusError
from sigmask.instruction.parser import parse
from sigmask.synthesis.perturbation import perturb, recompress
from sigmask.training.stage1_views import read_record
from sigmask.training.view import cut_alike
from sigmask.types import BadSample, EditPair, EditTuple, ImageArray, MaskArray

_LARGEST = 448  # pixels of the longer side of unlabelled pairs: about what the network sees, as the corpus is stored


@dataclass(frozen=True, slots=True)
class TwoViews:
    """One crop of an unlabelled pair, (3, S, S) uint8 each: as it is for the teacher, disturbed for the student."""

    weak_original: Tensor
    weak_edited: Tensor
    strong_original: Tensor
    strong_edited: Tensor
    edit: tuple[EditTuple, ...]


@dataclass(frozen=True, slots=True)
class Triple:
    """One crop of a synthetic pair: `clean` has the edit without a round trip, `null` a round trip of the original,
    `noisy` one of the edit; the two round trips are draws of their own.

    Images (3, S, S) uint8; `region` (S, S) float, everything that was touched, redrawn surroundings included.
    """

    original: Tensor
    clean: Tensor
    null: Tensor
    noisy: Tensor
    region: Tensor


class UnlabelledViews(Dataset[TwoViews]):
    """Views of real pairs without masks; item N is always the same for a seed. The pairs are kept in memory."""

    def __init__(self, pairs: Sequence[EditPair], *, crop: int, seed: int, positions: range) -> None:
        if not pairs:
            raise CorpusError("self-training needs unlabelled pairs; none could be read")
        self.pairs, self.crop, self.seed, self.positions = pairs, crop, seed, positions

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: int) -> TwoViews:
        rng = np.random.default_rng((self.seed, self.positions[index], 2))
        pair = self.pairs[int(rng.integers(len(self.pairs)))]
        strong = perturb(pair.edited, rng, float(rng.uniform(0.5, 1.2)))
        original = recompress(pair.original, rng, (60, 95)) if rng.random() < 0.3 else pair.original
        cut = _random_crop([pair.original, pair.edited, original, strong], rng, self.crop)
        told = parse(pair.instruction) if rng.random() < 0.75 else ()
        weak_original, weak_edited, strong_original, strong_edited = cut
        return TwoViews(weak_original, weak_edited, strong_original, strong_edited, tuple(told))


class Triples(Dataset[Triple]):
    """Triples of those pairs in a Stage I corpus that keep a round trip of the original too."""

    def __init__(self, folder: Path, *, crop: int, seed: int, positions: range) -> None:
        paths = sorted(folder.glob("pair-*.npz"))
        self.paths = [path for path in paths if "original_round_trip" in np.load(path).files]
        if not self.paths:
            raise CorpusError(f"expected pairs with a round trip of the original in {folder}, found none")
        self.crop, self.seed, self.positions = crop, seed, positions

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: int) -> Triple:
        rng = np.random.default_rng((self.seed, self.positions[index], 3))
        record = read_record(self.paths[int(rng.integers(len(self.paths)))])
        names = ("original", "edited", "original_round_trip", "edited_round_trip", "region")
        return Triple(*_random_crop([record[name] for name in names], rng, self.crop))


def read_unlabelled(corpus: str | Path, limit: int | None = None) -> list[EditPair]:
    """The pairs of any corpus that can be read, the original fitted to the edited image; bad rows are left out.

    Masks that the corpus has are not decoded, so a bad one costs no pair.

    Args:
        limit: pairs to take at most, from the start.
    """
    pairs: list[EditPair] = []
    for row in load_corpus(corpus).rows():
        if len(pairs) == limit:
            break
        sample = row if isinstance(row, BadSample) else decode_pair(row, with_mask=False)
        if isinstance(sample, EditPair):
            original, _ = bring_onto_edited(sample.original, sample.edited)
            pairs.append(
                EditPair(
                    sample.sample_id,
                    shrink_to(original, _LARGEST),
                    shrink_to(sample.edited, _LARGEST),
                    sample.instruction,
                )
            )
    return pairs


def _random_crop(arrays: Sequence[ImageArray | MaskArray], rng: np.random.Generator, crop: int) -> list[Tensor]:
    """The same crop of all, at a random scale and place; pictures smaller than the crop are enlarged to it."""
    height, width = arrays[0].shape[:2]
    scale = max(float(np.exp(rng.uniform(np.log(0.75), np.log(1.2)))), crop / min(height, width))
    size = (max(crop, round(width * scale)), max(crop, round(height * scale)))
    corner = int(rng.integers(size[1] - crop + 1)), int(rng.integers(size[0] - crop + 1))
    return cut_alike(arrays, size, corner, crop, flip=rng.random() < 0.5)


def collate_two_views(views: Sequence[TwoViews]) -> dict[str, Any]:
    """(B, 3, S, S) float in [0, 1] by name, and the edits as a list."""
    names = ("weak_original", "weak_edited", "strong_original", "strong_edited")
    batch: dict[str, Any] = {name: _floats([getattr(view, name) for view in views]) for name in names}
    return batch | {"edits": [view.edit for view in views]}


def collate_triples(triples: Sequence[Triple]) -> dict[str, Tensor]:
    """(B, 3, S, S) float in [0, 1] by name, and `region` (B, S, S)."""
    names = ("original", "clean", "null", "noisy")
    images = {name: _floats([getattr(each, name) for each in triples]) for name in names}
    return images | {"region": torch.stack([each.region for each in triples])}


def _floats(images: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(images)).float().div(255)
