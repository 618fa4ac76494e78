"""The outline follows the pixels' own difference, and nothing else changes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.annotation import guided_outline
from sigmask.annotation.guided_outline import follow_outline, outline_guide
from sigmask.types import MapArray, MaskArray


def soft(mask: MaskArray, side: int = 25) -> MapArray:
    return np.asarray(cv2.blur(mask.astype(np.float32), (side, side)), np.float32)


def test_the_guide_by_hand() -> None:
    original = np.full((64, 64, 3), 100, np.uint8)
    edited = original.copy()
    edited[:8] = (100, 103, 90)  # 10 grey levels in the largest channel
    guide = outline_guide(original, edited)
    # three quarters and more are equal, so the noise is one grey level: 255 · asinh(10) / asinh(60) = 159.7
    assert set(np.unique(guide)) == {0, 160}
    assert (guide[:8] == 160).all()
    edited[:8] = (100, 103, 255)
    assert outline_guide(original, edited)[:8].min() == 255  # 155 times the noise is far enough


def test_noise_everywhere_is_the_unit_and_is_averaged(rng: np.random.Generator) -> None:
    original = rng.integers(60, 190, (64, 64, 3), dtype=np.uint8)
    edited = original + np.uint8(9)  # nine grey levels more, everywhere: a noise of ten
    guide = outline_guide(original, edited)
    assert np.abs(guide.astype(float) - 255 * np.arcsinh(0.9) / np.arcsinh(60)).max() <= 1


@pytest.mark.parametrize("height, width", [(256, 256), (512, 384), (1500, 1100)])
def test_a_soft_outline_becomes_that_of_the_difference(height: int, width: int, rng: np.random.Generator) -> None:
    original = np.full((height, width, 3), 120, np.uint8)
    drawn = np.zeros((height, width), np.uint8)
    cv2.circle(drawn, (width // 2, height // 2), width // 5, 1, -1)
    for leg in range(3):  # and three thin legs
        start = width // 3 + leg * width // 6
        drawn[height // 2 : 4 * height // 5, start : start + width // 40] = 1
    mask = drawn > 0
    edited = original.copy()
    edited[mask] = rng.integers(0, 80, (int(mask.sum()), 3))
    blurred = soft(mask, 2 * (height // 64) + 1)
    followed = follow_outline(blurred.copy(), outline_guide(original, edited))

    wrong_before, wrong_after = (np.mean((values >= 0.5) != mask) for values in (blurred, followed))
    assert wrong_after < 0.8 * wrong_before


def test_where_the_guide_is_flat_the_probability_is_only_smoothed() -> None:
    mask = np.zeros((128, 128), np.bool_)
    mask[40:90, 30:100] = True
    blurred = soft(mask)
    followed = follow_outline(blurred.copy(), np.full((128, 128), 77, np.uint8))
    assert np.abs(followed - cv2.blur(cv2.blur(blurred, (5, 5)), (5, 5))).max() < 2e-3  # two windows of radius 2


def test_what_is_improbable_everywhere_is_left_alone() -> None:
    low = np.full((40, 60), 0.04, np.float32)
    assert np.array_equal(follow_outline(low.copy(), np.full((40, 60), 255, np.uint8)), low)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 80), width=st.integers(1, 80))
def test_any_size_stays_in_range_and_far_pixels_stay(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    probability = np.zeros((height + 40, width), np.float32)
    probability[:height] = rng.random((height, width))
    guide = rng.integers(0, 256, probability.shape, dtype=np.uint8)
    followed = follow_outline(probability.copy(), guide)
    assert followed.dtype == np.float32
    assert followed.min() >= 0
    assert followed.max() <= 1
    assert not followed[height + 5 :].any()


def test_the_noise_is_the_models_own_in_grey_levels(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra 'torch'")
    from sigmask.models.semantic_difference import noise_level

    original = rng.integers(40, 200, (64, 96, 3), dtype=np.uint8)
    edited = np.clip(original + rng.normal(0, 7, original.shape), 0, 255).astype(np.uint8)
    edited[:20, :30] = 255
    difference = np.abs(edited.astype(int) - original).max(2).astype(np.uint8)
    images = [torch.from_numpy(image).permute(2, 0, 1)[None] / 255 for image in (original, edited)]
    assert guided_outline._noise(difference) == pytest.approx(255 * float(noise_level(*images)), rel=1e-4)
