"""Post-processing: hand-made maps with specks and pinholes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.annotation.postprocess import SPECK_AREA, postprocess

# 100 × 100: parts smaller than 2 pixels are specks


def _map(level: float = 0.0) -> np.ndarray:
    return np.full((100, 100), level, np.float32)


def test_the_threshold_itself_counts_as_changed() -> None:
    probability = _map()
    probability[10:20, 10:20] = 0.5
    probability[30:40, 30:40] = 0.49
    assert postprocess(probability).sum() == 100
    assert postprocess(probability, 0.49).sum() == 200
    assert postprocess(probability, 0.6).sum() == 0


@pytest.mark.parametrize(("level", "kept"), [(0.6, False), (0.89, False), (0.9, True), (0.99, True)])
def test_a_speck_is_dropped_unless_it_is_sure(level: float, kept: bool) -> None:
    probability = _map()
    probability[50, 50] = level
    assert postprocess(probability)[50, 50] == kept


@pytest.mark.parametrize(("level", "filled"), [(0.4, True), (0.11, True), (0.1, False), (0.0, False)])
def test_a_pinhole_is_filled_unless_it_is_sure(level: float, filled: bool) -> None:
    probability = _map()
    probability[20:80, 20:80] = 0.95
    probability[50, 50] = level
    mask = postprocess(probability)
    assert mask[50, 50] == filled
    assert mask.sum() == 3600 - (not filled)


def test_parts_of_the_least_area_stay_and_diagonal_neighbours_are_one_part() -> None:
    assert SPECK_AREA * 10_000 == 2
    probability = _map()
    probability[10, 10] = probability[11, 11] = 0.6
    probability[50, 50] = probability[50, 60] = 0.6
    mask = postprocess(probability)
    assert np.argwhere(mask).tolist() == [[10, 10], [11, 11]]


def test_empty_and_full_maps_stay() -> None:
    assert not postprocess(_map(0.3)).any()
    assert postprocess(_map(0.7)).all()
    assert postprocess(_map(0.7)).dtype == np.bool_


def test_the_map_is_left_as_it_was() -> None:
    probability = np.random.default_rng(0).random((60, 80)).astype(np.float32)
    before = probability.copy()
    postprocess(probability)
    assert np.array_equal(probability, before)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 130), width=st.integers(1, 130), blur=st.integers(1, 9))
def test_looking_at_outlines_first_changes_nothing(seed: int, height: int, width: int, blur: int) -> None:
    noise = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    probability = np.asarray(cv2.blur(noise, (blur, blur)), np.float32)
    fast = postprocess(probability)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sigmask.annotation.postprocess._surely_large", lambda parts, area: False)
        slow = postprocess(probability)
    np.testing.assert_array_equal(fast, slow)


def test_outlines_of_large_parts_with_large_holes_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    probability = _map()
    probability[20:80, 20:80] = 0.7
    probability[40:60, 40:60] = 0.2
    monkeypatch.setattr("cv2.connectedComponentsWithStatsWithAlgorithm", None)  # is not asked
    assert postprocess(probability).sum() == 3600 - 400
