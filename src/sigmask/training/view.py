"""One view of a Stage I pair: another one at every drawing.

A view draws which version of the edited image is shown (clean, through an autoencoder, weakened, perturbed), a scale, a
crop and a flip, and which instruction comes with it: its own, none, or another pair's, since the model must believe its
eyes. Beside the instruction's words it names things that the picture shows or lacks, for grounding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from sigmask.instruction.named_concepts import named_concepts
from sigmask.models.semantic_difference import noise_level
from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.leakage import leak_around
from sigmask.synthesis.named_view import is_left_out, left_out_words
from sigmask.synthesis.perturbation import perturb, perturb_and_shift, recompress, smooth_shares
from sigmask.synthesis.region import distance_to
from sigmask.synthesis.synthetic_edit import local_difference
from sigmask.training.setting_ranges import Share
from sigmask.types import Action, EditTuple, ImageArray, MaskArray

SCENE_PRESENT, SCENE_ABSENT = 3, 2
"""Names that grounding is asked for beside the instruction's: of things that are there, and that are not."""
WEAKENED_TO = (0.25, 0.7)
"""The share of an edit's change that stays in a weakened view."""
PATCHY_SHARE, PATCHY_TO = 0.5, (0.1, 1.0)
"""How many of the weakened views are so in patches, and how much of the change stays there, from place to place. An
editor redraws a dog's head and hardly its coat, and the mask is the dog (our choice)."""
FADES_TO, FADES_OVER = (0.1, 0.5), (0.02, 0.25)
"""The share of the change that stays at the outline of an edit that fades, and over how far it grows to the whole, as a
share of the square root of the edit's area (our choice)."""
_STANDS_OUT = 2.5
_JUST_SEEN = 1.5  # grey levels


@dataclass(frozen=True, slots=True)
class ViewMix:
    """How often each kind of view is drawn; shares in [0, 1] (our choice).

    `weakened` is a share of the edits that come with the right words: where evidence is weak, words are what settles
    it, and a model that sees weak edits without words learns to do without. `wrong_style` is a share of the wrong
    instructions: they ask for a style, whose prior is the whole picture, of a picture that has none. `uneven` is a
    share of what is perturbed, null pairs included: `perturbation.perturb` comes and goes over the picture there.
    `leaking` is a share of the edits whose surroundings were not redrawn already: what lies around them is drawn anew a
    little, and stays out of the mask. `fading` is a share of the edits that fade towards their outline, as a glow or a
    brush with a soft edge does; those that are weakened do not.
    """

    null: Share = 0.12
    swapped: Share = 0.15
    round_trip: Share = 0.65
    weakened: Share = 0.12
    perturbed: Share = 0.7
    uneven: Share = 0.0
    leaking: Share = 0.0
    fading: Share = 0.0
    no_instruction: Share = 0.25
    wrong_instruction: Share = 0.2
    wrong_style: Share = 0.15


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
    swapped = rng.random() < mix.swapped
    edit, right = _told(edit_from_json(meta["edit"]), other, rng, mix, silent=swapped)
    if leave_out and any(left_out_words().search(name) for name, _ in named_concepts(edit)):
        edit, right = (), False
    if rng.random() < mix.null:
        original, edited, mask, region = _null_pair(record, rng, mix.uneven)
    else:
        weakened = mix.weakened if right else 0.0
        original, edited, mask, region = _edited_pair(record, rng, mix, weakened=weakened, keeps_grid=swapped)
    shows_photo = original is record["original"] and not swapped
    if rng.random() < 0.2:
        original = recompress(original, rng, (70, 98))
    mask, valid = mask_of_redrawn(original, edited, mask, region)
    right = right and bool(mask.any())  # what is in no null pair cannot be pointed at
    asking = np.random.default_rng(rng.integers(1 << 32))  # of its own: what is asked for must not decide the crop
    told = _regions_told(record, meta["located"]) if right else {}
    asked = _asked(record, meta, asking, leave_out=leave_out) if shows_photo else {}
    if swapped:
        original, edited = edited, original
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
        noise=picture_noise(original, edited),
    )


def _told(
    own: tuple[EditTuple, ...],
    other: tuple[EditTuple, ...],
    rng: np.random.Generator,
    mix: ViewMix,
    *,
    silent: bool,
) -> tuple[tuple[EditTuple, ...], bool]:
    """What is said of a view, and whether it is right; with `silent` nothing is."""
    draw = rng.random()
    if silent or draw < mix.no_instruction:
        return (), False
    if draw >= mix.no_instruction + mix.wrong_instruction:
        return own, True
    return (_some_style(rng),) if rng.random() < mix.wrong_style else other, False


def _some_style(rng: np.random.Generator) -> EditTuple:
    wordings = vocabulary()["styles"]
    return EditTuple(None, str(rng.choice(wordings[str(rng.choice(list(wordings)))])), Action.STYLE)


Seen = tuple[ImageArray, ImageArray, MaskArray, MaskArray]
"""Original, edited, mask, and the region that was redrawn, all in the edited image's grid."""


def _null_pair(record: dict[str, Any], rng: np.random.Generator, uneven: float) -> Seen:
    """A picture against its own round trip, or, three times in ten, only perturbed."""
    if rng.random() < 0.3:
        original, again = record["original"], record["original"]
    elif "original_round_trip" in record:
        original, again = record["original"], record["original_round_trip"]
    else:  # an edited picture is as good as any: nothing is edited between these two
        original, again = record["edited"], record["edited_round_trip"]
    nothing = np.zeros_like(record["mask"])
    again, _ = perturb_and_shift(again, [], rng, float(rng.uniform(0.3, 1.2)), uneven)
    return original, again, nothing, nothing


def _edited_pair(
    record: dict[str, Any], rng: np.random.Generator, mix: ViewMix, *, weakened: float, keeps_grid: bool
) -> Seen:
    """With `keeps_grid` nothing is shifted, so that the mask fits the original too."""
    original, mask, region = record["original"], record["mask"], record["region"]
    edited = record["edited_round_trip" if rng.random() < mix.round_trip else "edited"]
    kept: float | np.ndarray | None = None
    if rng.random() < weakened:
        kept = _weak_share(mask.shape, rng)
    elif mix.fading and rng.random() < mix.fading:
        kept = _fading_share(mask, rng)
    if kept is not None:
        edited = _with_less_change(edited, record["edited"].astype(np.float32) - original, kept)
    if mix.leaking and np.array_equal(mask, region) and rng.random() < mix.leaking:
        edited = leak_around(edited, mask, rng)
    if rng.random() < mix.perturbed:
        share = float(rng.uniform(0.3, 1.2))
        if keeps_grid:
            return original, perturb(edited, rng, share, mix.uneven), mask, region
        edited, (mask, region) = perturb_and_shift(edited, [mask, region], rng, share, mix.uneven)
    return original, edited, mask, region


def _with_less_change(image: ImageArray, change: np.ndarray, kept: float | np.ndarray) -> ImageArray:
    """Only the share `kept` of the edit's `change` stays, and all of the noise that `image` has beside it."""
    return np.asarray(np.clip(np.rint(image - (1 - kept) * change), 0, 255), dtype=np.uint8)


def _weak_share(shape: tuple[int, int], rng: np.random.Generator) -> float | np.ndarray:
    """How much of a weakened edit stays, in all of it or in patches: evidence that an instruction could settle."""
    everywhere = float(rng.uniform(*WEAKENED_TO))
    return _patches(shape, rng) if rng.random() < PATCHY_SHARE else everywhere


def _fading_share(mask: MaskArray, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 1) share of an edit's change that stays: less and less towards the outline of `mask`."""
    width = float(rng.uniform(*FADES_OVER)) * float(np.sqrt(mask.sum())) + 1
    at_outline = float(rng.uniform(*FADES_TO))
    grown = np.minimum(1.0, distance_to(~mask) / width)
    return np.asarray(at_outline + (1 - at_outline) * grown)[:, :, None]


def _patches(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """(H, W, 1) smooth field of shares within `PATCHY_TO`, of which about half lie near either end."""
    low, high = PATCHY_TO
    return low + (high - low) * smooth_shares(shape, rng)


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


def picture_noise(original: ImageArray, edited: ImageArray) -> float:
    """The `noise_level` of two whole pictures, (H, W, 3) uint8 each."""
    pictures = (torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] for image in (original, edited))
    before, after = (picture.float().div(255) for picture in pictures)
    return float(noise_level(before, after))


def mask_of_redrawn(
    original: ImageArray, edited: ImageArray, mask: MaskArray, region: MaskArray
) -> tuple[MaskArray, MaskArray]:
    """The mask and the valid pixels of a pair whose `region` ⊇ `mask` was redrawn, faintly outside `mask`.

    An empty mask stays empty. Where the redrawn part stands out from what differs in the rest of the picture, the mask
    is `region`; else that part is not valid.
    """
    faint = region & ~mask
    if not faint.any() or region.all() or not mask.any():
        return mask, np.ones_like(mask)
    difference = local_difference(original, edited)
    noise = float(np.median(difference[~region]))
    if float(np.median(difference[faint])) > _STANDS_OUT * noise + _JUST_SEEN:
        return region, np.ones_like(mask)
    return mask, ~faint


def edit_from_json(parts: list[dict[str, Any]]) -> tuple[EditTuple, ...]:
    """The tuples that `stage1_corpus` stored."""
    return tuple(
        EditTuple(**{**part, "action": Action(part["action"]), "attributes": tuple(part["attributes"])})
        for part in parts
    )


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
