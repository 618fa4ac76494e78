"""Masks come back bit for bit, through this package's decoder and through Pillow's."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from sigmask.data.mask_png import decode_mask_png, encode_mask_png, write_mask_png
from sigmask.types import MaskArray

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40), elements=st.booleans())


@settings(max_examples=150, deadline=None)
@given(mask=masks)
def test_a_mask_survives_the_round_trip(mask: MaskArray) -> None:
    encoded = encode_mask_png(mask)

    with Image.open(io.BytesIO(encoded)) as image:
        assert image.mode == "1"
        np.testing.assert_array_equal(np.asarray(image), mask)
    np.testing.assert_array_equal(decode_mask_png(encoded), mask)


def test_views_and_columns_are_encoded_as_they_look() -> None:
    mask = np.random.default_rng(0).random((33, 50)) > 0.5
    for view in (mask.T, mask[::2, ::-3], np.asfortranarray(mask)):
        np.testing.assert_array_equal(decode_mask_png(encode_mask_png(view)), view)


@pytest.mark.parametrize("bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 1), np.bool_), np.zeros((0, 4), np.bool_)])
def test_what_is_no_mask_is_refused(bad: MaskArray) -> None:
    with pytest.raises(ValueError, match="expected a mask"):
        encode_mask_png(bad)


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    mask = np.eye(9, dtype=np.bool_)
    write_mask_png(tmp_path / "mask.png", ~mask)
    write_mask_png(str(tmp_path / "mask.png"), mask)

    assert [entry.name for entry in tmp_path.iterdir()] == ["mask.png"]
    np.testing.assert_array_equal(decode_mask_png((tmp_path / "mask.png").read_bytes()), mask)
    with pytest.raises(ValueError, match=r"must end in \.png"):
        write_mask_png(tmp_path / "mask.jpg", mask)
