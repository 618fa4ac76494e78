"""Overlays: what is drawn where, and that the picture given is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from sigmask.data.overlay import OUTLINE, draw_outline, heat

MASK = np.zeros((60, 80), np.bool_)
MASK[20:40, 30:60] = True


@pytest.mark.parametrize("background", [(255, 0, 64), (0, 0, 0), (255, 255, 255)])
def test_the_outline_shows_on_every_background(background: tuple[int, int, int]) -> None:
    image = np.full((60, 80, 3), background, np.uint8)

    drawn = draw_outline(image, MASK)

    assert tuple(drawn[20, 45]) == OUTLINE
    assert (drawn[20:23, 45] != image[20:23, 45]).any()  # the line or its casing differs from any one colour
    assert tuple(drawn[30, 45]) == background  # inside
    assert tuple(drawn[5, 5]) == background  # outside
    assert (image == background).all()


def test_thickness_grows_with_the_picture_and_holes_are_outlined() -> None:
    small, large = np.zeros((100, 100, 3), np.uint8), np.zeros((1600, 1600, 3), np.uint8)
    big_mask = np.zeros((1600, 1600), np.bool_)
    big_mask[400:1200, 400:1200] = True
    big_mask[700:900, 700:900] = False
    drawn = draw_outline(large, big_mask)
    row = (drawn[800] == OUTLINE).all(axis=1)

    assert 8 <= row[390:410].sum() <= 10  # 1600 / 200, and OpenCV rounds its lines up
    assert (draw_outline(large, big_mask, thickness=8) == drawn).all()
    assert row[690:710].any()
    assert not draw_outline(small, np.zeros((100, 100), np.bool_)).any()
    with pytest.raises(ValueError, match="same size"):
        draw_outline(small, MASK)
    with pytest.raises(ValueError, match="thickness"):
        draw_outline(np.zeros((60, 80, 3), np.uint8), MASK, thickness=0)


def test_heat_runs_from_blue_to_red() -> None:
    image = np.full((60, 80, 3), 100, np.uint8)
    warm = heat(image, MASK.astype(np.float32), strength=1.0)

    assert warm[30, 45, 0] > warm[30, 45, 2]
    assert warm[5, 5, 2] > warm[5, 5, 0]
    with pytest.raises(ValueError, match="strength"):
        heat(image, MASK.astype(np.float32), strength=1.5)
