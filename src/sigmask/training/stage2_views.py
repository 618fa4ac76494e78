"""What Stage II looks at beside Stage I's views: unlabelled pairs twice, and one edit with and without noise."""

from __future__ import annotations

import warnings
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from sigmask.data.corpus import Corpus, load_corpus
from sigmask.data.geometry import shrink_to
from sigmask.data.raw_pair import decode_pair
from sigmask.data.registration import bring_onto_edited
from sigmask.errors import CorpusError, SigmaskWarning
from sigmask.instruction.parser import parse
from sigmask.synthesis.perturbation import perturb_and_locate, recompress
from sigmask.training.stage1_views import pair_paths, read_record, readable_pair
from sigmask.training.view import cut_alike, picture_noise
from sigmask.types import BadSample, EditPair, EditTuple, ImageArray, MaskArray

_LARGEST = 448  # pixels of the longer side of unlabelled pairs: about what the network sees, as the corpus is stored


@dataclass(frozen=True, slots=True)
class TwoViews:
    """One crop of an unlabelled pair: as it is for the teacher, disturbed and now and then shifted for the student.

    Attributes:
        weak_original, weak_edited, strong_original, strong_edited: (3, S, S) uint8.
        displacement: (2, S, S) float, for every pixel of `strong_edited` how many pixels to the right and below its
            content lies in `weak_edited`. The mask is in the edited image's frame, so it moves along.
        weak_noise, strong_noise: the whole picture's noise level, in [0, 1].
        edit: what was said.
    """

    weak_original: Tensor
    weak_edited: Tensor
    strong_original: Tensor
    strong_edited: Tensor
    displacement: Tensor
    weak_noise: float
    strong_noise: float
    edit: tuple[EditTuple, ...]


@dataclass(frozen=True, slots=True)
class Triple:
    """One crop of a synthetic pair: `clean` has the edit without a round trip, `null` a round trip of the original,
    `noisy` one of the edit; the two round trips are draws of their own.

    Images (3, S, S) uint8; `region` (S, S) float, everything that was touched, redrawn surroundings included; `noise`
    by name, the whole picture's noise level against the original, in [0, 1].
    """

    original: Tensor
    clean: Tensor
    null: Tensor
    noisy: Tensor
    region: Tensor
    noise: dict[str, float]


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
        strong, displacement = _strongly_disturbed(pair.edited, rng, float(rng.uniform(0.5, 1.2)))
        original = recompress(pair.original, rng, (60, 95)) if rng.random() < 0.3 else pair.original
        where = _drawn_crop(pair.edited.shape[:2], rng, self.crop)
        told = parse(pair.instruction) if rng.random() < 0.75 else ()
        return TwoViews(
            weak_original=where.of(pair.original),
            weak_edited=where.of(pair.edited),
            strong_original=where.of(original),
            strong_edited=where.of(strong),
            displacement=where.of_displacement(displacement),
            weak_noise=picture_noise(pair.original, pair.edited),
            strong_noise=picture_noise(original, strong),
            edit=tuple(told),
        )


class Triples(Dataset[Triple]):
    """Triples of those pairs in a Stage I corpus that keep a round trip of the original too.

    Which those are is found out as they are drawn, in about a millisecond each; to open 3,000 files first took 1.8 s,
    with all of them in memory already.
    """

    def __init__(self, folder: Path, *, crop: int, seed: int, positions: range) -> None:
        self.paths = pair_paths(folder)
        if not any(_keeps_null(path) for path in self.paths):
            raise CorpusError(f"expected pairs with a round trip of the original in {folder}, found none")
        self.crop, self.seed, self.positions = crop, seed, positions

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: int) -> Triple:
        rng = np.random.default_rng((self.seed, self.positions[index], 3))
        drawn = (self.paths[int(place)] for place in rng.permutation(len(self.paths)))
        record = read_record(next(path for path in drawn if _keeps_null(path)))
        original = record["original"]
        versions = {
            "clean": record["edited"],
            "null": record["original_round_trip"],
            "noisy": record["edited_round_trip"],
        }
        where = _drawn_crop(original.shape[:2], rng, self.crop)
        return Triple(
            original=where.of(original),
            region=where.of(record["region"]),
            noise={name: picture_noise(original, picture) for name, picture in versions.items()},
            **{name: where.of(picture) for name, picture in versions.items()},
        )


def _keeps_null(path: Path) -> bool:
    """Whether a pair of the corpus has a round trip of its original; its arrays are not read."""
    with readable_pair(path), zipfile.ZipFile(path) as file:
        return "original_round_trip.npy" in file.namelist()


def _strongly_disturbed(
    image: ImageArray, rng: np.random.Generator, share: float
) -> tuple[ImageArray, npt.NDArray[np.float32]]:
    """`image` as `perturb_and_shift` disturbs it, and the displacement (H, W, 2) that goes with it (see `TwoViews`)."""
    disturbed, sources = perturb_and_locate(image, rng, share)
    if sources is None:
        return disturbed, np.zeros((*image.shape[:2], 2), np.float32)
    rows, columns = np.indices(image.shape[:2], dtype=np.float32)
    return disturbed, sources - np.stack([columns, rows], -1)


def read_unlabelled(corpus: str | Path, limit: int | None = None) -> list[EditPair]:
    """The pairs of any corpus that can be read, the original fitted to the edited image.

    Bad rows are left out, and a warning says how many and why. Masks that the corpus has are not decoded, so a bad one
    costs no pair.

    Args:
        limit: pairs to take at most, from the start.

    Raises:
        CorpusError: it is no corpus, or more rows are bad than good.
    """
    pairs: list[EditPair] = []
    bad: list[BadSample] = []
    for row in open_unlabelled(corpus).rows():
        if limit is not None and (len(pairs) == limit or len(bad) > limit):  # then most of them are bad anyway
            break
        sample = decode_pair(row, with_mask=False)
        if isinstance(sample, BadSample):
            bad.append(sample)
            continue
        original, _ = bring_onto_edited(sample.original, sample.edited)
        pairs.append(
            EditPair(
                sample.sample_id,
                shrink_to(original, _LARGEST),
                shrink_to(sample.edited, _LARGEST),
                sample.instruction,
            )
        )
    if bad:
        _tell_left_out(corpus, bad, len(pairs))
    return pairs


def open_unlabelled(corpus: str | Path) -> Corpus:
    """`load_corpus`, whose hints at options for columns are of no use to a training, which has none.

    Raises:
        CorpusError: it is no corpus.
    """
    try:
        return load_corpus(corpus)
    except CorpusError as error:
        if "--original" not in str(error) and "--root" not in str(error):
            raise
        raise CorpusError(
            f"unlabelled: {error}. (A training has no such options: give a table whose columns are called original, "
            "edited and instruction, beside its pictures)"
        ) from error


def _tell_left_out(corpus: str | Path, bad: Sequence[BadSample], good: int) -> None:
    reasons = ", ".join(f"{number} {reason}" for reason, number in Counter(row.reason for row in bad).most_common())
    told = f"{len(bad)} of {len(bad) + good} unlabelled rows of '{corpus}' cannot be used ({reasons}); the first: "
    told += bad[0].message
    if len(bad) > good:
        raise CorpusError(f"{told}. These are too many to train without them: mend the corpus, or give another")
    warnings.warn(f"{told}. They are left out", SigmaskWarning, stacklevel=3)


@dataclass(frozen=True, slots=True)
class _Crop:
    """A crop of S × S pixels at a scale and place; see `cut_alike`."""

    size: tuple[int, int]
    corner: tuple[int, int]
    side: int
    flip: bool

    def of(self, array: ImageArray | MaskArray) -> Tensor:
        """(3, S, S) uint8 of an image, (S, S) float of a mask."""
        (cut,) = cut_alike([array], self.size, self.corner, self.side, flip=self.flip)
        return cut

    def of_displacement(self, displacement: npt.NDArray[np.float32]) -> Tensor:
        """(2, S, S) float of one of (H, W, 2): scaled with the picture, and mirrored with it."""
        height, width = displacement.shape[:2]
        top, left = self.corner
        scaled = cv2.resize(displacement, self.size) * (self.size[0] / width, self.size[1] / height)
        piece = scaled[top : top + self.side, left : left + self.side]
        if self.flip:
            piece = piece[:, ::-1] * (-1, 1)
        return torch.from_numpy(np.ascontiguousarray(piece.transpose(2, 0, 1), np.float32))


def _drawn_crop(shape: tuple[int, int], rng: np.random.Generator, crop: int) -> _Crop:
    """A random scale and place; pictures smaller than the crop are enlarged to it."""
    height, width = shape
    scale = max(float(np.exp(rng.uniform(np.log(0.75), np.log(1.2)))), crop / min(height, width))
    size = (max(crop, round(width * scale)), max(crop, round(height * scale)))
    corner = int(rng.integers(size[1] - crop + 1)), int(rng.integers(size[0] - crop + 1))
    return _Crop(size, corner, crop, flip=rng.random() < 0.5)


def collate_two_views(views: Sequence[TwoViews]) -> dict[str, Any]:
    """A batch.

    Keys: the four images (B, 3, S, S) float in [0, 1]; displacement (B, 2, S, S); `weak_noise` and `strong_noise`
    (B, 1, 1, 1); the edits as a list.
    """
    names = ("weak_original", "weak_edited", "strong_original", "strong_edited")
    batch: dict[str, Any] = {name: _floats([getattr(view, name) for view in views]) for name in names}
    batch |= {name: _levels([getattr(view, name) for view in views]) for name in ("weak_noise", "strong_noise")}
    return batch | {
        "displacement": torch.stack([view.displacement for view in views]),
        "edits": [view.edit for view in views],
    }


def collate_triples(triples: Sequence[Triple]) -> dict[str, Any]:
    """A batch.

    Keys: the images (B, 3, S, S) float in [0, 1]; `region` (B, S, S); `noise`, a dict of (B, 1, 1, 1) by name.
    """
    names = ("original", "clean", "null", "noisy")
    images = {name: _floats([getattr(each, name) for each in triples]) for name in names}
    noise = {name: _levels([each.noise[name] for each in triples]) for name in names[1:]}
    return images | {"region": torch.stack([each.region for each in triples]), "noise": noise}


def _floats(images: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(images)).float().div(255)


def _levels(values: Sequence[float]) -> Tensor:
    return torch.tensor(values)[:, None, None, None]
