"""Which pairs share an original: by perceptual hash, and along chains where one edit starts from another's result."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sigmask.export.near_hashes import Hashes, Indices, near_pairs

SAME_ORIGINAL_BITS = 3
"""Originals whose hashes differ in at most this many of 64 bits are one. Our choice: scaling and JPEG stay within."""


def group_originals(
    hashes: Hashes,
    mirrored_hashes: Hashes,
    original_digests: npt.NDArray[np.uint64],
    edited_digests: npt.NDArray[np.uint64],
    distance: int = SAME_ORIGINAL_BITS,
) -> Indices:
    """(N,) group of each pair, numbered by first appearance.

    Two pairs are in one group if their originals' hashes are near, if one original's is near that of the other's mirror
    image, if the edited picture of one is, pixel for pixel, the original of the other (edits in several turns), or if
    a chain of such pairs links them.

    Args:
        hashes, mirrored_hashes: (N,) perceptual hashes of the originals, and of their mirror images.
        original_digests, edited_digests: (N,) digests of the pixels.
        distance: bits.
    """
    unique, inverse = np.unique(np.stack([hashes, mirrored_hashes]), return_inverse=True)
    inverse, mirrored = inverse.reshape(2, -1)
    links = _Links(len(unique))
    for one, other in zip(inverse.tolist(), mirrored.tolist(), strict=True):
        links.join(one, other)
    for first, second in near_pairs(unique, distance):
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            links.join(one, other)
    for row, start in _continued(original_digests, edited_digests):
        links.join(int(inverse[row]), int(inverse[start]))
    roots = np.array([links.root(index) for index in range(len(unique))], np.int64)[inverse]
    return _numbered_by_first_appearance(roots)


class _Links:
    """Union-find with path halving; the smaller root wins, so that the outcome does not depend on the order."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def root(self, index: int) -> int:
        parents = self._parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    def join(self, one: int, other: int) -> None:
        first, second = self.root(one), self.root(other)
        self._parents[max(first, second)] = min(first, second)


def _continued(
    original_digests: npt.NDArray[np.uint64], edited_digests: npt.NDArray[np.uint64]
) -> list[tuple[int, int]]:
    """(row, row that starts from its result) wherever there is one."""
    order = np.argsort(original_digests, kind="stable")
    places = np.searchsorted(original_digests[order], edited_digests)
    found = places < len(order)
    found[found] = original_digests[order[places[found]]] == edited_digests[found]
    rows = np.flatnonzero(found)
    return list(zip(rows.tolist(), order[places[rows]].tolist(), strict=True))


def _numbered_by_first_appearance(labels: Indices) -> Indices:
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]
