"""COCO run lengths: known counts, and every mask comes back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask

from sigmask.data.mask_rle import decode_mask_rle, encode_mask_rle
from sigmask.types import MaskArray

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40), elements=st.booleans())


@settings(max_examples=100, deadline=None)
@given(mask=masks)
def test_a_mask_survives_json_and_back(mask: MaskArray) -> None:
    rle = json.loads(json.dumps(encode_mask_rle(mask)))

    assert rle["size"] == list(mask.shape)
    assert coco_mask.area(rle) == mask.sum()
    np.testing.assert_array_equal(decode_mask_rle(rle), mask)


def test_runs_go_down_the_columns_beginning_with_zeros() -> None:
    mask = np.array([[0, 1, 0], [0, 1, 1]], np.bool_)  # columns 00 11 01: runs of 2 zeros, 2 ones, 1 zero, 1 one
    by_hand = coco_mask.frPyObjects({"size": [2, 3], "counts": [2, 2, 1, 1]}, 2, 3)

    assert encode_mask_rle(mask) == {"size": [2, 3], "counts": by_hand["counts"].decode()}
    with pytest.raises(ValueError, match="expected a mask"):
        encode_mask_rle(mask.astype(np.uint8))  # type: ignore[arg-type]
