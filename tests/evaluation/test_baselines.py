from __future__ import annotations

import numpy as np
import pytest

from sigmask.errors import ConfigError
from sigmask.evaluation.baselines import BASELINES, create_baseline
from sigmask.evaluation.baselines.absolute_difference import absolute_difference
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid


@pytest.mark.parametrize("name", BASELINES)
def test_an_image_against_itself_is_empty(name: str, rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (40, 56, 3), dtype=np.uint8)
    probability = create_baseline(name)(image, image)
    assert probability.shape == (40, 56) and probability.dtype == np.float32
    assert probability.max() < 1e-3


@pytest.mark.parametrize("name", BASELINES)
def test_a_plain_change_is_found(name: str, rng: np.random.Generator) -> None:
    original = rng.integers(90, 110, (64, 64, 3), dtype=np.uint8)
    edited = original.copy()
    edited[16:48, 16:48] = rng.integers(180, 255, (32, 32, 3), dtype=np.uint8)
    marked = create_baseline(name)(original, edited) > 0.5
    assert marked[20:44, 20:44].mean() > 0.95
    assert marked[:4].mean() == 0.0


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("shape", [(8, 8), (9, 40), (1, 1)])
def test_small_images_and_other_sizes(name: str, shape: tuple[int, int], rng: np.random.Generator) -> None:
    original = rng.integers(0, 256, (33, 47, 3), dtype=np.uint8)
    edited = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    probability = create_baseline(name)(original, edited)
    assert probability.shape == shape
    assert np.isfinite(probability).all() and probability.min() >= 0 and probability.max() <= 1


def test_absolute_difference_by_hand() -> None:
    original = np.zeros((1, 3, 3), np.uint8)
    edited = np.array([[[0, 0, 0], [10, 25, 5], [75, 0, 0]]], np.uint8)
    np.testing.assert_allclose(absolute_difference(original, edited), [[0.0, 0.5, 0.75]])


def test_the_grid_is_the_edited_images() -> None:
    original = np.full((20, 30, 3), 77, np.uint8)
    assert (original_on_edited_grid(original, np.zeros((10, 40, 3), np.uint8)) == 77).all()
    assert original_on_edited_grid(original, np.zeros((20, 30, 3), np.uint8)) is original


def test_an_unknown_name_lists_what_exists() -> None:
    with pytest.raises(ConfigError, match=r"Did you mean 'ssim'\? Known: absolute-difference"):
        create_baseline("ssimm")
