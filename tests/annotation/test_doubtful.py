from __future__ import annotations

import numpy as np
import pytest

from sigmask.annotation.doubtful import SMALL_AREA, SURE, is_given_up


def _marked(side: int, highest: float) -> tuple[np.ndarray, np.ndarray]:
    """A square of `side` pixels on 100 × 100, all of it at 0.6 but for one pixel."""
    mask = np.zeros((100, 100), bool)
    mask[20 : 20 + side, 30 : 30 + side] = True
    probability = np.where(mask, np.float32(0.6), np.float32(0.99))  # what is not marked does not speak for the mask
    probability[20, 30] = highest
    return mask, probability


@pytest.mark.parametrize(
    ("side", "highest", "quality", "given_up"),
    [
        (40, 1.0, 0.5, False),
        (40, 1.0, 0.49, True),
        (10, 0.98, 0.1, False),
        (10, 0.96, 0.1, True),
        (11, 0.98, 0.1, True),
    ],
    ids=["worth it", "of little worth", "small and sure", "small and pale", "no longer small"],
)
def test_masks_of_little_worth_are_given_up_but_for_small_sure_ones(
    side: int, highest: float, quality: float, given_up: bool
) -> None:
    assert (SMALL_AREA, SURE) == (0.01, 0.97)
    assert is_given_up(*_marked(side, highest), quality, 0.5) is given_up


def test_an_empty_mask_is_not_given_up_and_no_bound_keeps_all() -> None:
    assert not is_given_up(np.zeros((4, 4), bool), np.zeros((4, 4), np.float32), 0.1, 0.5)
    assert not is_given_up(*_marked(40, 0.6), 0.0, 0.0)
