from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sigmask.evaluation import evaluate_masks
from sigmask.evaluation.trufor_protocol import judged_pixels, trufor_scores
from sigmask.types import MaskArray


def left_columns(width: int, shape: tuple[int, int] = (40, 60)) -> MaskArray:
    mask = np.zeros(shape, bool)
    mask[:, :width] = True
    return mask


def test_which_pixels_are_judged() -> None:
    changed, unchanged = judged_pixels(left_columns(30))
    assert np.array_equal(changed, left_columns(23))  # 7 columns before the border are ignored
    assert np.array_equal(unchanged, ~left_columns(35))  # and 5 behind it


def test_the_boundary_is_ignored() -> None:
    ragged = left_columns(30).astype(np.float32)
    ragged[:, 23:35] = 0.5 - ragged[:, 23:35] / 2
    scores = trufor_scores(ragged, left_columns(30))
    assert (scores.best_f1, scores.f1) == (1.0, 1.0)


def test_by_hand() -> None:
    # 40 rows × 23 columns are changed, 40 × 25 unchanged. The map has 0.9 on 10 changed columns, 0.3 on 13, 0.3 on
    # 5 unchanged ones and 0.1 on the rest: at 0.5 tp 10, fn 13; best between 0.1 and 0.3: tp 23, fp 5.
    probability = np.full((40, 60), 0.1, np.float32)
    probability[:, :40] = 0.3
    probability[:, :10] = 0.9
    scores = trufor_scores(probability, left_columns(30))
    assert scores.f1 == pytest.approx(20 / 33)
    assert scores.best_f1 == pytest.approx(46 / 51)


def test_the_maximum_over_inversion() -> None:
    mask = left_columns(30)
    scores = trufor_scores((~mask).astype(np.float32), mask)
    assert (scores.best_f1, scores.f1) == (1.0, 1.0)
    nothing = trufor_scores(np.zeros((40, 60), np.float32), mask)
    assert nothing.f1 == nothing.best_f1 == pytest.approx(2 * 23 / (2 * 23 + 25))


def test_a_perfect_prediction_on_an_authentic_image() -> None:
    nothing = np.zeros((20, 20), bool)
    perfect = trufor_scores(nothing.astype(np.float32), nothing)
    assert perfect.best_f1 == 0.0 and math.isnan(perfect.f1)
    assert trufor_scores(np.eye(20, dtype=np.float32), nothing).f1 == 0.0
    mask = left_columns(30)
    means = evaluate_masks([mask.astype(float), nothing.astype(float)], [mask, nothing], protocol="trufor")
    assert means == {"best_f1": 0.5, "f1": 1.0, "images": 1.0}


def test_a_small_edit_is_eroded_away() -> None:
    mask = np.zeros((60, 60), bool)
    mask[20:34, 20:34] = True
    perfect = trufor_scores(mask.astype(np.float32), mask)
    assert perfect.best_f1 == 0.0 and math.isnan(perfect.f1)


@settings(max_examples=30)
@given(data=st.data(), width=st.integers(0, 40))
def test_agrees_with_trying_every_value(data: st.DataObject, width: int) -> None:
    mask = left_columns(width, (3, 40))
    probability = data.draw(hnp.arrays(np.float32, mask.shape, elements=st.sampled_from([0, 0.2, 0.5, 0.7, 1])))
    changed, unchanged = judged_pixels(mask)
    judged = changed | unchanged
    best = 0.0
    for value in np.unique(probability[judged]):
        for marked in (probability > value, probability <= value):
            tp, fp = (marked & changed).sum(), (marked & unchanged).sum()
            best = max(best, 2 * tp / max(tp + fp + changed.sum(), 1))
    assert trufor_scores(probability, mask).best_f1 == pytest.approx(best)
