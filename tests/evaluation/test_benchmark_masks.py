from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from sigmask.errors import BadReason, SampleError
from sigmask.evaluation.mask_reading import MaskRule, read_mask
from tests.drawn_corpora import encode_image
from tests.evaluation.benchmark_writers import two_coloured

MASKS = npst.arrays(np.bool_, st.tuples(st.integers(8, 24), st.integers(8, 24)))


def read(image: np.ndarray, rule: MaskRule, shape: tuple[int, int] | None = None) -> np.ndarray:
    return read_mask(encode_image(image), None, shape or image.shape[:2], rule)[0]


@given(mask=MASKS)
def test_light_and_dark_are_each_others_inverse(mask: np.ndarray) -> None:
    white = mask.astype(np.uint8) * 255
    light, dark = MaskRule(marked="light", empty="unedited"), MaskRule(marked="dark", empty="unedited")
    np.testing.assert_array_equal(read(white, light), mask)
    np.testing.assert_array_equal(read(255 - white, dark), mask)
    np.testing.assert_array_equal(read(white, dark), ~mask)


@given(mask=MASKS)
def test_masks_written_with_0_and_1_read_alike(mask: np.ndarray) -> None:
    ones = mask.astype(np.uint8)
    np.testing.assert_array_equal(read(ones, MaskRule(marked="light", empty="unedited")), mask)
    np.testing.assert_array_equal(read(ones, MaskRule(empty="unedited")), mask)
    np.testing.assert_array_equal(read(1 - ones, MaskRule(marked="dark", empty="unedited")), mask)


@given(mask=MASKS, factor=st.integers(2, 4))
def test_a_mask_drawn_larger_comes_back_as_it_was(mask: np.ndarray, factor: int) -> None:
    larger = np.kron(mask.astype(np.uint8) * 255, np.ones((factor, factor), np.uint8))
    rule = MaskRule(resize=True, empty="unedited")
    found, resized = read_mask(encode_image(larger), None, mask.shape, rule)
    assert resized
    np.testing.assert_array_equal(found, mask)


def test_the_middle_of_three_levels_counts_as_the_threshold_says() -> None:
    levels = np.repeat(np.array([[0, 128, 255]], np.uint8), 8, axis=0).repeat(4, axis=1)
    count = {
        threshold: int(read(levels, MaskRule(marked="light", threshold=threshold)).sum()) for threshold in (63, 191)
    }
    assert count == {63: 64, 191: 32}
    assert int(read(levels, MaskRule(marked="dark", threshold=63)).sum()) == 32


def test_green_is_marked_whatever_its_brightness() -> None:
    mask = np.zeros((16, 16), np.bool_)
    mask[:, :6] = True  # bright above, dark below
    np.testing.assert_array_equal(read(two_coloured(mask), MaskRule(marked="green")), mask)
    white = np.full((16, 16, 3), 255, np.uint8)
    assert not read(white, MaskRule(marked="green", empty="unedited")).any()


@pytest.mark.parametrize(
    ("rule", "shape", "message"),
    [
        (MaskRule(), (32, 48), "got 24×16"),  # the same aspect, but nothing said that it may be resampled
        (MaskRule(resize=True), (48, 32), "expected a mask in the edited image's pixel grid, 32×48"),
        (MaskRule(resize=True), (24, 16), "turned by 90°"),
    ],
)
def test_a_mask_of_another_grid_is_refused(rule: MaskRule, shape: tuple[int, int], message: str) -> None:
    with pytest.raises(SampleError, match=message) as refused:
        read(np.full((16, 24), 255, np.uint8), rule, shape)
    assert refused.value.reason is BadReason.BAD_MASK


def test_an_empty_mask_is_a_mistake_unless_the_benchmark_says_otherwise() -> None:
    empty = np.zeros((16, 24), np.uint8)
    with pytest.raises(SampleError, match="got an empty one"):
        read(empty, MaskRule())
    assert not read(empty, MaskRule(empty="unedited")).any()
