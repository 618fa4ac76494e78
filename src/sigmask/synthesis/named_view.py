"""Photographs in which it is known where named things are: what grounding is trained and measured on.

COCO photographs have polygons of 80 classes; an ImageNet photograph has one name and no place. A fifth of all names and
a tenth of all photographs can be left out, always the same ones, so that what was learned is measured on others.
"""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass

import cv2
import numpy as np

from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.photos import PhotoEntry, polygon_instances, read_photo
from sigmask.types import ImageArray, MaskArray

LEAST_AREA = 0.005
"""Of the view: a class that covers less has no region; nobody would point at it."""


@dataclass(frozen=True, slots=True)
class NamedView:
    """A square crop of a photograph.

    Attributes:
        image: (S, S, 3) uint8.
        regions: name → (S, S) bool, all objects of that class together.
        uncertain: names of classes that are there, but cut off or too small to point at.
        label: what the photograph shows as a whole, somewhere; None if it has polygons.
    """

    image: ImageArray
    regions: dict[str, MaskArray]
    uncertain: frozenset[str]
    label: str | None


def is_left_out(name: str) -> bool:
    """Whether a class belongs to the fixed fifth that a measurement of unseen classes leaves out of training."""
    return hashlib.sha256(f"class {name}".encode()).digest()[0] % 5 == 0


@functools.cache
def left_out_words() -> re.Pattern[str]:
    """Matches a phrase that names a left-out class: its name, or a synonym that no other class shares."""
    synonyms: dict[str, list[str]] = vocabulary()["synonyms"]
    kept = {word for name, words in synonyms.items() if not is_left_out(name) for word in (name, *words)}
    words = [word for name, others in synonyms.items() if is_left_out(name) for word in (name, *others)]
    return re.compile(
        r"\b(?:" + "|".join(re.escape(word) for word in words if word not in kept) + r")s?\b", re.IGNORECASE
    )


def names_left_out(phrase: str) -> bool:
    """Whether a phrase is a left-out class, or names one."""
    return is_left_out(phrase) or left_out_words().search(phrase) is not None


def is_held_out(entry: PhotoEntry) -> bool:
    """Whether a photograph belongs to the fixed tenth on which grounding is measured."""
    return hashlib.sha256(f"photo {entry.path.name}".encode()).digest()[0] % 10 == 0


def named_view(
    entry: PhotoEntry, size: int, rng: np.random.Generator | None = None, *, smallest: float = 0.6
) -> NamedView:
    """A view of `size` pixels: random scale, place and side with `rng`, else the centre of the whole photograph.

    Args:
        smallest: with `rng`, the least share of the photograph's shorter side that the view's side is.

    Raises:
        CorpusError: if the photograph cannot be read.
    """
    pixels = read_photo(entry.path)
    height, width = pixels.shape[:2]
    share = 1.0 if rng is None else float(rng.uniform(smallest, 1.0))
    side = max(8, round(share * min(height, width)))
    top = (height - side) // 2 if rng is None else int(rng.integers(height - side + 1))
    left = (width - side) // 2 if rng is None else int(rng.integers(width - side + 1))
    flip = rng is not None and rng.random() < 0.5

    def cut(array: np.ndarray, method: int) -> np.ndarray:
        piece = cv2.resize(array[top : top + side, left : left + side], (size, size), interpolation=method)
        return np.ascontiguousarray(piece[:, ::-1] if flip else piece)

    whole: dict[str, MaskArray] = {}
    for instance in polygon_instances(entry, (height, width)):
        if instance.name is not None:
            whole[instance.name] = whole.get(instance.name, np.zeros((height, width), np.bool_)) | instance.mask
    regions: dict[str, MaskArray] = {}
    for name, mask in whole.items():
        region = cut(mask.astype(np.uint8), cv2.INTER_AREA) > 0
        if region.mean() >= LEAST_AREA:
            regions[name] = region
    image = cut(pixels, cv2.INTER_AREA if side > size else cv2.INTER_CUBIC)
    return NamedView(image, regions, frozenset(whole) - frozenset(regions), entry.caption)
