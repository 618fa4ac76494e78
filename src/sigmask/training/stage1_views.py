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
from sigmask.instruction.named_concepts import MAX_CONCEPTS, named_concepts
from sigmask.models.semantic_difference import noise_level
from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.named_view import is_left_out, left_out_words
from sigmask.synthesis.perturbation import SHIFT_SHARE, perturb, recompress, shift_slightly
from sigmask.synthesis.synthetic_edit import local_difference
from sigmask.types import Action, EditTuple, ImageArray, MaskArray

SCENE_PRESENT, SCENE_ABSENT = 3, 2
"""Names that grounding is asked for beside the instruction's: of things that are there, and that are not."""
WEAKENED_TO = (0.25, 0.7)
"""The share of an edit's change that stays in a weakened view."""
_STANDS_OUT = 2.5
_JUST_SEEN = 1.5  # grey levels


@dataclass(frozen=True, slots=True)
class ViewMix:
    """How often each kind of view is drawn; shares in [0, 1] (our choice)."""

    null: float = 0.12
    swapped: float = 0.15
    round_trip: float = 0.65
    weakened: float = 0.12
    perturbed: float = 0.7
    no_instruction: float = 0.25
    wrong_instruction: float = 0.2


@dataclass(frozen=True, slots=True)
class View:
    """One training sample, a crop of S × S pixels.

    Attributes:
        original, edited: (3, S, S) uint8.
        mask: (S, S) float.
        valid: (S, S) float, 0 where nobody can say whether something was edited: what was redrawn so faintly that noise
            hides it.
        edit: what was said.
        instruction_is_right: False for none, another pair's, and one that nothing came of.
        concepts: slot in `named_concepts(edit)` → (S, S) float, where that concept lies; those with a place only.
        scene: name → (S, S) float, where such things lie on the original; nowhere for what the picture lacks.
        changed_share: of the whole picture.
        noise: the whole picture's noise level, in [0, 1].
    """

    original: Tensor
    edited: Tensor
    mask: Tensor
    valid: Tensor
    edit: tuple[EditTuple, ...]
    instruction_is_right: bool
    concepts: dict[int, Tensor]
    scene: dict[str, Tensor]
    changed_share: float
    noise: float


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

    With `leave_out`, no view names a class of the fixed fifth that grounding is measured on unseen.

    Index i stands for position i of an endless sequence: epoch i // len(pairs), in an order drawn per epoch; with new
    kinds, each position draws its group and its pair.
    """

    def __init__(
        self,
        folder: Path,
        *,
        crop: int,
        seed: int,
        positions: range,
        mix: ViewMix,
        kinds: KindChoice | None = None,
        leave_out: bool = False,
    ) -> None:
        self.paths = sorted(folder.glob("pair-*.npz"))
        if not self.paths:
            raise CorpusError(f"expected pair-*.npz in {folder} (made by sigmask.synthesis.stage1_corpus); found none")
        if "located" not in json.loads(str(read_record(self.paths[0], ("meta",))["meta"])):
            raise CorpusError(f"{folder} was made by an earlier version: remove it, and make it anew")
        self.crop, self.seed, self.positions, self.mix, self.leave_out = crop, seed, positions, mix, leave_out
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
        said = edit_from_json(other["edit"])
        return draw_view(read_record(chosen), said, rng, self.crop, self.mix, leave_out=self.leave_out)


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
    record: dict[str, Any],
    other: tuple[EditTuple, ...],
    rng: np.random.Generator,
    crop: int,
    mix: ViewMix,
    *,
    leave_out: bool = False,
) -> View:
    """One view of a record as `stage1_corpus.make_record` gives it; `other` is another pair's edit."""
    meta = json.loads(str(record["meta"]))
    seen = _null_pair(record, rng) if rng.random() < mix.null else _edited_pair(record, rng, mix)
    original, edited, mask, region = seen
    shows_photo = original is record["original"]
    if rng.random() < 0.2:
        original = recompress(original, rng, (70, 98))
    if mask.any():
        mask, valid = mask_of_redrawn(original, edited, mask, region)
    else:
        valid = np.ones_like(mask)
    edit, right = edit_from_json(meta["edit"]), bool(mask.any())  # what is in no null pair cannot be pointed at
    draw = rng.random()
    if rng.random() < mix.swapped:
        original, edited, edit, right = edited, original, (), False
        shows_photo = False
    elif draw < mix.no_instruction:
        edit, right = (), False
    elif draw < mix.no_instruction + mix.wrong_instruction:
        edit, right = other, False
    if leave_out and any(left_out_words().search(name) for name, _ in named_concepts(edit)):
        edit, right = (), False
    told = _regions_told(record, meta["located"]) if right else {}
    asking = np.random.default_rng(rng.integers(1 << 32))  # of its own: what is asked for must not decide the crop
    asked = _asked(record, meta, asking, leave_out=leave_out) if shows_photo else {}
    regions = [*told.values(), *(region for region in asked.values() if region is not None)]
    cut = _crop([original, edited], [mask, valid, *regions], rng, crop)
    of_told, of_asked = iter(cut[4 : 4 + len(told)]), iter(cut[4 + len(told) :])
    nowhere = torch.zeros(crop, crop)
    return View(
        original=cut[0],
        edited=cut[1],
        mask=cut[2],
        valid=cut[3],
        edit=edit,
        instruction_is_right=right,
        concepts={slot: next(of_told) for slot in told},
        scene={name: nowhere if region is None else next(of_asked) for name, region in asked.items()},
        changed_share=float(mask.mean()),
        noise=_noise_level(original, edited),
    )


Seen = tuple[ImageArray, ImageArray, MaskArray, MaskArray]
"""Original, edited, mask, and the region that was redrawn, all in the edited image's grid."""


def _null_pair(record: dict[str, Any], rng: np.random.Generator) -> Seen:
    """A picture against its own round trip, or, three times in ten, only perturbed."""
    if rng.random() < 0.3:
        original, again = record["original"], record["original"]
    elif "original_round_trip" in record:
        original, again = record["original"], record["original_round_trip"]
    else:  # an edited picture is as good as any: nothing is edited between these two
        original, again = record["edited"], record["edited_round_trip"]
    nothing = np.zeros_like(record["mask"])
    return original, _perturbed(again, [], rng, float(rng.uniform(0.3, 1.2)))[0], nothing, nothing


def _edited_pair(record: dict[str, Any], rng: np.random.Generator, mix: ViewMix) -> Seen:
    original, mask, region = record["original"], record["mask"], record["region"]
    edited = record["edited_round_trip" if rng.random() < mix.round_trip else "edited"]
    if rng.random() < mix.weakened:
        edited = _weakened(edited, record["edited"].astype(np.float32) - original, rng)
    if rng.random() < mix.perturbed:
        edited, (mask, region) = _perturbed(edited, [mask, region], rng, float(rng.uniform(0.3, 1.2)))
    return original, edited, mask, region


def _weakened(image: ImageArray, change: np.ndarray, rng: np.random.Generator) -> ImageArray:
    """Only a share of the edit's change stays, and all of the noise: evidence that an instruction could settle."""
    removed = 1 - float(rng.uniform(*WEAKENED_TO))
    return np.asarray(np.clip(np.rint(image - removed * change), 0, 255), dtype=np.uint8)


def _perturbed(
    image: ImageArray, masks: list[MaskArray], rng: np.random.Generator, share: float
) -> tuple[ImageArray, list[MaskArray]]:
    if rng.random() < SHIFT_SHARE * share:
        image, masks = shift_slightly(image, masks, rng)
    return perturb(image, rng, share), masks


def _regions_told(record: dict[str, Any], located: list[bool]) -> dict[int, MaskArray]:
    """Slot among the named concepts → where it lies, for those that have a place."""
    return {slot: record["concept_regions"][slot] for slot, known in enumerate(located) if known}


def _asked(
    record: dict[str, Any], meta: dict[str, Any], rng: np.random.Generator, *, leave_out: bool
) -> dict[str, MaskArray | None]:
    """Names that grounding is asked for beside the instruction's: things of the scene, and things it lacks (None)."""
    if not meta["named"]:
        return {}
    there = [slot for slot, name in enumerate(meta["scene"]) if not (leave_out and is_left_out(name))]
    asked: dict[str, MaskArray | None] = {}
    for slot in rng.permutation(there)[:SCENE_PRESENT]:
        asked[meta["scene"][slot]] = record["scene_regions"][slot]
    classes = list(vocabulary()["synonyms"])
    for index in rng.integers(len(classes), size=SCENE_ABSENT):
        name = classes[index]
        if name not in meta["scene"] and name not in meta["uncertain"] and not (leave_out and is_left_out(name)):
            asked[name] = None
    return asked


def _noise_level(original: ImageArray, edited: ImageArray) -> float:
    pictures = (torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None] for image in (original, edited))
    before, after = (picture.float().div(255) for picture in pictures)
    return float(noise_level(before, after))


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
    """A batch.

    Keys: images (B, 3, S, S) float in [0, 1]; mask and valid (B, S, S); the edits as a list; `concept_regions`
    (B, `MAX_CONCEPTS`, S, S) and `located` (B, `MAX_CONCEPTS`) bool; `scene_names`, a list of tuples, with
    `scene_regions` (B, N, S, S); changed_share (B,) and noise (B, 1, 1, 1).
    """
    size = views[0].mask.shape
    concept_regions = torch.zeros(len(views), MAX_CONCEPTS, *size)
    located = torch.zeros(len(views), MAX_CONCEPTS, dtype=torch.bool)
    scene_regions = torch.zeros(len(views), SCENE_PRESENT + SCENE_ABSENT, *size)
    for row, view in enumerate(views):
        for slot, region in view.concepts.items():
            concept_regions[row, slot], located[row, slot] = region, True
        for slot, region in enumerate(view.scene.values()):
            scene_regions[row, slot] = region
    return {
        "original": torch.stack([view.original for view in views]).float().div(255),
        "edited": torch.stack([view.edited for view in views]).float().div(255),
        "mask": torch.stack([view.mask for view in views]),
        "valid": torch.stack([view.valid for view in views]),
        "edits": [view.edit for view in views],
        "concept_regions": concept_regions,
        "located": located,
        "scene_names": [tuple(view.scene) for view in views],
        "scene_regions": scene_regions,
        "changed_share": torch.tensor([view.changed_share for view in views]),
        "noise": torch.tensor([view.noise for view in views])[:, None, None, None],
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


def _crop(images: list[ImageArray], masks: list[MaskArray], rng: np.random.Generator, crop: int) -> list[Tensor]:
    """The same random scale, crop and flip for all; small pictures are enlarged to the crop's size."""
    height, width = masks[0].shape
    scale = max(float(np.exp(rng.uniform(np.log(0.75), np.log(1.3)))), crop / min(height, width))
    size = (max(crop, round(width * scale)), max(crop, round(height * scale)))
    top, left = _corner(cv2.resize(masks[0].astype(np.uint8), size) > 0, rng, crop)
    return cut_alike([*images, *masks], size, (top, left), crop, flip=rng.random() < 0.5)


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
