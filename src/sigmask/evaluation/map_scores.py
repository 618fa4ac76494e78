"""What one pair's maps are worth beyond counts: metrics that need the pixels themselves, reduced to a few numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.evaluation.boundary_metrics import DIAGONAL_TOLERANCE, PIXEL_TOLERANCE, boundary_f1, contour_distances
from sigmask.evaluation.image_level_metrics import image_score
from sigmask.evaluation.ranking_metrics import auc, average_precision, rank_map
from sigmask.types import MaskArray


@dataclass(frozen=True, slots=True)
class MapScores:
    """Metrics of one pair, all in [0, 1]; None where a metric is undefined.

    Attributes:
        auc: exact, of the probability; None where nothing or everything is true.
        average_precision: exact, of the probability; None where nothing is true.
        boundary_f1: of the predicted mask, within 0.75 % of the diagonal; None where the true mask has no contour.
        boundary_f1_2px: the same within 2 pixels.
        image_score: how surely the pair was edited at all, see `image_level_metrics`.
        side_effect_recall: the share of the side effects' pixels that the predicted mask marks; None without any.
    """

    auc: float | None
    average_precision: float | None
    boundary_f1: float | None
    boundary_f1_2px: float | None
    image_score: float
    side_effect_recall: float | None = None


def score_map(
    probability: npt.NDArray[Any], predicted: MaskArray, mask: MaskArray, side_effect: MaskArray | None = None
) -> MapScores:
    """Measure one pair.

    Args:
        probability: (H, W) float in [0, 1].
        predicted: (H, W) bool, the mask that is handed out.
        mask: (H, W) bool, the true mask.
        side_effect: (H, W) bool, the part of the true mask that nobody asked for, where it is known.

    Raises:
        ValueError: if shapes or types do not fit, or a probability is NaN or outside [0, 1].
    """
    edited = bool(mask.any())
    ranked = rank_map(probability, mask) if edited else None
    distances = contour_distances(predicted, mask) if edited else None
    return MapScores(
        auc=_defined(auc(ranked)) if ranked is not None else None,
        average_precision=average_precision(ranked) if ranked is not None else None,
        boundary_f1=_defined(boundary_f1(distances, diagonal_share=DIAGONAL_TOLERANCE)) if distances else None,
        boundary_f1_2px=_defined(boundary_f1(distances, pixels=PIXEL_TOLERANCE)) if distances else None,
        image_score=image_score(probability),
        side_effect_recall=side_effect_recall(predicted, side_effect) if side_effect is not None else None,
    )


def side_effect_recall(predicted: MaskArray, side_effect: MaskArray) -> float | None:
    """The share of the pixels of `side_effect` that are marked; None where it is empty.

    Raises:
        ValueError: if the two are not bool of one shape.
    """
    if side_effect.dtype != np.bool_ or predicted.dtype != np.bool_ or side_effect.shape != predicted.shape:
        raise ValueError(
            f"side_effect and predicted must be bool of one shape, got {side_effect.dtype} of {side_effect.shape} "
            f"and {predicted.dtype} of {predicted.shape}"
        )
    number = np.count_nonzero(side_effect)
    return np.count_nonzero(predicted & side_effect) / number if number else None


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value
