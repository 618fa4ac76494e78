"""Pairs that show the same edit twice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sigmask.export.near_hashes import Hashes, Indices, near_pairs
from sigmask.export.perceptual_hash import hamming

SAME_EDIT_BITS = 4
"""The edited regions' hashes may differ in this many bits. Our choice."""
SAME_MASK_CELLS = 4
"""The masks may differ in this many cells of an 8 × 8 grid. Our choice."""


def near_duplicates(
    groups: Indices, region_hashes: Hashes, mask_hashes: Hashes, quality: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """(N,) bool, True for each pair that repeats a better one.

    Whole pictures say little here: many edits of one original differ in a small part of it only. So a pair repeats
    another when both come from one original, the masks cover the same cells, and what stands in the marked region
    looks the same. Of such pairs the one with the highest quality stays, of equals the first; a pair that is near
    only to dropped ones stays too.

    Args:
        groups: (N,) group of the original.
        region_hashes: (N,) perceptual hash of the edited picture inside the mask's bounding box.
        mask_hashes: (N,) cells that the mask touches.
        quality: (N,) expected IoU.
    """
    best_first = np.lexsort((np.arange(len(groups)), -quality))
    ranked = np.stack([values[best_first].astype(np.uint64) for values in (groups, region_hashes, mask_hashes)], axis=1)
    # Equal triples first: a picture that is there a thousand times is one row to compare, not half a million pairs.
    ranks = np.sort(np.unique(ranked, axis=0, return_index=True)[1]).astype(np.int64)
    candidates = best_first[ranks]
    repeats = _repeats(groups[candidates], region_hashes[candidates], mask_hashes[candidates])
    dropped = np.ones(len(groups), np.bool_)
    dropped[candidates[~repeats]] = False
    return dropped


def _repeats(groups: Indices, regions: Hashes, masks: Hashes) -> npt.NDArray[np.bool_]:
    """True where a pair is near one that stands before it and is itself kept."""
    better: dict[int, set[int]] = {}
    for first, second in near_pairs(regions, SAME_EDIT_BITS, within=groups):
        alike = hamming(masks[first], masks[second]) <= SAME_MASK_CELLS
        for one, other in zip(first[alike].tolist(), second[alike].tolist(), strict=True):
            better.setdefault(max(one, other), set()).add(min(one, other))
    dropped = np.zeros(len(groups), np.bool_)
    for row in sorted(better):
        dropped[row] = any(not dropped[other] for other in better[row])
    return dropped
