"""Dense features of both images of a pair, and how far apart they point: what the deep rivals share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sigmask.data.geometry import model_frame, resize_image
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.types import EditPair, MapArray

if TYPE_CHECKING:
    from torch import Tensor


class FeatureDistance:
    """`distance(pair, depth)`: cosine distance of the two images' features at one depth of a frozen network.

    The last pair's maps are kept, so that asking for another depth of the same pair costs nothing.
    """

    def __init__(self, network: Callable[[Tensor], dict[int, Tensor]], *, long_side: int, size_multiple: int) -> None:
        """`network`: pixels (2, 3, h, w) in [0, 1] → features (2, C, h', w') by depth."""
        self._network = network
        self._long_side, self._size_multiple = long_side, size_multiple
        self._last: tuple[EditPair, dict[int, MapArray]] | None = None

    def __call__(self, pair: EditPair, depth: int) -> MapArray:
        """(H, W) float32 in [0, 2] on the edited image's grid: 1 - cosine, bilinear between tokens."""
        if self._last is None or self._last[0] is not pair:
            self._last = (pair, self._token_distances(pair))
        height, width = pair.edited.shape[:2]
        tokens = self._last[1][depth]
        return np.asarray(cv2.resize(tokens, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    def _token_distances(self, pair: EditPair) -> dict[int, MapArray]:
        import torch

        height, width = pair.edited.shape[:2]
        frame = model_frame(height, width, self._long_side, self._size_multiple)
        images = (original_on_edited_grid(pair.original, pair.edited), pair.edited)
        stacked = np.stack([resize_image(image, *frame) for image in images])
        with torch.inference_mode():
            features = self._network(torch.from_numpy(stacked).permute(0, 3, 1, 2).float().div(255))
        return {depth: cosine_distance(values[0], values[1]) for depth, values in features.items()}


def cosine_distance(original: Tensor, edited: Tensor) -> MapArray:
    """1 - cosine of two feature maps (C, h, w): (h, w) float32 in [0, 2].

    Taken as half the squared distance of the normalised vectors, which is exactly 0 for equal ones.
    """
    from torch.nn import functional

    gap = functional.normalize(original.float(), dim=0) - functional.normalize(edited.float(), dim=0)
    return np.asarray(gap.square().sum(0).div(2).cpu().numpy(), np.float32)
