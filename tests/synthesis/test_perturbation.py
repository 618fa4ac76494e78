"""Perturbations: same size and type, the same for a generator, and mild."""

from __future__ import annotations

import numpy as np
import pytest

from sigmask.synthesis.perturbation import (
    PERTURBATIONS,
    drift_tone,
    perturb,
    recompress,
    shift_slightly,
    shifted,
    slight_shift,
)
from tests.drawing import draw_photo

PHOTO = draw_photo(np.random.default_rng(1), 67, 93)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_size_and_type_stay_and_a_generator_decides(name: str) -> None:
    function, probability = PERTURBATIONS[name]
    assert 0 < probability <= 1
    for seed in range(4):
        before = PHOTO.copy()
        changed = function(PHOTO, np.random.default_rng(seed))
        assert np.array_equal(PHOTO, before)
        assert (changed.shape, changed.dtype) == (PHOTO.shape, np.uint8)
        assert np.array_equal(changed, function(PHOTO, np.random.default_rng(seed)))
        difference = np.abs(changed.astype(int) - PHOTO).mean()
        assert 0 < difference < 40


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_the_smallest_and_the_narrowest_pictures_pass(name: str) -> None:
    for height, width in ((8, 8), (9, 200)):
        photo = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        assert PERTURBATIONS[name][0](photo, np.random.default_rng(0)).shape == photo.shape


def test_share_zero_is_the_identity() -> None:
    for seed in range(10):
        assert np.array_equal(perturb(PHOTO, np.random.default_rng(seed), 0.0), PHOTO)


def test_a_larger_share_perturbs_more_often() -> None:
    def changed(share: float) -> int:
        return sum(not np.array_equal(perturb(PHOTO, np.random.default_rng(seed), share), PHOTO) for seed in range(40))

    # nothing is drawn with probability Π (1 − p · share): 6 % at share 1, 83 % at share 0.1
    assert changed(1.0) > 30
    assert changed(0.1) < 20


def test_perturbing_is_the_same_for_a_generator() -> None:
    first, again = (perturb(PHOTO, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)


def test_an_uneven_perturbation_lies_between_nothing_and_the_even_one() -> None:
    spreads = []
    for seed in range(12):
        even, uneven = (
            perturb(PHOTO, np.random.default_rng(seed), 1.0, share).astype(int) - PHOTO for share in (0.0, 1.0)
        )
        strong = np.abs(even) >= 8
        if strong.any():
            shares = uneven[strong] / even[strong]
            assert shares.min() > -0.1 and shares.max() < 1.1
            spreads.append(shares.max() - shares.min())
    assert max(spreads) > 0.6


def test_lower_quality_is_further_from_the_picture() -> None:
    def loss(quality: tuple[int, int]) -> float:
        rounds = [recompress(PHOTO, np.random.default_rng(seed), quality) for seed in range(5)]
        return float(np.mean([np.abs(changed.astype(int) - PHOTO).mean() for changed in rounds]))

    assert loss((20, 25)) > 1.3 * loss((90, 95))


def test_drift_without_strength_is_nearly_nothing() -> None:
    drifted = drift_tone(PHOTO, np.random.default_rng(0), strength=0.0)
    assert np.abs(drifted.astype(int) - PHOTO).max() <= 1


def test_a_shift_takes_the_masks_along() -> None:
    photo, mask = np.full((80, 90, 3), 30, np.uint8), np.zeros((80, 90), bool)
    photo[20:50, 30:70], mask[20:50, 30:70] = 220, True
    moved_once = 0
    for seed in range(8):
        moved, (moved_mask,) = shift_slightly(photo, [mask], np.random.default_rng(seed))
        assert (moved.shape, moved.dtype, moved_mask.dtype) == (photo.shape, np.uint8, np.bool_)
        assert ((moved[..., 0] > 125) ^ moved_mask).mean() < 0.004  # the rim alone, where pixels are mixed
        moved_once += ((photo[..., 0] > 125) ^ moved_mask).mean() > 0.008
    assert moved_once >= 4


def test_a_shift_says_where_each_pixel_comes_from() -> None:
    rows, columns = np.indices((40, 60), dtype=np.float32)
    ramp = np.stack([4 * columns, 4 * rows, 4 * columns], -1).astype(np.uint8)  # colours are places
    reached = 0.0
    for seed in range(6):
        sources = slight_shift((40, 60), np.random.default_rng(seed))
        moved, _ = shift_slightly(ramp, [], np.random.default_rng(seed))
        assert np.array_equal(moved, shifted(ramp, sources))
        inner = (slice(8, -8), slice(8, -8))
        assert np.abs(moved[..., 0] / 4.0 - sources[..., 0])[inner].max() < 0.4
        assert np.abs(moved[..., 1] / 4.0 - sources[..., 1])[inner].max() < 0.4
        reached = max(reached, float(np.abs(sources[..., 0] - columns).max()))
    assert 1 < reached < 8
