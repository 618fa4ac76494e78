"""Keeps the pairs that a method did worst on and writes them as pictures: original, edited, true mask, predicted."""

from __future__ import annotations

import heapq
import itertools
import re
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.evaluation.benchmark import Sample
from sigmask.evaluation.scores import PairScore
from sigmask.types import EditPair, ImageArray, MaskArray

_PANEL = 320  # pixels, the longer side of each of the four pictures
_CAPTION = 18
_GAP = ((0, 0), (2, 2), (0, 0))


class WorstCases:
    """An observer for `evaluate` that holds at most `count` pairs, those of lowest F1.

    A pair of which nothing was edited ranks by 1 - its false-positive share.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"count must be 1 or more, got {count}")
        self._count = count
        self._order = itertools.count()
        self._heap: list[tuple[float, int, str, Image.Image]] = []  # pictures, so that large pairs are let go

    def __call__(self, sample: Sample, predicted: MaskArray | None, score: PairScore | None) -> None:
        if not isinstance(sample, EditPair) or predicted is None or score is None:
            return
        badness = score.false_positive_share if score.f1 is None else 1.0 - score.f1
        if len(self._heap) == self._count and badness <= self._heap[0][0]:
            return
        entry = (badness, -next(self._order), sample.sample_id, draw_case(sample, predicted, score))
        if len(self._heap) < self._count:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heapreplace(self._heap, entry)

    @property
    def badness(self) -> list[tuple[str, float]]:
        """Each pair's id and how bad it is, in [0, 1], in the order of `write`."""
        return [(sample_id, badness) for badness, _, sample_id, _ in self._ranked()]

    def write(self, folder: Path) -> list[Path]:
        """One PNG per pair, the worst first by name; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for rank, (_, _, sample_id, picture) in enumerate(self._ranked(), start=1):
            safe_id = re.sub(r"[^A-Za-z0-9._-]+", "_", sample_id)[:80]
            path = folder / f"{rank:02d}_{safe_id}.png"
            picture.save(path)
            paths.append(path)
        return paths

    def _ranked(self) -> list[tuple[float, int, str, Image.Image]]:
        return sorted(self._heap, key=lambda entry: (-entry[0], -entry[1]))


def draw_case(pair: EditPair, predicted: MaskArray, score: PairScore) -> Image.Image:
    """Original, edited, true and predicted mask side by side, under a line that says the pair and its scores."""
    if pair.mask is None:
        raise ValueError("the pair must have a true mask")
    panels = [original_on_edited_grid(pair.original, pair.edited), pair.edited, _grey(pair.mask), _grey(predicted)]
    strip = np.concatenate([np.pad(_fitted(panel), _GAP, constant_values=255) for panel in panels], axis=1)
    picture = Image.new("RGB", (strip.shape[1], strip.shape[0] + _CAPTION), "white")
    picture.paste(Image.fromarray(strip), (0, _CAPTION))
    if score.f1 is None or score.iou is None:
        quality = f"nothing edited, marked {100 * score.marked_share:.2f} %"
    else:
        quality = f"F1 {100 * score.f1:.1f} IoU {100 * score.iou:.1f}"
    caption = f"{quality}  {pair.sample_id}  {pair.instruction or '(no instruction)'}"
    ImageDraw.Draw(picture).text((4, 3), caption.encode("latin-1", "replace").decode("latin-1"), fill="black")
    return picture


def _grey(mask: MaskArray) -> ImageArray:
    return np.repeat(mask[:, :, None].astype(np.uint8) * 255, 3, axis=2)


def _fitted(image: ImageArray) -> ImageArray:
    height, width = image.shape[:2]
    scale = _PANEL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
