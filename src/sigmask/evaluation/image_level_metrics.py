"""Was the pair edited at all: metrics of one score per pair against whether its true mask holds anything.

The score is our choice: the probability that is exceeded or reached by just over 0.1 % (`MARK_AREA`) of the picture's
pixels. It is greater than a threshold exactly where more than 0.1 % of the picture is marked at that threshold, so it
is the continuous form of the question that `marked_pairs` answers. A maximum would judge a picture by its single worst
pixel, a mean would judge it by how large the edit is.

Conventions: with no edited pair or no unedited one, nothing can be told apart, and all four metrics are NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.evaluation.counts import float_probability
from sigmask.evaluation.ranking_metrics import RankedCounts, auc, rank_map

MARK_AREA = 0.001
"""A pair counts as marked when more than this share of its picture is (our choice: 0.1 %)."""
CALIBRATION_BINS = 15
"""Bins of equal width over [0, 1], as in Guo et al., "On calibration of modern neural networks" (ICML 2017)."""

ScoreArray = npt.NDArray[np.float64]
LabelArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ImageLevelMetrics:
    """All four in [0, 1]; see the functions of the same names. `threshold` is that of the balanced accuracy."""

    edited_pairs: int
    unedited_pairs: int
    threshold: float
    auc: float
    balanced_accuracy: float
    equal_error_rate: float
    expected_calibration_error: float


def image_score(probability: npt.NDArray[Any]) -> float:
    """The k-th highest probability of an (H, W) map, k being the least number of pixels above 0.1 % of them.

    Raises:
        ValueError: if the map is empty, or a probability is NaN or outside [0, 1].
    """
    values = float_probability(probability).ravel()
    if values.size == 0:
        raise ValueError("expected a map of at least one pixel, got an empty one")
    number = math.floor(MARK_AREA * values.size) + 1
    return float(np.partition(values, values.size - number)[values.size - number])


def image_level_metrics(scores: ScoreArray, edited: LabelArray, threshold: float = 0.5) -> ImageLevelMetrics:
    """All image-level metrics of N pairs.

    Args:
        scores: (N,) float in [0, 1], e.g. of `image_score`.
        edited: (N,) bool, True where the pair's true mask is not empty.
        threshold: a pair is called edited where its score is greater.

    Raises:
        ValueError: if shapes or types do not fit, or a score is NaN or outside [0, 1].
    """
    ranked = rank_map(scores, edited)
    return ImageLevelMetrics(
        edited_pairs=ranked.positives,
        unedited_pairs=ranked.negatives,
        threshold=threshold,
        auc=auc(ranked),
        balanced_accuracy=balanced_accuracy(scores, edited, threshold),
        equal_error_rate=equal_error_rate(ranked),
        expected_calibration_error=expected_calibration_error(scores, edited),
    )


def balanced_accuracy(scores: ScoreArray, edited: LabelArray, threshold: float = 0.5) -> float:
    """The mean of the share of edited pairs called edited and of unedited ones not called so."""
    if edited.all() or not edited.any():
        return float("nan")
    called = scores > threshold
    return float((called[edited].mean() + (~called[~edited]).mean()) / 2)


def equal_error_rate(ranked: RankedCounts) -> float:
    """The rate at which as large a share of unedited pairs is called edited as of edited ones is missed.

    Between two operating points the ROC curve is taken as a straight line.
    """
    if ranked.positives == 0 or ranked.negatives == 0:
        return float("nan")
    alarm = np.concatenate([[0.0], ranked.fp / ranked.negatives])
    missed = np.concatenate([[1.0], 1 - ranked.tp / ranked.positives])
    # alarm rises from 0 to 1 and missed falls from 1 to 0, so there is a first point at which alarm is not below.
    after = int(np.argmax(alarm >= missed))
    gap_before, gap_after = missed[after - 1] - alarm[after - 1], missed[after] - alarm[after]
    share = gap_before / (gap_before - gap_after)
    return float(alarm[after - 1] + share * (alarm[after] - alarm[after - 1]))


def expected_calibration_error(scores: ScoreArray, edited: LabelArray) -> float:
    """Σ over bins of (pairs in it / all pairs) · |their mean score - the share of them that is edited|.

    The formula is Guo et al.'s over bins of equal width, each closed above; that the score of being edited is binned,
    not the confidence in whichever class is called, is our choice.
    """
    if edited.all() or not edited.any():
        return float("nan")
    bins = np.maximum(np.ceil(scores * CALIBRATION_BINS).astype(np.intp) - 1, 0)
    score_sums = np.bincount(bins, weights=scores, minlength=CALIBRATION_BINS)
    edited_sums = np.bincount(bins, weights=edited, minlength=CALIBRATION_BINS)
    return float(np.abs(score_sums - edited_sums).sum() / scores.size)
