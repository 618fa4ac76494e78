"""Finds all pairs of 64-bit hashes within a few bits of each other without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from sigmask.export.perceptual_hash import hamming

Hashes = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.int64]

_BLOCKS_BEYOND_DISTANCE = 3


def near_pairs(hashes: Hashes, distance: int) -> Iterator[tuple[Indices, Indices]]:
    """Yield arrays (i, j) of positions whose hashes differ in at most `distance` bits; a pair may come more than once.

    The hash is cut into `distance + 3` blocks. A pair differing in that many bits agrees wholly on at least three of
    them, so it shares a key in one of the tables that sort by three blocks (Manku, Jain, Das Sarma 2007, "Detecting
    near-duplicates for web crawling"). Keys of about 64·3/(distance + 3) bits leave few chance candidates, which are
    then compared. Time is about n log n for each of the C(distance + 3, 3) tables.

    Args:
        hashes: (N,) uint64.
        distance: bits, from 0 to 8.

    Raises:
        ValueError: if `distance` is out of range.
    """
    if not 0 <= distance <= 8:
        raise ValueError(f"distance must lie between 0 and 8 bits, got {distance}")
    for kept in combinations(_block_masks(distance + _BLOCKS_BEYOND_DISTANCE), _BLOCKS_BEYOND_DISTANCE):
        keys = hashes & np.bitwise_or.reduce(np.array(kept, np.uint64))
        for first, second in _equal_pairs(keys):
            near = hamming(hashes[first], hashes[second]) <= distance
            if near.any():
                yield first[near], second[near]


def _block_masks(count: int) -> list[np.uint64]:
    edges = [round(64 * block / count) for block in range(count + 1)]
    return [np.uint64(((1 << (stop - start)) - 1) << start) for start, stop in pairwise(edges)]


def _equal_pairs(keys: Hashes) -> Iterator[tuple[Indices, Indices]]:
    """Arrays of all pairs with equal key: sorted, then neighbours, then those two apart, and so on."""
    order = np.argsort(keys, kind="stable").astype(np.int64)
    sorted_keys = keys[order]
    start = np.arange(len(order), dtype=np.int64)
    for apart in range(1, len(order)):
        start = start[start + apart < len(order)]
        behind = start + apart
        start = start[sorted_keys[start] == sorted_keys[behind]]
        if not start.size:
            return
        yield order[start], order[start + apart]
