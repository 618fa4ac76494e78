from __future__ import annotations

import numpy as np
import pytest

from sigmask.evaluation.map_scores import MapScores, score_map, side_effect_recall


def test_by_hand() -> None:
    probability = np.array([[0.9, 0.5], [0.5, 0.1]], np.float32)
    mask = np.array([[True, True], [False, False]])
    side_effect = np.array([[False, True], [False, False]])
    scores = score_map(probability, probability > 0.5, mask, side_effect)
    assert scores.auc == 3.5 / 4
    assert scores.average_precision == pytest.approx(5 / 6)
    assert scores.image_score == pytest.approx(0.9)  # one of four pixels is more than 0.1 %
    # The one predicted point is true, the other true one lies a pixel away: within 2 pixels, not within 0.75 % of 2.8.
    assert scores.boundary_f1_2px == 1.0
    assert scores.boundary_f1 == pytest.approx(2 / 3)
    assert scores.side_effect_recall == 0.0


def test_where_nothing_was_edited_only_the_image_score_is_left() -> None:
    probability = np.full((4, 4), 0.25, np.float32)
    nothing = np.zeros((4, 4), bool)
    assert score_map(probability, nothing, nothing) == MapScores(None, None, None, None, 0.25, None)


def test_where_everything_was_edited_there_is_no_contour() -> None:
    everything = np.ones((4, 4), bool)
    scores = score_map(everything.astype(np.float32), everything, everything)
    assert scores == MapScores(None, 1.0, None, None, 1.0, None)


def test_side_effect_recall() -> None:
    predicted = np.array([[True, True, False, False]])
    assert side_effect_recall(predicted, np.array([[False, True, True, True]])) == pytest.approx(1 / 3)
    assert side_effect_recall(predicted, np.zeros((1, 4), bool)) is None
    with pytest.raises(ValueError, match="side_effect and predicted"):
        side_effect_recall(predicted, np.zeros((1, 3), bool))
