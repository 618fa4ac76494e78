from __future__ import annotations

import io
from itertools import combinations

import cv2
import numpy as np
import pytest
from PIL import Image

from sigmask.export import edit_signature as edit_signature_module
from sigmask.export.edit_signature import edit_signature, same_edit
from sigmask.types import ImageArray, MaskArray
from tests.drawing import COLOURS, draw_pair, draw_photo, draw_shape_mask


def one(first: tuple[ImageArray, MaskArray], second: tuple[ImageArray, MaskArray]) -> bool:
    """Whether the two edits, each a picture with its mask, count as one."""
    return bool(same_edit(edit_signature(*first)[None], edit_signature(*second)[None])[0])


def as_jpeg(image: ImageArray, quality: int) -> ImageArray:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def moved(mask: MaskArray, right: int, down: int) -> MaskArray:
    return np.roll(mask, (down, right), (0, 1))


def grown(mask: MaskArray, pixels: int) -> MaskArray:
    """Wider by so many pixels all around, narrower if negative."""
    change = cv2.dilate if pixels > 0 else cv2.erode
    size = 2 * abs(pixels) + 1
    return np.asarray(change(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0)


def test_a_signature_by_hand() -> None:
    """A square of 2 × 2 in the middle of 8 × 8: its centre is the picture's, its spread half a pixel of eight."""
    mask = np.zeros((8, 8), np.bool_)
    mask[3:5, 3:5] = True
    edited = np.zeros((8, 8, 3), np.uint8)
    edited[3:5, 3:5] = [[(1, 2, 3), (4, 5, 6)], [(7, 8, 9), (10, 11, 12)]]
    spread = 16  # 255 · 0.5 / 8
    assert edit_signature(edited, mask).tolist() == [128, 128, spread, spread, *range(1, 13)]


def test_an_empty_mask_has_no_spread_and_the_whole_pictures_colours() -> None:
    edited = np.full((6, 10, 3), (9, 8, 7), np.uint8)
    assert edit_signature(edited, np.zeros((6, 10), np.bool_)).tolist() == [128, 128, 0, 0, *([9, 8, 7] * 4)]
    assert edit_signature(edited, np.ones((6, 10), np.bool_))[2:4].tolist() == [73, 73]  # 255 · √((n² - 1) / 12) / n


def test_a_large_edit_is_looked_at_in_a_smaller_picture(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = draw_pair(rng, 192, 256)
    stripes = np.zeros((192, 256), np.bool_)
    stripes[1::2] = True  # every other row, of which taking every other one would leave nothing
    assert pair.mask is not None
    for mask in (pair.mask, stripes, np.zeros_like(stripes)):
        whole = edit_signature(pair.edited, mask)
        with monkeypatch.context() as patch:
            patch.setattr(edit_signature_module, "MOST_MARKED", 200)
            shrunk = edit_signature(pair.edited, mask)
        assert (shrunk != whole).any()
        assert np.abs(shrunk.astype(int) - whole)[:4].max() <= 1
        assert mask is stripes or same_edit(shrunk[None], whole[None])[0]  # a stripe has no inside to weigh more


@pytest.mark.parametrize("quality", [70, 85])
def test_an_edit_that_was_compressed_again_is_the_same(quality: int, rng: np.random.Generator) -> None:
    """Its mask is another by a pixel or two, as a model's is."""
    for _ in range(20):
        pair = draw_pair(rng, 192, 256)
        assert pair.mask is not None
        edited = as_jpeg(pair.edited, quality)
        right, down = (int(step) for step in rng.integers(-2, 3, 2))
        for mask in (moved(pair.mask, right, down), grown(pair.mask, 1), grown(pair.mask, -1), grown(pair.mask, 2)):
            assert one((pair.edited, pair.mask), (edited, mask))


def test_different_edits_in_one_place_are_told_apart(rng: np.random.Generator) -> None:
    """One shape of one original in each colour, and with what stands in other photographs."""
    for _ in range(5):
        original = draw_photo(rng, 192, 256)
        mask = draw_shape_mask(rng, 192, 256, "circle")
        edits = []
        for colour in COLOURS.values():
            edited = original.copy()
            edited[mask] = colour
            edits.append((as_jpeg(edited, 85), mask))
        for first, second in combinations([*edits, (original, mask)], 2):
            near = np.sqrt(np.mean((first[0][mask].mean(axis=0) - second[0][mask].mean(axis=0)) ** 2)) < 20
            assert near or not one(first, second)


def test_one_thing_in_two_places_is_two_edits(rng: np.random.Generator) -> None:
    original = draw_photo(rng, 192, 256)
    mask = np.zeros((192, 256), np.bool_)
    mask[90:110, 100:120] = True
    edits = []
    for place in (mask, moved(mask, 20, 0), moved(mask, 0, 20), grown(mask, 10)):
        edited = original.copy()
        edited[place] = 250
        edits.append((edited, place))
    assert not any(one(first, second) for first, second in combinations(edits, 2))
