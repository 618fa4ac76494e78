"""The protocol `sigmask`: every metric of this package over a set of maps, authentic images kept apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.evaluation.benchmark_result import EditedScores
from sigmask.evaluation.counts import count_mask, count_thresholds
from sigmask.evaluation.map_scores import score_map
from sigmask.evaluation.scores import ScoreCollector
from sigmask.types import EditPair, MaskArray

_NOT_A_METRIC = ("pairs", "side_effect_pairs", "side_effect_recall", "f1_interval", "iou_interval")


def sigmask_metrics(
    images: Sequence[tuple[npt.NDArray[Any], MaskArray]], *, threshold: float = 0.5
) -> dict[str, float]:
    """The metrics that `evaluate_masks` names, of maps (H, W) in [0, 1] and true masks (H, W) bool."""
    collector = ScoreCollector("", "", threshold)
    for index, (probability, mask) in enumerate(images):
        predicted = np.asarray(probability > threshold)
        blank = np.broadcast_to(np.zeros(3, np.uint8), (*mask.shape, 3))  # only its size is asked for
        pair = EditPair(str(index), blank, blank)
        maps = score_map(probability, predicted, mask)
        collector.add(pair, count_mask(predicted, mask), count_thresholds(probability, mask), 0.0, maps)
    result = collector.result()
    edited, unedited, image_level = result.edited, result.unedited, result.image_level
    metrics = {
        field.name: _number(getattr(edited, field.name) if edited else None)
        for field in dataclasses.fields(EditedScores)
        if field.name not in _NOT_A_METRIC
    }
    return metrics | {
        "false_positive_area": _number(unedited.false_positive_share if unedited else None),
        "specificity": _number(unedited.specificity if unedited else None),
        "marked_images": _number(unedited.marked_pairs if unedited else None),
        "image_auc": _number(image_level.auc if image_level else None),
        "image_balanced_accuracy": _number(image_level.balanced_accuracy if image_level else None),
        "image_equal_error_rate": _number(image_level.equal_error_rate if image_level else None),
        "image_calibration_error": _number(image_level.expected_calibration_error if image_level else None),
        "images": float(len(images)),
        "edited_images": float(edited.pairs if edited else 0),
        "authentic_images": float(unedited.pairs if unedited else 0),
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
