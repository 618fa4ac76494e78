from __future__ import annotations

import numpy as np

from sigmask.synthesis import blending
from sigmask.synthesis.filling import fill_hole
from sigmask.synthesis.palette import colour_name, move_to_colour


def _disc(side: int = 64, radius: int = 16) -> np.ndarray:
    rows, columns = np.mgrid[0:side, 0:side]
    return (rows - side / 2) ** 2 + (columns - side / 2) ** 2 < radius**2


def test_a_quarter_of_white_over_black_is_64() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert (blending.blend(black, white, np.full((4, 4), 0.25, np.float32)) == 64).all()


def test_a_hole_in_a_plain_picture_is_filled_with_its_colour() -> None:
    pixels = np.full((64, 64, 3), 77.0, np.float32)
    pixels[_disc()] = 0
    assert np.allclose(blending.fill_smoothly(pixels, ~_disc()), 77, atol=0.01)


def test_a_hole_in_a_ramp_is_filled_with_the_ramp() -> None:
    ramp = np.tile(np.linspace(0, 200, 64, dtype=np.float32)[None, :, None], (64, 1, 1))
    holed = np.where(_disc()[:, :, None], 0, ramp)
    filled = blending.fill_smoothly(holed, ~_disc())
    assert np.abs(filled - ramp)[_disc()].mean() < 12


def test_a_gradient_blend_takes_over_the_colour_at_the_rim() -> None:
    background, foreground = np.full((64, 64, 3), 150, np.uint8), np.full((64, 64, 3), 90, np.uint8)
    blended = blending.gradient_blend(background, foreground, _disc(), 1.0)
    assert np.abs(blended.astype(int) - 150).max() <= 2
    half = blending.gradient_blend(background, foreground, _disc(), 0.5)
    assert abs(int(half[32, 32, 0]) - 120) <= 2


def test_colour_matching_at_full_strength_reaches_the_reference_mean(rng: np.random.Generator) -> None:
    source = rng.integers(20, 90, (32, 32, 3), dtype=np.uint8)
    reference = rng.integers(120, 200, (32, 32, 3), dtype=np.uint8)
    everything = np.ones((32, 32), bool)
    matched = blending.match_colour(source, everything, reference, everything, 1.0)
    assert abs(float(matched.mean()) - float(reference.mean())) < 6
    assert np.array_equal(source, blending.match_colour(source, everything[:2], reference, ~everything, 1.0))


def test_filling_changes_nothing_outside_the_hole(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (64, 80, 3), dtype=np.uint8)
    hole = np.zeros((64, 80), bool)
    hole[20:40, 30:50] = True
    for _ in range(20):  # every kind of fill turns up
        assert np.array_equal(fill_hole(image, hole, rng)[~hole], image[~hole])


def test_a_disc_on_stripes_is_filled_with_stripes() -> None:
    stripes = np.tile(np.where(np.arange(96) % 16 < 8, 60, 190).astype(np.uint8)[None, :, None], (96, 1, 3))
    hole = np.zeros((96, 96), bool)
    hole[36:60, 36:60] = True
    damaged = np.where(hole[:, :, None], np.uint8(255), stripes)
    errors = [
        float(np.abs(fill_hole(damaged, hole, np.random.default_rng(seed)).astype(int) - stripes)[hole].mean())
        for seed in range(12)
    ]
    assert np.median(errors) < 40  # a plain fill of mean grey is off by 65


def test_moving_to_a_colour_reaches_it_and_keeping_lightness_keeps_it(rng: np.random.Generator) -> None:
    image = np.clip(rng.normal(120, 10, (40, 40, 1)) * np.array([1, 0.6, 0.5]), 0, 255).astype(np.uint8)
    everything = np.ones((40, 40), bool)
    moved = move_to_colour(image, everything, (40, 90, 200), keep_lightness=0.0, flatten=1.0)
    assert colour_name(moved.reshape(-1, 3).mean(0).tolist()) == "blue"
    kept = move_to_colour(image, everything, (40, 90, 200), keep_lightness=1.0, flatten=1.0)
    gray = np.array([0.299, 0.587, 0.114])
    assert abs(float((kept @ gray).mean()) - float((image @ gray).mean())) < 14
