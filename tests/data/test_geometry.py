"""Fitting the original to the edited image's grid, and the sizes that a network sees."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.data.geometry import fit_original_to_edited, model_frame, resize_for_model, resize_image, resize_map
from tests.drawing import draw_photo

sides = st.integers(8, 5000)


def test_equal_sizes_are_left_alone_and_the_same_aspect_is_resized(rng: np.random.Generator) -> None:
    photo = draw_photo(rng, 120, 160)
    same, no_flags = fit_original_to_edited(photo, photo.copy())
    half = cv2.resize(photo, (80, 60), interpolation=cv2.INTER_AREA)
    fitted, flags = fit_original_to_edited(photo, half)

    assert same is photo
    assert no_flags == ()
    assert flags == ("resized",)
    np.testing.assert_array_equal(fitted, half)
    assert fit_original_to_edited(photo, resize_image(photo, 120, 158))[1] == ("resized",)  # 1.3 % off


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), wide=st.booleans())
def test_how_the_editor_changed_the_aspect_is_recognised(seed: int, wide: bool) -> None:
    photo = draw_photo(np.random.default_rng(seed), 128, 192)
    photo = photo if wide else np.ascontiguousarray(photo.swapaxes(0, 1))
    height, width = photo.shape[:2]
    top, left = (height - 128) // 2, (width - 128) // 2
    padded = np.full((192, 192, 3), (12, 200, 90), np.uint8)
    padded[(192 - height) // 2 :, (192 - width) // 2 :][:height, :width] = photo
    edits = {
        "cropped": photo[top : top + 128, left : left + 128],
        "stretched": resize_image(photo, 128, 128),
        "padded": padded,
    }
    for way, edited in edits.items():
        fitted, flags = fit_original_to_edited(photo, edited)
        assert flags == ("aspect_mismatch", way)
        assert np.abs(fitted.astype(int) - edited).max() <= 1, way


def test_painted_in_bars_show_as_a_difference(rng: np.random.Generator) -> None:
    photo = draw_photo(rng, 64, 128)
    edited = draw_photo(rng, 128, 128)
    edited[32:96] = photo

    fitted, flags = fit_original_to_edited(photo, edited)
    difference = np.abs(fitted.astype(int) - edited).max(axis=2)

    assert flags == ("aspect_mismatch", "padded")
    assert difference[32:96].max() == 0
    assert (difference[:32] > 5).mean() > 0.5


@settings(max_examples=300, deadline=None)
@given(height=sides, width=sides, long_side=st.integers(32, 2048), multiple=st.sampled_from([1, 8, 14, 16, 32]))
def test_a_model_frame_is_never_off_by_more_than_half_a_multiple(
    height: int, width: int, long_side: int, multiple: int
) -> None:
    frame = model_frame(height, width, long_side, multiple)

    scale = long_side / max(height, width)
    for side, wanted in zip(frame, (height * scale, width * scale), strict=True):
        assert side % multiple == 0
        assert side >= multiple
        assert abs(side - max(wanted, multiple)) <= multiple / 2
    assert model_frame(width, height, long_side, multiple) == frame[::-1]


def test_model_frames_by_hand() -> None:
    assert model_frame(480, 640, 448, 16) == (336, 448)
    assert model_frame(1000, 1000, 448, 14) == (448, 448)
    assert model_frame(10, 4000, 448, 32) == (32, 448)
    with pytest.raises(ValueError, match="positive"):
        model_frame(0, 10, 448, 16)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    to_height=st.integers(1, 90),
    to_width=st.integers(1, 90),
    value=st.integers(0, 255),
)
def test_resizing_keeps_flat_pictures_and_the_range_of_maps(
    height: int, width: int, to_height: int, to_width: int, value: int
) -> None:
    flat = np.full((height, width, 3), value, np.uint8)
    noise = np.random.default_rng(value).random((height, width), np.float32)

    resized = resize_image(flat, to_height, to_width)
    values = resize_map(noise, to_height, to_width)

    assert resized.shape == (to_height, to_width, 3)
    assert (resized == value).all()
    assert values.dtype == np.float32
    assert values.shape == (to_height, to_width)
    assert values.min() >= noise.min() - 1e-6
    assert values.max() <= noise.max() + 1e-6
    assert resize_image(resized, height, width).shape == flat.shape


def test_a_picture_for_the_model_is_bilinear_down_to_half_and_averaged_below(rng: np.random.Generator) -> None:
    photo = draw_photo(rng, 100, 160)
    half = resize_for_model(photo, 50, 80)
    np.testing.assert_array_equal(half, cv2.resize(photo, (80, 50), interpolation=cv2.INTER_LINEAR))
    np.testing.assert_array_equal(resize_for_model(photo, 49, 80), resize_image(photo, 49, 80))
    np.testing.assert_array_equal(resize_for_model(photo, 200, 320), resize_image(photo, 200, 320))
    assert resize_for_model(photo, 100, 160) is photo
