"""Registration: moves of an editor are found and undone, pairs that lie on each other are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from sigmask.data.geometry import fit_original_to_edited, resize_image
from sigmask.data.registration import REGISTERED, UNALIGNED, agreement, find_affine, register, warp
from sigmask.types import ImageArray
from tests.drawing import draw_corners


@pytest.fixture
def scene(rng: np.random.Generator) -> ImageArray:
    return draw_corners(rng, 300, 400)


def test_agreement_is_1_for_a_picture_and_itself_however_its_tone_drifts(scene: ImageArray) -> None:
    drifted = np.clip(scene.astype(np.float32) * 0.7 + 30, 0, 255).astype(np.uint8)
    assert agreement(scene, scene) == 1.0
    assert agreement(scene, drifted) > 0.95
    assert agreement(scene, np.ascontiguousarray(scene[::-1])) < 0.1
    flat = np.full_like(scene, 90)
    assert agreement(flat, flat + 1) == 1.0  # nothing there that could disagree


def test_agreement_counts_covered_places_alone(scene: ImageArray) -> None:
    half = scene.copy()
    half[:, 200:] = scene[::-1, 200:]
    covered = np.zeros(scene.shape[:2], np.bool_)
    covered[:, :190] = True
    assert agreement(scene, half, covered) > 0.95
    assert agreement(scene, half) < 0.7


def test_pairs_that_lie_on_each_other_are_left_alone(scene: ImageArray) -> None:
    edited = scene.copy()
    edited[80:200, 100:260] = (200, 30, 90)
    fitted, flags = register(scene, scene, edited)
    assert fitted is scene
    assert flags == ()


@pytest.mark.parametrize(
    ("top", "bottom", "left", "right", "size"),
    [(8, 300, 12, 400, None), (30, 300, 90, 400, None), (0, 250, 0, 340, (300, 400)), (40, 290, 60, 390, (150, 200))],
    ids=["shifted", "cropped", "zoomed", "zoomed and halved"],
)
def test_a_moved_original_is_brought_back(
    scene: ImageArray, top: int, bottom: int, left: int, right: int, size: tuple[int, int] | None
) -> None:
    edited = np.ascontiguousarray(scene[top:bottom, left:right])
    edited = edited if size is None else resize_image(edited, *size)
    fitted, _ = fit_original_to_edited(scene, edited)
    moved, flags = register(scene, fitted, edited)

    assert flags == (REGISTERED,)
    assert moved.shape == edited.shape
    inner = np.abs(moved.astype(int) - edited)[6:-6, 6:-6]
    assert np.percentile(inner, 90) < 12
    assert agreement(moved, edited) > 0.95 > 0.5 > agreement(fitted, edited)


def test_a_seam_that_the_original_does_not_show_counts_as_unchanged(scene: ImageArray) -> None:
    original, edited = np.ascontiguousarray(scene[:, 15:]), np.ascontiguousarray(scene[:, :-15])
    moved, flags = register(original, original, edited)
    assert flags == (REGISTERED,)
    np.testing.assert_array_equal(moved[:, :14], edited[:, :14])


def test_what_is_painted_around_the_original_shows_as_a_difference(scene: ImageArray, rng: np.random.Generator) -> None:
    edited = draw_corners(rng, 300, 400)
    edited[40:265, 50:350] = resize_image(scene, 225, 300)
    moved, flags = register(scene, scene, edited)
    difference = np.abs(moved.astype(int) - edited).max(axis=2)
    inside = difference[44:260, 54:346]

    assert flags == (REGISTERED,)
    assert np.percentile(inside, 90) < 12
    difference[40:265, 50:350] = 0
    assert (difference > 12).mean() > 0.5 * (1 - 225 * 300 / (300 * 400))


def test_plain_padding_around_the_original_shows_no_difference(scene: ImageArray) -> None:
    edited = np.full((300, 400, 3), (250, 240, 230), np.uint8)
    edited[40:265, 50:350] = resize_image(scene, 225, 300)
    moved, flags = register(scene, scene, edited)
    assert flags == (REGISTERED,)
    np.testing.assert_array_equal(moved[:35], edited[:35])


def test_a_thing_that_moves_on_a_plain_ground_does_not_take_the_picture_along(scene: ImageArray) -> None:
    thing = np.ascontiguousarray(scene[:110, :150])
    original, edited = (np.full((300, 400, 3), 200, np.uint8) for _ in range(2))
    original[30:140, 20:170] = thing
    edited[170:280, 230:380] = thing
    fitted, flags = register(original, original, edited)
    assert fitted is original
    assert REGISTERED not in flags


@pytest.mark.parametrize("scale", [3, 8])
def test_a_crop_of_a_much_larger_original_is_found(scene: ImageArray, scale: int) -> None:
    large = resize_image(scene, 300 * scale, 400 * scale)
    edited = np.ascontiguousarray(scene[30:, 90:])
    fitted, _ = fit_original_to_edited(large, edited)
    moved, flags = register(large, fitted, edited)
    assert flags == (REGISTERED,)
    assert agreement(moved, edited) > 0.95


def test_unlike_pictures_are_flagged_and_not_moved(scene: ImageArray, rng: np.random.Generator) -> None:
    other = resize_image(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8), 300, 400)
    fitted, flags = register(scene, scene, other)
    assert fitted is scene
    assert flags == (UNALIGNED,)


def test_a_mirrored_picture_is_no_move(scene: ImageArray) -> None:
    assert find_affine(scene, np.ascontiguousarray(scene[:, ::-1])) is None


def test_too_few_keypoints_are_no_map(scene: ImageArray) -> None:
    assert find_affine(np.full_like(scene, 7), scene) is None


def test_warp_by_a_whole_shift_is_exact(scene: ImageArray) -> None:
    affine = np.array([[1.0, 0.0, -30.0], [0.0, 1.0, -20.0]])
    edited = np.zeros((200, 300, 3), np.uint8)
    moved, covered = warp(scene, affine, edited)
    np.testing.assert_array_equal(moved, scene[20:220, 30:330])
    assert covered.all()


def test_warp_by_half_averages_and_keeps_centres(scene: ImageArray) -> None:
    # a pixel's centre (x + ½) is halved: x ↦ x / 2 − ¼
    affine = np.array([[0.5, 0.0, -0.25], [0.0, 0.5, -0.25]])
    moved, covered = warp(scene, affine, np.zeros((150, 200, 3), np.uint8))
    np.testing.assert_array_equal(moved, resize_image(scene, 150, 200))
    assert covered.all()
