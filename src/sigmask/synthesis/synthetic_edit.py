"""One synthetic edit, and the making of a mask that is what a careful person would draw around the change."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sigmask.synthesis.photos import Instance
from sigmask.synthesis.region import close_gaps, drop_specks, fill_holes
from sigmask.types import Action, EditTuple, ImageArray, MapArray, MaskArray

AREA_RANGE = (0.001, 0.9)
"""The share of the picture a local edit may cover."""
VISIBLE_DIFFERENCE = 6.0
"""Grey levels by which the neighbourhood of a changed pixel differs at least (our choice)."""
TYPICAL_DIFFERENCE = 11.0
"""Grey levels by which the median pixel of a mask differs at least: an autoencoder's noise would hide less."""


@dataclass(frozen=True, slots=True)
class NamedRegions:
    """Where the two concepts of an edit tuple lie, each (H, W) bool; None where a concept has no place of its own.

    Attributes:
        original: on the original image, all that the original concept's name fits, whether it changed or not.
        edited: the same of the edited concept on the edited image; one that an attribute tells apart ("red car") alone.
    """

    original: MaskArray | None = None
    edited: MaskArray | None = None


@dataclass(frozen=True, slots=True)
class SyntheticEdit:
    """A pair with its truth. All arrays share one (H, W) grid; outside `region` the two images are identical,
    but for a feathered rim of a few pixels where something was redrawn.

    Attributes:
        mask: what changed, with shadows and side-effects.
        scene: the named objects of the photograph that `original` was made from.
        unclear: names of what it shows as well, but as a crowd or too small to have a mask.
        region: `mask` and what was redrawn around it, a few grey levels off; None where that is nothing.
        regions: for each tuple of `edit`, where what it names lies.
        family: which maker made it ("removal", "recolour", ...).
    """

    original: ImageArray
    edited: ImageArray
    mask: MaskArray
    regions: tuple[NamedRegions, ...]
    instruction: str
    edit: tuple[EditTuple, ...]
    action: Action
    family: str
    region: MaskArray | None = None
    scene: tuple[Instance, ...] = ()
    unclear: frozenset[str] = frozenset()


def settle(
    original: ImageArray,
    edited: ImageArray,
    mask: MaskArray,
    *,
    regions: NamedRegions,
    instruction: tuple[str, EditTuple],
    family: str,
    solid: bool = False,
) -> SyntheticEdit | None:
    """Tidy `mask` to what visibly changed, undo the change elsewhere, and reject edits that nobody would see.

    Args:
        solid: keep the whole silhouette even where the new content happens to resemble the old, as an inpainting
            model's mask does; else large unchanged parts are taken out.
    """
    visible = visible_change(original, edited) & mask
    if visible.sum() < (0.35 if solid else 0.3) * mask.sum():
        return None
    tidy = tidy_mask(visible, mask, solid=solid)
    area = float(tidy.mean())
    if not AREA_RANGE[0] <= area <= AREA_RANGE[1] or visible.sum() < 0.6 * tidy.sum():
        return None
    if float(np.median(local_difference(original, edited)[tidy])) < TYPICAL_DIFFERENCE:
        return None
    text, edit = instruction
    settled = np.where(tidy[:, :, None], edited, original)
    return SyntheticEdit(original, settled, tidy, (regions,), text, (edit,), edit.action, family)


def local_difference(original: ImageArray, edited: ImageArray, side: int = 5) -> MapArray:
    """(H, W) float32, the mean over `side` × `side` pixels of the largest channel difference, in grey levels."""
    difference = cv2.absdiff(original, edited).max(2).astype(np.float32)
    return np.asarray(cv2.blur(difference, (side, side), borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def visible_change(original: ImageArray, edited: ImageArray) -> MaskArray:
    """(H, W) True where the mean difference over 5 × 5 pixels exceeds `VISIBLE_DIFFERENCE` grey levels.

    The mean over 3 × 3 must reach half of that too, so that the mask does not grow by two pixels past the change.
    """
    wide = local_difference(original, edited, 5) > VISIBLE_DIFFERENCE
    near = local_difference(original, edited, 3) > VISIBLE_DIFFERENCE / 2
    return np.asarray(wide & near, dtype=bool)


def tidy_mask(visible: MaskArray, silhouette: MaskArray, *, solid: bool) -> MaskArray:
    """A solid mask from the speckled `visible` one, never outside `silhouette`.

    Gaps are closed and small holes filled; the rim where nothing changed and large unchanged parts fall away.
    """
    size = float(np.sqrt(max(int(silhouette.sum()), 1)))
    radius = int(np.clip(size * (0.16 if solid else 0.07), 2, 24 if solid else 10))
    closed = close_gaps(visible, radius) & silhouette
    area = float(closed.sum())
    filled = fill_holes(closed, (0.12 if solid else 0.03) * area) & silhouette
    return drop_specks(filled, max(10.0, 0.01 * area))
