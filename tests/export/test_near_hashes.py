from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmask.export.near_hashes import near_pairs


def found_pairs(hashes: np.ndarray, distance: int) -> set[tuple[int, int]]:
    return {
        (min(pair), max(pair))
        for first, second in near_pairs(hashes, distance)
        for pair in zip(first.tolist(), second.tolist(), strict=True)
    }


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.lists(st.integers(0, 63), max_size=9)), max_size=12),
    st.integers(0, 8),
)
def test_just_the_pairs_that_comparing_all_finds(seeds: list[tuple[int, list[int]]], distance: int) -> None:
    """Each seed comes with a neighbour in which some bits are flipped, so that there is something to find."""
    values = [value for seed, bits in seeds for value in (seed, seed ^ sum(1 << bit for bit in set(bits)))]
    hashes = np.array(values, np.uint64)
    expected = {
        (one, other)
        for one in range(len(values))
        for other in range(one + 1, len(values))
        if (values[one] ^ values[other]).bit_count() <= distance
    }
    assert found_pairs(hashes, distance) == expected


def test_equal_hashes_are_near() -> None:
    assert found_pairs(np.array([7, 7, 7], np.uint64), 0) == {(0, 1), (0, 2), (1, 2)}


def test_few_candidates_among_many_hashes(rng: np.random.Generator) -> None:
    """Planted neighbours are found among 20,000 hashes, and nothing else is near."""
    hashes = rng.integers(0, 2**64, 20_000, dtype=np.uint64)
    hashes[19_000] = hashes[3] ^ np.uint64((1 << 63) | 1 | (1 << 31))
    assert found_pairs(hashes, 3) == {(3, 19_000)}


def test_a_distance_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 8"):
        next(near_pairs(np.zeros(2, np.uint64), 9))
