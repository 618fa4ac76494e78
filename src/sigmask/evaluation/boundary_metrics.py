"""Boundary F1: how much of the two masks' contours lies near the other's.

The measure is that of Csurka, Larlus and Perronnin, "What is a good evaluation measure for semantic segmentation?"
(BMVC 2013): precision is the share of the predicted contour's pixels that lie within a tolerance of the true contour,
recall the share of the true contour's pixels that lie within it of the predicted one, and F1 their harmonic mean. Its
tolerance is 0.75 % of the image diagonal (the DAVIS benchmark, Perazzi et al., CVPR 2016, takes 0.8 % for the same
measure). Distances are Euclidean, from pixel centre to pixel centre, and one equal to the tolerance counts as near.

Our own choices: a contour pixel is a pixel of the mask of which one of the four neighbours lies outside the mask; the
picture's frame is no contour, so a mask that runs off the picture is not judged there; one contour pixel may serve
several of the other contour.

Conventions: NaN where the true mask has no contour (nothing or everything is true), 0 where the predicted one has none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.types import MaskArray

DIAGONAL_TOLERANCE = 0.0075
"""The published tolerance, as a share of the image diagonal: 5.4 pixels at 512²."""
PIXEL_TOLERANCE = 2.0
"""The strict tolerance, in pixels (our choice)."""

DistanceArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ContourDistances:
    """Distances between two contours, from which boundary F1 follows at any tolerance.

    Attributes:
        predicted_to_true: (P,) float32, pixels, of each predicted contour pixel to the nearest true one; infinite
            where there is none.
        true_to_predicted: (T,) float32, pixels, the other way round.
        diagonal: the picture's diagonal in pixels.
    """

    predicted_to_true: DistanceArray
    true_to_predicted: DistanceArray
    diagonal: float


def boundary_f1(
    distances: ContourDistances, *, pixels: float | None = None, diagonal_share: float | None = None
) -> float:
    """Boundary F1 in [0, 1] at a tolerance in pixels, or as a share of the diagonal; NaN without a true contour.

    Raises:
        ValueError: unless exactly one of the two tolerances is given, and is not negative.
    """
    tolerance = _tolerance(distances, pixels, diagonal_share)
    if distances.true_to_predicted.size == 0:
        return float("nan")
    if distances.predicted_to_true.size == 0:
        return 0.0
    precision = float((distances.predicted_to_true <= tolerance).mean())
    recall = float((distances.true_to_predicted <= tolerance).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def contour_distances(predicted: MaskArray, mask: MaskArray) -> ContourDistances:
    """Measure the contours of two (H, W) bool masks against each other.

    Raises:
        ValueError: if the two are not bool of one two-dimensional shape.
    """
    if predicted.dtype != np.bool_ or mask.dtype != np.bool_ or predicted.ndim != 2 or predicted.shape != mask.shape:
        raise ValueError(
            "predicted and true mask must be (H, W) bool of one shape, "
            f"got {predicted.dtype} of {predicted.shape} and {mask.dtype} of {mask.shape}"
        )
    predicted_contour, true_contour = contour(predicted), contour(mask)
    return ContourDistances(
        _distances(predicted_contour, true_contour),
        _distances(true_contour, predicted_contour),
        math.hypot(*mask.shape),
    )


def contour(mask: MaskArray) -> MaskArray:
    """(H, W) bool: the pixels of a mask that have a four-neighbour inside the picture but outside the mask."""
    outside = ~mask
    beside_outside = np.zeros_like(mask)
    beside_outside[1:] |= outside[:-1]
    beside_outside[:-1] |= outside[1:]
    beside_outside[:, 1:] |= outside[:, :-1]
    beside_outside[:, :-1] |= outside[:, 1:]
    return np.asarray(mask & beside_outside)


def _distances(of: MaskArray, to: MaskArray) -> DistanceArray:
    if not to.any():
        return np.full(np.count_nonzero(of), np.inf, np.float32)
    if not of.any():
        return np.empty(0, np.float32)
    field = cv2.distanceTransform((~to).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(field[of], np.float32)


def _tolerance(distances: ContourDistances, pixels: float | None, diagonal_share: float | None) -> float:
    if pixels is not None and diagonal_share is None:
        tolerance = pixels
    elif diagonal_share is not None and pixels is None:
        tolerance = diagonal_share * distances.diagonal
    else:
        raise ValueError("give the tolerance either in pixels or as diagonal_share, not both and not neither")
    if not tolerance >= 0:
        raise ValueError(f"the tolerance must be 0 or more, got {tolerance}")
    # The distance transform is float32, so a distance of √2 may come out a rounding above; 1e-4 pixels decide nothing.
    return tolerance + 1e-4
