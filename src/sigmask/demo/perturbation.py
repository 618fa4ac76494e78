"""What an editor leaves on every pixel, imitated without a neural network: lost detail, drifting tone, noise, JPEG.

Our choice, for the demo only: it needs no weights, and its noise sits where a latent diffusion editor's does, in the
fine detail of the whole picture.
"""

from __future__ import annotations

import cv2
import numpy as np

from sigmask.synthesis.perturbation import through_jpeg
from sigmask.types import ImageArray


def disturb_every_pixel(
    image: ImageArray,
    rng: np.random.Generator,
    *,
    detail: float = 0.4,
    exposure: float = 0.14,
    tone_levels: float = 7.0,
    noise_levels: float = 6.0,
    jpeg_quality: int = 80,
) -> ImageArray:
    """Change every part of `image` a little and none of it in meaning.

    Args:
        image: (H, W, 3) uint8 RGB.
        rng: source of all draws.
        detail: the picture goes down to this share of its size and back up, in (0, 1].
        exposure: by which share the whole picture gets lighter or darker, at random between half of it and all.
        tone_levels: how far, in grey levels, brightness drifts smoothly over the picture; colour a third of it.
        noise_levels: standard deviation, in grey levels, of noise correlated over about two pixels,
            two thirds of it in brightness.
        jpeg_quality: quality of the JPEG that the picture is saved as, 1 to 100.
    """
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(1, round(width * detail)), max(1, round(height * detail))), None, 0, 0, cv2.INTER_AREA
    )
    soft = cv2.resize(small, (width, height), None, 0, 0, cv2.INTER_CUBIC).astype(np.float32)
    soft *= 1.0 + float(rng.choice([-1.0, 1.0])) * exposure * rng.uniform(0.5, 1.0)
    drift = rng.normal(0.0, tone_levels, (4, 4, 1)) + rng.normal(0.0, tone_levels / 3, (4, 4, 3))
    soft += cv2.resize(drift.astype(np.float32), (width, height), None, 0, 0, cv2.INTER_CUBIC)
    grain = 2.0 * rng.normal(0.0, 1.0, (height, width, 1)) + rng.normal(0.0, 1.0, image.shape)
    noise = cv2.GaussianBlur(grain.astype(np.float32), (0, 0), 0.9)
    soft += noise * (noise_levels / max(float(noise.std()), 1e-6))
    return through_jpeg(np.clip(np.rint(soft), 0, 255).astype(np.uint8), jpeg_quality)
