"""Scores a set of masks under a named protocol: `evaluate_masks`.

- `sigmask`: ours. Authentic images, whose true mask is empty, are judged by the area falsely marked and take no part
  in any mean of F1 and its like, where they are undefined. A perfect prediction on one gives a false-positive area of
  0 and a specificity of 1. Its remaining conventions are named in `pixel_metrics`, `ranking_metrics`,
  `boundary_metrics` and `image_level_metrics`.
- `imdl-benco`: bit-compatible with the package; a perfect prediction on an authentic image counts as F1 = IoU = AUC
  = 0. All quirks in `imdl_benco_protocol`.
- `trufor`: best threshold, maximum over inversion, boundary ignored; a perfect prediction on an authentic image
  counts as best F1 = 0. All quirks in `trufor_protocol`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sigmask.errors import ConfigError, unknown_name
from sigmask.evaluation.counts import float_probability
from sigmask.evaluation.imdl_benco_protocol import imdl_benco_metrics
from sigmask.evaluation.sigmask_protocol import sigmask_metrics
from sigmask.evaluation.trufor_protocol import trufor_metrics
from sigmask.types import MaskArray

MapAndMask = tuple[npt.NDArray[Any], MaskArray]


class MaskProtocol(Protocol):
    """Maps (H, W) float in [0, 1] with their true masks (H, W) bool → metrics by name; NaN where undefined."""

    def __call__(self, images: Sequence[MapAndMask], *, threshold: float) -> dict[str, float]: ...


PROTOCOLS: dict[str, MaskProtocol] = {
    "sigmask": sigmask_metrics,
    "imdl-benco": imdl_benco_metrics,
    "trufor": trufor_metrics,
}
"""Every protocol by its name."""


def evaluate_masks(
    probabilities: npt.NDArray[Any] | Sequence[npt.NDArray[Any]],
    masks: npt.NDArray[Any] | Sequence[npt.NDArray[Any]],
    *,
    threshold: float = 0.5,
    protocol: str = "sigmask",
) -> dict[str, float]:
    """Score N predicted maps against their true masks.

    Args:
        probabilities: (N, H, W) in [0, 1], float or bool, or a sequence of N such (H, W) of any sizes.
        masks: likewise, bool or numbers that are all 0 or 1: the true masks.
        threshold: a pixel is marked where its probability is greater.
        protocol: a name of `PROTOCOLS`.

    Returns:
        Metrics by name, NaN where one is undefined for the set. Under `sigmask`:
        `f1`, `iou`, `precision`, `recall`, `mcc`: means over the edited images at the threshold;
        `best_f1` … `best_mcc` and `best_threshold`: at the one threshold of the grid that has the highest mean F1;
        `image_best_f1` … `image_best_mcc`: means at each image's own best threshold;
        `pooled_f1` … `pooled_mcc`: at the threshold, all edited images taken as one;
        `auc`, `average_precision`: means over the edited images, exact;
        `boundary_f1` (within 0.75 % of the diagonal), `boundary_f1_2px`: means over the edited images;
        `false_positive_area`, `specificity`, `marked_images`: of the authentic images alone;
        `image_auc`, `image_balanced_accuracy`, `image_equal_error_rate`, `image_calibration_error`: was the image
        edited at all; `images`, `edited_images`, `authentic_images`: how many there are.
        Under the others: see `imdl_benco_metrics` and `trufor_metrics`.

    Raises:
        ConfigError: if there is no such protocol; the message lists what exists.
        ValueError: if there is no image, or shapes, types or ranges do not fit.
    """
    if protocol not in PROTOCOLS:
        raise ConfigError(unknown_name("protocol", protocol, PROTOCOLS))
    if len(probabilities) != len(masks) or len(masks) == 0:
        raise ValueError(
            f"expected as many maps as masks, at least one, got {len(probabilities)} maps and {len(masks)} masks"
        )
    images = [
        (_checked_map(np.asarray(probability), index), _checked_mask(np.asarray(mask), np.shape(probability), index))
        for index, (probability, mask) in enumerate(zip(probabilities, masks, strict=True))
    ]
    return PROTOCOLS[protocol](images, threshold=threshold)


def _checked_map(probability: npt.NDArray[Any], index: int) -> npt.NDArray[Any]:
    if probability.ndim != 2 or probability.size == 0:
        raise ValueError(f"image {index}: expected a map of shape (H, W), got {probability.shape}")
    try:
        return float_probability(probability)
    except ValueError as error:
        raise ValueError(f"image {index}: {error}") from error


def _checked_mask(mask: npt.NDArray[Any], shape: tuple[int, ...], index: int) -> MaskArray:
    if mask.shape != shape:
        raise ValueError(f"image {index}: expected a true mask of the map's shape {shape}, got {mask.shape}")
    binary = mask.astype(np.bool_)
    if mask.dtype != np.bool_ and not np.array_equal(binary, mask):
        raise ValueError(
            f"image {index}: expected a true mask of 0 and 1, got values from {mask.min()} to {mask.max()}; "
            "compare it with a threshold first (masks of 0 and 255: mask > 127)"
        )
    return binary
