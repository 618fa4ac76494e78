"""How often the prior points at the instance that a side names: "the left dog" of two dogs.

`python -m sigmask.evaluation.location_accuracy --photos DIR --model tiny`

On photographs with two or more instances of a class, the two that lie farthest apart along an axis, by at least
`LEAST_DISTANCE` of the picture, are asked for by their sides: left and right, top and bottom. *Named instance*: of the
pointings (the prior's brightest token) that fall on one of the two, the share that falls on the one that was asked for;
without a location half of them do. *On it* and *on the class*: the shares of all pointings that fall on that instance,
and on any instance of the class. *mIoU*: the mean IoU of the map above one half with the instance that was asked for.
Photographs are those of `prior_accuracy`: held out, or with `--learned` those that training saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from sigmask.command_errors import run_tool
from sigmask.data.geometry import model_frame, resize_image
from sigmask.evaluation.prior_accuracy import (
    at_tokens,
    brightest_token,
    map_iou,
    outlined_photos,
    prior_logits,
)
from sigmask.evaluation.tables import markdown_table
from sigmask.instruction.picture_side import side_of
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.models.grounding import LOCATION_STRENGTH
from sigmask.models.location_ramp import location_ramp
from sigmask.models.locator import Locator
from sigmask.models.pixels import pixels_of
from sigmask.synthesis.named_view import LEAST_AREA
from sigmask.synthesis.photos import PhotoEntry, polygon_instances, read_photo
from sigmask.types import MapArray, MaskArray

LEAST_DISTANCE = 0.25
"""Between the centres of the two instances, as a share of the picture's width or height."""
STRENGTHS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0)
_SIDES = (("left", "right"), ("top", "bottom"))


@dataclass(frozen=True, slots=True)
class Question:
    """One instance to be pointed at.

    Attributes:
        side: "left", "right", "top" or "bottom".
        asked, other: (H, W) bool, the instance on that side, and the one farthest from it.
        every: (H, W) bool, all instances of the class.
    """

    side: str
    asked: MaskArray
    other: MaskArray
    every: MaskArray


@dataclass(frozen=True, slots=True)
class LocatedPointing:
    """Where the brightest token of a `Question` fell, and the IoU of the map above one half with what was asked for."""

    side: str
    on_asked: bool
    on_other: bool
    on_class: bool
    iou: float


def questions(instances: Sequence[MaskArray]) -> list[Question]:
    """What can be asked of the instances, (H, W) bool each, of one class in one photograph."""
    if len(instances) < 2:
        return []
    every = np.logical_or.reduce(instances)
    found = []
    for axis, sides in zip((1, 0), _SIDES, strict=True):
        centres = [float(np.nonzero(mask)[axis].mean()) / mask.shape[axis] for mask in instances]
        first, last = int(np.argmin(centres)), int(np.argmax(centres))
        if centres[last] - centres[first] >= LEAST_DISTANCE:
            ends = instances[first], instances[last]
            found += [Question(sides[0], *ends, every), Question(sides[1], *ends[::-1], every)]
    return found


def located_map(logits: MapArray, side: str, strength: float) -> MapArray:
    """(h, w) in [0, 1]: the map of a concept with logits (h, w) that is said to lie on `side`."""
    rows, columns = logits.shape
    ramp = location_ramp(torch.tensor([[side_of(side)]]), (rows, columns)).reshape(rows, columns)
    return torch.sigmoid(torch.from_numpy(logits) + strength * ramp).numpy()


def point_at_side(found: MapArray, question: Question) -> LocatedPointing:
    """Compare a map (h, w) with what was asked; a token counts by the pixel at its centre."""
    asked, other, every = (at_tokens(mask, found) for mask in (question.asked, question.other, question.every))
    brightest = brightest_token(found)
    on_asked, on_other = bool(asked[brightest]), bool(other[brightest])
    return LocatedPointing(
        question.side,
        on_asked and not on_other,
        on_other and not on_asked,
        bool(every[brightest]),
        map_iou(found, asked),
    )


def class_instances(entry: PhotoEntry, shape: tuple[int, int]) -> dict[str, list[MaskArray]]:
    """The instances of each class of a photograph, (H, W) `shape`, that are large enough; no class with a crowd."""
    found: dict[str, list[MaskArray]] = {}
    for instance in polygon_instances(entry, shape):
        if instance.name and instance.name not in entry.crowds and instance.mask.mean() >= LEAST_AREA:
            found.setdefault(instance.name, []).append(instance.mask)
    return found


@torch.inference_mode()
def asked_logits(
    model: Locator, encoder: TextEncoder, entries: Iterable[PhotoEntry], size: int
) -> Iterator[tuple[MapArray, Question]]:
    """Every question that the photographs allow, with the logits (h, w) of its class in the whole photograph."""
    for entry in entries:
        pixels = read_photo(entry.path)
        height, width = pixels.shape[:2]
        asked = {name: questions(masks) for name, masks in class_instances(entry, (height, width)).items()}
        if not any(asked.values()):
            continue
        frame = resize_image(pixels, *model_frame(height, width, size, model.backbone.size_multiple))
        features = model.backbone(pixels_of(frame).contiguous(memory_format=torch.channels_last))[-1]
        for name, group in asked.items():
            logits = prior_logits(model, encoder, features, name) if group else None
            if logits is not None:
                yield from ((logits, question) for question in group)


def location_table(asked: Sequence[tuple[MapArray, Question]], strengths: Sequence[float] = STRENGTHS) -> str:
    """As Markdown, a row for each strength; percentages."""
    rows = []
    for strength in strengths:
        found = [point_at_side(located_map(logits, each.side, strength), each) for logits, each in asked]
        across = [each for each in found if each.side in _SIDES[0]]
        down = [each for each in found if each.side in _SIDES[1]]
        measured = [(each.on_asked, each.on_class, each.iou) for each in found]
        means = [100 * float(np.mean(values)) for values in zip(*measured, strict=True)]
        shares = [_named_share(group) for group in (found, across, down)]
        rows.append([f"{strength:g}", *shares, *(f"{mean:.1f}" for mean in means)])
    heads = ["strength", "named instance", "· left, right", "· top, bottom", "on it", "on the class", "mIoU"]
    return "\n".join(markdown_table(heads, rows))


def _named_share(group: Sequence[LocatedPointing]) -> str:
    asked, other = sum(each.on_asked for each in group), sum(each.on_other for each in group)
    return f"{100 * asked / (asked + other):.1f} ({asked + other} of {len(group)})" if asked + other else "-"


def main(
    photos: Annotated[Path, typer.Option(help="folder with coco/, as the trainers read it")],
    model: str = "tiny",
    size: Annotated[int, typer.Option(min=32, help="of the longer side that the model sees, in pixels")] = 384,
    learned: Annotated[
        bool, typer.Option("--learned", help="on the photographs that training saw: what is not kept for others")
    ] = False,
) -> None:
    """Measure how often the prior of MODEL points at the instance that a side names."""
    from sigmask.models.pretrained import load_locator

    locator, encoder, _ = load_locator(model)
    asked = list(asked_logits(locator, encoder, outlined_photos(photos, learned=learned), size))
    print(location_table(asked))
    print(f"\n{len(asked)} questions; the model's own strength is {LOCATION_STRENGTH:g}")


if __name__ == "__main__":
    run_tool(main)
