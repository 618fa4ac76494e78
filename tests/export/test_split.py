from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmask.export.split import validation_rows


@given(st.lists(st.integers(0, 9), max_size=60), st.floats(0, 0.99), st.integers(0, 5))
def test_no_group_is_separated_and_the_share_is_never_passed(labels: list[int], share: float, seed: int) -> None:
    groups = np.unique(labels, return_inverse=True)[1].astype(np.int64) if labels else np.zeros(0, np.int64)
    validation = validation_rows(groups, share, np.random.default_rng(seed))
    assert validation.shape == groups.shape
    assert validation.sum() <= round(share * len(labels))
    for group in np.unique(groups):
        assert len(set(validation[groups == group].tolist())) == 1


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.05, 5), (0.5, 50)])
def test_single_pairs_fill_the_share_exactly(share: float, expected: int) -> None:
    assert validation_rows(np.arange(100), share, np.random.default_rng(0)).sum() == expected


def test_a_group_larger_than_the_share_goes_to_training_and_small_ones_fill_it() -> None:
    groups = np.array([0] * 90 + list(range(1, 11)))
    for seed in range(10):
        validation = validation_rows(groups, 0.05, np.random.default_rng(seed))
        assert not validation[:90].any()
        assert validation.sum() == 5


def test_the_generator_decides() -> None:
    chosen = [validation_rows(np.arange(50), 0.2, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]
