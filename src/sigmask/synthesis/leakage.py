"""What an editor draws anew around its edit without meaning to: fur beside a mouth that opens, the wall behind a hat.

What is shown there stays the same, a few pixels and grey levels off, most of it beside the edit and less and less away
from it, and a careful person leaves it out of the mask. Unlike what an inpainting model redraws (`surroundings`), it
has no border.
"""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.synthesis.blending import to_image
from sigmask.synthesis.perturbation import displace, drift_tone, simplify_texture, smooth_shares, soften_or_sharpen
from sigmask.synthesis.region import distance_to
from sigmask.types import ImageArray, MapArray, MaskArray

REACH = (0.1, 0.8)
"""The distance from the edit over which a leak falls to half, as a share of the square root of the edit's area."""
LEAST_REACH, MOST_REACH = 5.0, 80.0
"""Pixels that it is at least, and at most."""
OUTLINE = 6.0
"""Pixels from the edit on at which things are moved by all of what is drawn; less towards it: its outline stays."""


def leak_around(image: ImageArray, mask: MaskArray, rng: np.random.Generator) -> ImageArray:
    """`image` (H, W, 3) uint8 with what lies around `mask` drawn anew; unchanged where `mask` is empty or full.

    All strengths are our choice, from looking at what text-driven editors do.
    """
    if not mask.any() or mask.all():
        return image
    distance = distance_to(mask)
    shares = leak_shares(distance, float(np.sqrt(mask.sum())), rng)[:, :, None]
    stays = np.minimum(1.0, distance / OUTLINE)[:, :, None]
    bent = displace(image, rng, float(rng.uniform(0.2, 4.0)), 24, shares * stays)
    smooth = cv2.GaussianBlur(bent, (0, 0), float(rng.uniform(1.2, 5.0))).astype(np.float32)
    detail = displace(bent - smooth, rng, float(rng.uniform(1.0, 8.0)), 8)
    drawn = to_image(smooth + float(rng.uniform(0.6, 1.5)) * detail + _shading(detail, rng))
    for change, likely in ((soften_or_sharpen, 0.4), (simplify_texture, 0.2), (drift_tone, 0.7)):
        if rng.random() < likely:
            drawn = change(drawn, rng)
    return to_image(bent + shares * (drawn.astype(np.float32) - bent))


def _shading(detail: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 1) soft blotches of some grey levels, stronger where there is texture: its folds lie elsewhere now."""
    height, width = detail.shape[:2]
    grain = float(np.exp(rng.uniform(np.log(2), np.log(12))))
    coarse = rng.standard_normal((max(2, round(height / grain)), max(2, round(width / grain))), dtype=np.float32)
    blotches = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    texture = cv2.blur(np.abs(detail).mean(2), (15, 15))
    strength = float(rng.uniform(0, 1.5)) * texture + float(rng.uniform(0, 5))
    return np.asarray((strength * blotches)[:, :, None], dtype=np.float32)


def leak_shares(distance: MapArray, size: float, rng: np.random.Generator) -> MapArray:
    """(H, W) float32 in [0, 1): how much is drawn anew; it comes and goes beside the edit and falls with distance.

    Args:
        distance: (H, W), pixels to the edit, 0 inside it.
        size: the square root of its area, in pixels.
    """
    reach = float(np.clip(rng.uniform(*REACH) * size, LEAST_REACH, MOST_REACH))
    near = np.minimum(1.0, 1.5 * np.exp(-distance / reach))
    return np.asarray(near * smooth_shares(distance.shape, rng)[:, :, 0], dtype=np.float32)
