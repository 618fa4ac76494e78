"""A picture as the models take it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from sigmask.models.pixels import pixels_of


@pytest.fixture
def torch_warns_always() -> Iterator[None]:
    torch.set_warn_always(True)  # else of each kind once a process
    yield
    torch.set_warn_always(False)


@pytest.mark.usefixtures("torch_warns_always")
def test_a_picture_that_cannot_be_written_is_taken_without_a_warning() -> None:
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    image.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels = pixels_of(image[:, ::-1]), pixels_of(image)
    assert pixels[1].shape == (1, 3, 2, 3)
    assert pixels[1][0, 2, 1, 0] == 11 / 255
    torch.testing.assert_close(pixels[0], pixels[1].flip(3))
