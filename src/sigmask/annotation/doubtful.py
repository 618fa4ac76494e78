"""Masks that are given up: those of which the model itself expects too little."""

from __future__ import annotations

from sigmask.types import MapArray, MaskArray

LEAST_QUALITY = 0.35
"""A mask that is expected to have a lower IoU than this is given up: about as much of it would be wrong as right (our
choice: decision 0023)."""
SMALL_AREA, SURE = 0.01, 0.97
"""…unless it covers no more than this share of the picture and a pixel of it is at least so probable: what noise makes
the model mark is large and pale, and of small edits it expects too little (our choice: decision 0019)."""
DOUBTFUL = "doubtful"
"""The flag of a mask that was given up; its probability is kept."""
EVERY_MASK = "--least-quality 0 keeps every mask"
"""What to tell a user who misses them."""


def is_given_up(mask: MaskArray, probability: MapArray, quality: float, least_quality: float) -> bool:
    """Whether a mask is emptied and flagged `DOUBTFUL`.

    Args:
        mask: (H, W) bool.
        probability: (H, W) in [0, 1].
        quality: the expected IoU, in [0, 1].
        least_quality: the IoU from which masks are kept, in [0, 1].
    """
    if quality >= least_quality or not mask.any():
        return False
    return not (mask.mean() <= SMALL_AREA and float(probability[mask].max()) >= SURE)
