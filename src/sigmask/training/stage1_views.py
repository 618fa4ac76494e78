"""What the trainer sees of a Stage I pair: another view at every reading.

A view draws which version of the edited image is shown (clean, through an autoencoder, perturbed), a scale, a crop and
a flip, and which instruction comes with it: its own, none, or another pair's, since the model must believe its eyes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from sigmask.errors import CorpusError, unknown_name
from sigmask.synthesis.perturbation import perturb, recompress
from sigmask.synthesis.synthetic_edit import local_difference
from sigmask.types import Action, EditTuple, ImageArray, MaskArray

_STANDS_OUT = 2.5
_JUST_SEEN = 1.5  # grey levels


@dataclass(frozen=True, slots=True)
class ViewMix:
    """How often each kind of view is drawn; shares in [0, 1] (our choice)."""

    null: float = 0.12
    swapped: float = 0.15
    round_trip: float = 0.6
    perturbed: float = 0.65
    no_instruction: float = 0.25
    wrong_instruction: float = 0.2


@dataclass(frozen=True, slots=True)
class View:
    """One training sample: images (3, S, S) uint8; mask, target and valid (S, S) float; and what was said.

    `valid` is 0 where nobody can say whether something was edited: what was redrawn so faintly that noise hides it.
    """

    original: Tensor
    edited: Tensor
    mask: Tensor
    target: Tensor
    valid: Tensor
    edit: tuple[EditTuple, ...]
    instruction_is_right: bool


@dataclass(frozen=True, slots=True)
class KindChoice:
    """Which kinds of edits are drawn. A kind is an action ("text") or a family of makers ("material").

    Attributes:
        new: kinds that are to be learned; they are `new_share` of the views, all others are replay.
        left_out: kinds that are never drawn.
    """

    new: tuple[str, ...] = ()
    new_share: float = 0.5
    left_out: tuple[str, ...] = ()


class Stage1Views(Dataset[View]):
    """Views of the pairs in `folder`; item N of an epoch is always the same for a seed.

    Index i stands for position i of an endless sequence: epoch i // len(pairs), in an order drawn per epoch; with new
    kinds, each position draws its group and its pair.
    """

    def __init__(
        self, folder: Path, *, crop: int, seed: int, positions: range, mix: ViewMix, kinds: KindChoice | None = None
    ) -> None:
        self.paths = sorted(folder.glob("pair-*.npz"))
        if not self.paths:
            raise CorpusError(f"expected pair-*.npz in {folder} (made by sigmask.synthesis.stage1_corpus); found none")
        self.crop, self.seed, self.positions, self.mix = crop, seed, positions, mix
        self.new: list[Path] = []
        self.new_share = 0.0
        if kinds is not None and (kinds.new or kinds.left_out):
            self.paths, self.new = _chosen(self.paths, kinds)
            self.new_share = kinds.new_share if self.new else 0.0

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: int) -> View:
        position = self.positions[index]
        epoch, place = divmod(position, len(self.paths))
        chosen = self.paths[int(np.random.default_rng((self.seed, epoch)).permutation(len(self.paths))[place])]
        rng = np.random.default_rng((self.seed, position, 1))
        other = json.loads(str(read_record(self.paths[rng.integers(len(self.paths))], ("meta",))["meta"]))
        if self.new and rng.random() < self.new_share:
            chosen = self.new[int(rng.integers(len(self.new)))]
        return draw_view(read_record(chosen), edit_from_json(other["edit"]), rng, self.crop, self.mix)


def _chosen(paths: list[Path], kinds: KindChoice) -> tuple[list[Path], list[Path]]:
    """(replay, new) of `paths`.

    Raises:
        CorpusError: a kind does not occur, or nothing is left to replay.
    """
    of_path: dict[Path, set[str]] = {}
    for path in paths:
        meta = json.loads(str(read_record(path, ("meta",))["meta"]))
        of_path[path] = {meta["action"], meta["family"]}
    known = set().union(*of_path.values())
    for kind in (*kinds.new, *kinds.left_out):
        if kind not in known:
            raise CorpusError(unknown_name("kind of edit in this corpus", kind, sorted(known)))
    kept = [path for path in paths if not of_path[path] & set(kinds.left_out)]
    new = [path for path in kept if of_path[path] & set(kinds.new)]
    replay = [path for path in kept if path not in set(new)]
    if not replay:
        raise CorpusError("every pair of the corpus is of a new or a left-out kind: nothing is left to replay")
    return replay, new


def draw_view(
    record: dict[str, Any], other: tuple[EditTuple, ...], rng: np.random.Generator, crop: int, mix: ViewMix
) -> View:
    """One view of a record as `stage1_corpus.make_record` gives it; `other` is another pair's edit."""
    original: ImageArray = record["original"]
    mask: MaskArray = record["mask"]
    target: MaskArray = record["target"]
    edit = edit_from_json(json.loads(str(record["meta"]))["edit"])
    right, valid = True, np.ones_like(mask)
    if rng.random() < mix.null:
        edited = record.get("original_round_trip", original)
        edited, mask = perturb(edited, rng, 1.0), np.zeros_like(mask)
        right = False  # the named thing was never added or removed: nothing to ground on
    else:
        edited = record["edited_round_trip" if rng.random() < mix.round_trip else "edited"]
        if rng.random() < mix.perturbed:
            edited = perturb(edited, rng, rng.uniform(0.3, 1.2))
    if rng.random() < 0.2:
        original = recompress(original, rng, (70, 98))
    if mask.any():
        mask, valid = mask_of_redrawn(original, edited, mask, record["region"])
    draw = rng.random()
    if rng.random() < mix.swapped:
        original, edited, edit, right = edited, original, (), False
    elif draw < mix.no_instruction:
        edit, right = (), False
    elif draw < mix.no_instruction + mix.wrong_instruction:
        edit, right = other, False
    pictures = _crop([original, edited], [mask, target, valid], rng, crop)
    return View(*pictures, edit=edit, instruction_is_right=right)


def mask_of_redrawn(
    original: ImageArray, edited: ImageArray, mask: MaskArray, region: MaskArray
) -> tuple[MaskArray, MaskArray]:
    """The mask and the valid pixels of a pair whose `region` ⊇ `mask` was redrawn, faintly outside `mask`.

    Where the redrawn part stands out from what differs in the rest of the picture, the mask is `region`; else that
    part is not valid.
    """
    faint = region & ~mask
    if not faint.any() or region.all():
        return mask, np.ones_like(mask)
    difference = local_difference(original, edited)
    noise = float(np.median(difference[~region]))
    if float(np.median(difference[faint])) > _STANDS_OUT * noise + _JUST_SEEN:
        return region, np.ones_like(mask)
    return mask, ~faint


def collate_views(views: list[View]) -> dict[str, Any]:
    """A batch: images (B, 3, S, S) float in [0, 1], mask, target and valid (B, S, S), and the edits as a list."""
    return {
        "original": torch.stack([view.original for view in views]).float().div(255),
        "edited": torch.stack([view.edited for view in views]).float().div(255),
        "mask": torch.stack([view.mask for view in views]),
        "target": torch.stack([view.target for view in views]),
        "valid": torch.stack([view.valid for view in views]),
        "edits": [view.edit for view in views],
        "instruction_is_right": torch.tensor([view.instruction_is_right for view in views]),
    }


def edit_from_json(parts: list[dict[str, Any]]) -> tuple[EditTuple, ...]:
    """The tuples that `stage1_corpus` stored."""
    return tuple(
        EditTuple(**{**part, "action": Action(part["action"]), "attributes": tuple(part["attributes"])})
        for part in parts
    )


def read_record(path: Path, names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """A pair of the corpus as `stage1_corpus.make_record` gave it, or those keys of it."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in names or file.files}


def _crop(
    images: list[ImageArray], masks: list[MaskArray], rng: np.random.Generator, crop: int
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The same random scale, crop and flip for all; small pictures are enlarged to the crop's size."""
    height, width = masks[0].shape
    scale = max(float(np.exp(rng.uniform(np.log(0.75), np.log(1.3)))), crop / min(height, width))
    size = (max(crop, round(width * scale)), max(crop, round(height * scale)))
    top, left = _corner(cv2.resize(masks[0].astype(np.uint8), size) > 0, rng, crop)
    cut = cut_alike([*images, *masks], size, (top, left), crop, flip=rng.random() < 0.5)
    return cut[0], cut[1], cut[2], cut[3], cut[4]


def cut_alike(
    arrays: Sequence[ImageArray | MaskArray], size: tuple[int, int], corner: tuple[int, int], crop: int, *, flip: bool
) -> list[Tensor]:
    """The same square crop of arrays of one size: (3, S, S) uint8 for images, (S, S) float for masks.

    Args:
        size: (width, height) to which they are scaled first.
        corner: top and left of the crop there.
    """
    top, left = corner
    cut: list[Tensor] = []
    for array in arrays:
        picture = array.astype(np.float32) if array.ndim == 2 else array
        method = cv2.INTER_AREA if size[0] < array.shape[1] else cv2.INTER_LINEAR
        piece = cv2.resize(picture, size, interpolation=method)[top : top + crop, left : left + crop]
        tensor = torch.from_numpy(np.ascontiguousarray(piece[:, ::-1] if flip else piece))
        cut.append(tensor.permute(2, 0, 1) if tensor.ndim == 3 else (tensor >= 0.5).float())
    return cut


def _corner(mask: MaskArray, rng: np.random.Generator, crop: int) -> tuple[int, int]:
    """Top and left of the crop; four times in five it holds a point of the mask, if there is one."""
    room = (mask.shape[0] - crop, mask.shape[1] - crop)
    marked = np.argwhere(mask)
    if len(marked) == 0 or rng.random() < 0.2:
        return int(rng.integers(0, room[0] + 1)), int(rng.integers(0, room[1] + 1))
    point = marked[rng.integers(len(marked))]
    corner = []
    for axis in (0, 1):
        low = max(0, min(room[axis], point[axis] - crop + 1))
        corner.append(int(rng.integers(low, max(low, min(room[axis], point[axis])) + 1)))
    return corner[0], corner[1]
