"""How well the prior points: on held-out photographs with polygons, and apart for classes that training left out.

`python -m sigmask.evaluation.prior_accuracy --photos DIR --model tiny`

*Pointing accuracy*: the share of (photograph, class) pairs whose brightest token lies on the class; in brackets its
95 % interval, a bootstrap of photographs with all their classes. What points is the map of the one name, as
`similarity_of` gives it, with no side of the picture told. Regions under `LEAST_AREA` of the photograph are not asked
for, nor names that the text encoder does not know. *mIoU*: the mean IoU of the map above one
half with the class's region. "Left out" are the classes of `is_left_out`; the figures mean what they say only of
weights whose grounding was trained with `leave_out: true`. Even then the trunk may know the classes: Stage I's prior
loss adapts it on all photographs, and its ImageNet start has seen most of them by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor

from sigmask.command_errors import run_tool
from sigmask.errors import ConfigError
from sigmask.evaluation.significance import Interval, bootstrap_interval
from sigmask.evaluation.tables import markdown_table
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.models.instruction_batch import collate_instructions
from sigmask.models.locator import Locator
from sigmask.models.pixels import pixels_of
from sigmask.synthesis.named_view import NamedView, is_held_out, is_left_out, named_view
from sigmask.synthesis.photos import PhotoEntry, PhotoLibrary
from sigmask.types import Action, EditTuple, MapArray, MaskArray


@dataclass(frozen=True, slots=True)
class Pointing:
    """One class in one photograph, by its number; `share` is what of the picture it covers: what a blind guess would
    hit."""

    name: str
    hit: bool
    iou: float
    share: float
    photograph: int = 0


def prior_map(model: Locator, encoder: TextEncoder, features: Tensor, name: str) -> MapArray | None:
    """(h, w) float32 in [0, 1], where a concept is on the tokens' grid: the sigmoid of `prior_logits`, or None."""
    logits = prior_logits(model, encoder, features, name)
    return None if logits is None else torch.sigmoid(torch.from_numpy(logits)).numpy()


def prior_logits(model: Locator, encoder: TextEncoder, features: Tensor, name: str) -> MapArray | None:
    """(h, w) float32, unbounded: how much each token of one picture looks like a concept; above 0 it is more likely
    there than not. None where the encoder does not know the word.

    Args:
        features: (1, C, h, w), the backbone's coarsest depth.
        name: the concept, a word or a phrase.
    """
    instruction = collate_instructions([(EditTuple(name, None, Action.REPLACE),)], encoder)
    if not bool(instruction.known[0, 0]):
        return None
    joint = model.grounding.joint(features)
    logits = model.grounding.similarity_of(joint, joint, instruction)
    return logits[0, 0].float().reshape(features.shape[-2:]).numpy()


def point(found: MapArray, region: MaskArray, name: str, photograph: int = 0) -> Pointing:
    """Compare a map (h, w) with the region (H, W) of its class; a token counts by the pixel at its centre."""
    truth = at_tokens(region, found)
    return Pointing(name, bool(truth[brightest_token(found)]), map_iou(found, truth), float(region.mean()), photograph)


def at_tokens(region: MaskArray, found: MapArray) -> MaskArray:
    """(h, w) bool, the region (H, W) at the pixel in the centre of each token of a map (h, w)."""
    y, x = (
        ((np.arange(tokens) + 0.5) * pixels / tokens).astype(int)
        for tokens, pixels in zip(found.shape, region.shape, strict=True)
    )
    return region[np.ix_(y, x)]


def brightest_token(found: MapArray) -> tuple[np.intp, ...]:
    """(row, column) of a map's maximum."""
    return np.unravel_index(int(found.argmax()), found.shape)


def map_iou(found: MapArray, truth: MaskArray) -> float:
    """IoU of a map above ½ with the truth, (h, w) both; 0 where both are empty."""
    marked = found > 0.5
    union = int((marked | truth).sum())
    return float((marked & truth).sum() / union) if union else 0.0


@torch.inference_mode()
def point_everywhere(model: Locator, encoder: TextEncoder, views: Iterable[NamedView]) -> list[Pointing]:
    """Every class of every view whose name the encoder knows."""
    found = []
    for photograph, view in enumerate(views):
        features = model.backbone(pixels_of(view.image).contiguous(memory_format=torch.channels_last))[-1]
        for name, region in view.regions.items():
            map_ = prior_map(model, encoder, features, name)
            if map_ is not None:
                found.append(point(map_, region, name, photograph))
    return found


def outlined_photos(folder: Path, *, learned: bool) -> list[PhotoEntry]:
    """The photographs with polygons that are kept from training, or with `learned` those that are not."""
    return [
        entry for entry in PhotoLibrary.load(folder).entries if entry.polygons and is_held_out(entry) is not learned
    ]


def accuracy_table(pointings: list[Pointing]) -> str:
    """As Markdown: all, classes that were seen in training, the same by size, and classes that were left out."""
    seen = [each for each in pointings if not is_left_out(each.name)]
    groups = {
        "all": pointings,
        "seen classes": seen,
        "· under 1 % of the picture": [each for each in seen if each.share < 0.01],
        "· 1 to 10 %": [each for each in seen if 0.01 <= each.share < 0.1],
        "· 10 % or more": [each for each in seen if each.share >= 0.1],
        "left-out classes": [each for each in pointings if is_left_out(each.name)],
    }
    rows = []
    for label, group in groups.items():
        if group:
            means = [
                100 * float(np.mean(values)) for values in zip(*((p.hit, p.iou, p.share) for p in group), strict=True)
            ]
            names = len({each.name for each in group})
            hits, *others = (f"{mean:.1f}" for mean in means)
            rows.append([label, str(names), str(len(group)), f"{hits}{_in_brackets(hit_interval(group))}", *others])
    return "\n".join(markdown_table(["", "classes", "regions", "pointing accuracy", "mIoU", "a blind guess"], rows))


def hit_interval(pointings: Sequence[Pointing], *, seed: int = 0) -> Interval | None:
    """The 95 % bootstrap interval of the share of hits, by photograph; None of fewer than two photographs.

    The share is a ratio of two sums over photographs, of hits and of classes. Each photograph stands for the ratio plus
    its own pull on it (the ratio's linearisation), so that the mean over photographs is the ratio.
    """
    hits, classes = Counter[int](), Counter[int]()
    for each in pointings:
        hits[each.photograph] += each.hit
        classes[each.photograph] += 1
    if len(classes) < 2:
        return None
    hit, asked = (np.array([counts[photograph] for photograph in classes], np.float64) for counts in (hits, classes))
    ratio = hit.sum() / asked.sum()
    interval = bootstrap_interval(ratio + (hit - ratio * asked) / asked.mean(), np.random.default_rng(seed))
    return Interval(max(interval.low, 0.0), min(interval.high, 1.0), interval.level)


def _in_brackets(interval: Interval | None) -> str:
    return "" if interval is None else f" ({100 * interval.low:.1f} to {100 * interval.high:.1f})"


def main(
    photos: Annotated[Path, typer.Option(help="folder with coco/, as the trainers read it")],
    model: str = "tiny",
    size: Annotated[
        int, typer.Option(min=32, help="of the square view, in pixels; a multiple of what MODEL needs")
    ] = 384,
    learned: Annotated[
        bool, typer.Option("--learned", help="on the photographs that training saw: what is not kept for others")
    ] = False,
) -> None:
    """Measure the prior of MODEL on the held-out photographs."""
    from sigmask.models.pretrained import load_locator

    locator, encoder, _ = load_locator(model)
    if reason := locator.backbone.why_unfit(size):
        raise ConfigError(f"--size: {reason}")
    views = (named_view(entry, size) for entry in outlined_photos(photos, learned=learned))
    print(accuracy_table(point_everywhere(locator, encoder, views)))


if __name__ == "__main__":
    run_tool(main)
