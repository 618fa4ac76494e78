"""From probability to mask: a threshold, and no specks."""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.types import MapArray, MaskArray

SPECK_AREA = 2e-4
"""Parts smaller than this share of the picture are taken for noise (our choice: 52 pixels of 512 × 512)."""
SURE_SPECK = 0.9
"""…unless a pixel of theirs is at least this probable."""


def postprocess(probability: MapArray, threshold: float = 0.5) -> MaskArray:
    """(H, W) bool: `probability` ≥ `threshold`, less specks and with pinholes filled.

    A connected part (8 neighbours) smaller than `SPECK_AREA` of the picture is dropped unless its highest probability
    reaches `SURE_SPECK`; a hole of that size is filled on the same terms (lowest probability above 1 − `SURE_SPECK`).
    """
    mask = probability >= threshold
    if not mask.any():
        return mask
    _drop_specks(mask, probability)
    if not mask.all():
        holes = ~mask
        _drop_specks(holes, 1 - probability)
        mask = ~holes
    return mask


def _drop_specks(parts: MaskArray, certainty: MapArray) -> None:
    """Take the small and unsure connected parts out of `parts`, in place."""
    speck_area = SPECK_AREA * parts.size
    if _surely_large(parts, speck_area):
        return
    _, labels, statistics, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        parts.view(np.uint8), connectivity=8, ltype=cv2.CV_32S, ccltype=cv2.CCL_BBDT
    )
    small = np.flatnonzero(statistics[:, cv2.CC_STAT_AREA] < speck_area)
    for label in small[small > 0]:
        left, top, width, height = statistics[label, :4]
        window = (slice(top, top + height), slice(left, left + width))
        speck = labels[window] == label
        if certainty[window][speck].max() < SURE_SPECK:
            parts[window] &= ~speck


def _surely_large(parts: MaskArray, area: float) -> bool:
    """Whether the outlines alone show that every part has at least `area` pixels; much faster than labelling them.

    An outline runs through the centres of its part's own pixels, so what it encloses, less what the outlines of the
    part's holes enclose, is fewer than the part's pixels.
    """
    outlines, hierarchy = cv2.findContours(parts.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return True
    enclosed = [cv2.contourArea(outline) for outline in outlines]
    least = list(enclosed)
    for index, (_, _, _, parent) in enumerate(hierarchy[0]):
        if parent >= 0:
            least[parent] -= enclosed[index]
    return all(least[index] >= area for index, (_, _, _, parent) in enumerate(hierarchy[0]) if parent < 0)
