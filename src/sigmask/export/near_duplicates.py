"""Pairs that show the same edit twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sigmask.export.edit_signature import FARTHEST, Signatures, same_edit
from sigmask.export.near_hashes import Indices


def near_duplicates(groups: Indices, signatures: Signatures, quality: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """(N,) bool, True for each pair that repeats a better one.

    Whole pictures say little here: many edits of one original differ in a small part of it only. So a pair repeats
    another when both come from one original and their edits are one by place and colours. Of such pairs the one with
    the highest quality stays, of equals the first; a pair that is near only to dropped ones stays too.

    Args:
        groups: (N,) group of the original.
        signatures: (N, 16) of the edits (`edit_signature`).
        quality: (N,) expected IoU.
    """
    best_first = np.lexsort((np.arange(len(groups)), -quality))
    packed = np.ascontiguousarray(signatures[best_first]).view(np.uint64)
    ranked = np.column_stack([groups[best_first].astype(np.uint64), packed])
    # Equal rows first: a picture that is there a thousand times is one row to compare, not half a million pairs.
    ranks = np.sort(np.unique(ranked, axis=0, return_index=True)[1]).astype(np.int64)
    candidates = best_first[ranks]
    repeats = _repeats(groups[candidates], signatures[candidates])
    dropped = np.ones(len(groups), np.bool_)
    dropped[candidates[~repeats]] = False
    return dropped


def _repeats(groups: Indices, signatures: Signatures) -> npt.NDArray[np.bool_]:
    """True where a pair is near one that stands before it and is itself kept."""
    better: dict[int, set[int]] = {}
    for first, second in _side_by_side(groups, signatures[:, 0].astype(np.int64)):
        alike = same_edit(signatures[first], signatures[second])
        for one, other in zip(first[alike].tolist(), second[alike].tolist(), strict=True):
            better.setdefault(max(one, other), set()).add(min(one, other))
    dropped = np.zeros(len(groups), np.bool_)
    for row in sorted(better):
        dropped[row] = any(not dropped[other] for other in better[row])
    return dropped


def _side_by_side(groups: Indices, centres: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Arrays of all pairs of one group whose centres are near in x: sorted, then neighbours, then those two apart, …

    Time grows with the square of how many edits of one original lie side by side: two seconds for 20,000 edits of one.
    """
    order = np.lexsort((centres, groups)).astype(np.int64)
    start = np.arange(len(order), dtype=np.int64)
    for apart in range(1, len(order)):
        start = start[start + apart < len(order)]
        first, second = order[start], order[start + apart]
        near = (groups[first] == groups[second]) & (centres[second] - centres[first] <= FARTHEST)
        if not near.any():
            return
        start = start[near]
        yield first[near], second[near]
