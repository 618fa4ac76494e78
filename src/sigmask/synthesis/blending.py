"""Putting one picture into another: feathered and gradient-domain blends, colour transfer, smooth fills."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from sigmask.synthesis.region import dilate, feather
from sigmask.types import ImageArray, MapArray, MaskArray

VISIBLE_ALPHA = 0.3
"""From this opacity on a blended pixel counts as changed (our choice)."""
FloatImage = npt.NDArray[np.float32]


def to_image(pixels: npt.NDArray[np.floating]) -> ImageArray:
    """Float pixels in [0, 255], rounded and clipped to uint8."""
    return np.asarray(np.clip(np.rint(pixels), 0, 255), dtype=np.uint8)


def blend(background: ImageArray, foreground: ImageArray, alpha: MapArray) -> ImageArray:
    """`foreground` over `background`, both (H, W, 3), with opacity `alpha` (H, W) in [0, 1]."""
    weight = alpha[:, :, None]
    return to_image(background * (1 - weight) + foreground * weight)


def fill_smoothly(pixels: FloatImage, known: MaskArray) -> FloatImage:
    """`pixels` (H, W, C) with every unknown pixel interpolated from the known ones around it, by push and pull.

    Each level halves the picture and averages what is known; going back up fills what is not. It costs a fraction of
    solving Laplace's equation and looks the same.
    """
    weight = known.astype(np.float32)
    levels = [(pixels * weight[:, :, None], weight)]
    while min(levels[-1][1].shape) > 2:
        values, weights = levels[-1]
        size = ((weights.shape[1] + 1) // 2, (weights.shape[0] + 1) // 2)
        smaller = cv2.resize(values, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
        levels.append((smaller, cv2.resize(weights, size, interpolation=cv2.INTER_AREA)))
    values, weights = levels[-1]
    total = max(float(weights.sum()), 1e-6)
    mean = values.reshape(-1, values.shape[2]).sum(0) / total
    filled = np.where(weights[:, :, None] > 1e-4, values / np.maximum(weights[:, :, None], 1e-4), mean)
    for values, weights in reversed(levels[:-1]):
        size = (weights.shape[1], weights.shape[0])
        larger = cv2.resize(filled.astype(np.float32), size, interpolation=cv2.INTER_LINEAR).reshape(*weights.shape, -1)
        confidence = np.minimum(weights, 1.0)[:, :, None]
        filled = np.where(confidence > 1e-4, values / np.maximum(weights[:, :, None], 1e-4), 0) * confidence
        filled = filled + larger * (1 - confidence)
    return np.asarray(filled, dtype=np.float32)


def gradient_blend(
    background: ImageArray, foreground: ImageArray, mask: MaskArray, strength: float = 1.0
) -> ImageArray:
    """`foreground` inside `mask` with its colours shifted so that it meets `background` at the rim.

    The shift is the rim's difference spread smoothly over the inside (a cheap stand-in for Poisson blending, after the
    mean-value idea); `strength` in [0, 1] says how much of it is applied.
    """
    rim = dilate(mask, 3) & ~dilate(mask, -1)
    if not rim.any() or not mask.any():
        return np.where(mask[:, :, None], foreground, background)
    smooth_difference = cv2.GaussianBlur(background.astype(np.float32) - foreground, (0, 0), 1.5)
    offset = fill_smoothly(smooth_difference, rim)
    return blend(background, to_image(foreground + strength * offset), feather(mask, 1.2))


def match_colour(
    source: ImageArray, source_mask: MaskArray, reference: ImageArray, reference_mask: MaskArray, strength: float
) -> ImageArray:
    """`source` with its masked part's Lab mean and spread moved towards the reference's by `strength` in [0, 1]."""
    if source_mask.sum() < 20 or reference_mask.sum() < 20:
        return source
    source_lab = cv2.cvtColor(source, cv2.COLOR_RGB2LAB).astype(np.float32)
    reference_lab = cv2.cvtColor(reference, cv2.COLOR_RGB2LAB)[reference_mask].astype(np.float32)
    inside = source_lab[source_mask]
    gain = np.clip((reference_lab.std(0) + 4) / (inside.std(0) + 4), 0.5, 1.6)
    moved = (source_lab - inside.mean(0)) * (1 + strength * (gain - 1))
    moved += inside.mean(0) + strength * (reference_lab.mean(0) - inside.mean(0))
    return np.asarray(cv2.cvtColor(to_image(moved), cv2.COLOR_LAB2RGB), dtype=np.uint8)


def insert(
    background: ImageArray, foreground: ImageArray, mask: MaskArray, rng: np.random.Generator
) -> tuple[ImageArray, MaskArray]:
    """`foreground` put into `mask` with a seam of random quality, and the mask of what that changed.

    Hard, feathered, wide and gradient-domain seams are all drawn, so that a model cannot rely on any one of them.
    """
    kind = rng.random()
    if kind < 0.35:
        return gradient_blend(background, foreground, mask, float(rng.uniform(0.5, 1.0))), mask
    width = 0.0 if kind < 0.45 else float(rng.uniform(0.8, 2.5)) if kind < 0.85 else float(rng.uniform(3, 9))
    alpha = feather(mask, width)
    return blend(background, foreground, alpha), alpha > VISIBLE_ALPHA
