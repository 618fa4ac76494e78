"""A picture as the models take it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sigmask.types import ImageArray


def pixels_of(image: ImageArray) -> Tensor:
    """(H, W, 3) uint8 → (1, 3, H, W) in [0, 1]."""
    writable = np.require(image, requirements=("C", "W"))  # a view of a PIL image is not, and torch warns of that
    return torch.from_numpy(writable).permute(2, 0, 1)[None].float().div(255)
