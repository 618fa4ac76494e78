"""The drawn pairs are ground truth for other tests, so their own promise is tested."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import draw_pair


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(32, 130), width=st.integers(32, 130))
def test_the_mask_is_exactly_where_the_pair_differs(seed: int, height: int, width: int) -> None:
    pair = draw_pair(np.random.default_rng(seed), height, width)

    difference = np.abs(pair.original.astype(int) - pair.edited).max(axis=2)

    assert pair.mask is not None
    assert pair.mask.any()
    assert difference[pair.mask].min() >= 48
    assert difference[~pair.mask].max() == 0


def test_noise_reaches_every_part_of_the_picture_and_same_seed_draws_the_same() -> None:
    noisy = draw_pair(np.random.default_rng(3), 64, 64, noise=4.0)
    again = draw_pair(np.random.default_rng(3), 64, 64, noise=4.0)

    assert (noisy.original != noisy.edited).any(axis=2).mean() > 0.9
    np.testing.assert_array_equal(noisy.edited, again.edited)
