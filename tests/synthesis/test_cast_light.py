from __future__ import annotations

import numpy as np
import pytest

from sigmask.synthesis.cast_light import cast_on, cast_reflection, cast_shadow
from sigmask.synthesis.placement import Layer


def _red_box() -> Layer:
    """Rows 20 to 39 and columns 30 to 49 of a 100 × 80 picture; its upper half is red, its lower half blue."""
    pixels = np.zeros((100, 80, 3), np.uint8)
    pixels[:30] = (255, 0, 0)
    pixels[30:] = (0, 0, 255)
    alpha = np.zeros((100, 80), np.float32)
    alpha[20:40, 30:50] = 1
    return Layer(pixels, alpha)


@pytest.mark.parametrize("seed", range(6))
def test_a_reflection_lies_upside_down_below_the_thing_and_nowhere_else(seed: int) -> None:
    ground = np.full((100, 80, 3), 128, np.uint8)
    image, seen = cast_reflection(ground, _red_box(), np.random.default_rng(seed))
    rows, columns = np.nonzero(seen)
    assert rows.min() == 40 and rows.max() <= 62, "squeezed to no more than the thing's own height"
    assert columns.min() >= 26 and columns.max() <= 53
    near = image[42, 40].astype(int)
    assert near[2] > 128 > near[0], "the lower half of the thing, blue, is next to it"
    assert np.array_equal(image[:40], ground[:40])


def test_what_stands_at_the_lower_border_is_mirrored_nowhere() -> None:
    alpha = np.zeros((50, 50), np.float32)
    alpha[30:, 10:20] = 1
    ground = np.full((50, 50, 3), 90, np.uint8)
    image, seen = cast_reflection(ground, Layer(np.zeros_like(ground), alpha), np.random.default_rng(0))
    assert not seen.any() and np.array_equal(image, ground)


def test_a_shadow_darkens_and_its_place_is_told() -> None:
    ground = np.full((100, 80, 3), 200, np.uint8)
    image, seen = cast_shadow(ground, _red_box().solid, np.random.default_rng(1))
    assert seen.any() and (image[seen] < 200).all()


def test_shadow_reflection_and_neither_all_occur() -> None:
    ground = np.full((100, 80, 3), 128, np.uint8)
    kinds = set()
    for seed in range(40):
        image, seen = cast_on(ground, _red_box(), np.random.default_rng(seed))
        coloured = (image.max(2) - image.min(2)).max() > 20
        kinds.add("reflection" if coloured else "shadow" if seen.any() else "neither")
    assert kinds == {"reflection", "shadow", "neither"}
