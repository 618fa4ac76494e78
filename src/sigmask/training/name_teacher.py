"""A classifier as a teacher of names: what EfficientNet-Lite0, trained on ImageNet, calls each place of a picture.

A few hundred photographs with polygons teach the joint space where eighty classes are. The classifier has seen a
million photographs of a thousand; asked at every place, its last layer says what lies there (our choice).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sigmask.errors import ConfigError
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.models.backbone import fold_normalisation, published_lite0
from sigmask.synthesis.named_view import names_left_out
from sigmask.synthesis.photos import PhotoEntry

IMAGENET_CLASSES = 1000


class NameTeacher:
    """`likely(pixels)`: a distribution over `names` at every place.

    Args:
        features: (B, 3, H, W), normalised → (B, C, h, w), what the classifier's last layer would see averaged.
        last_layer: weights (N, C) and offsets (N,) of all N classes.
        names: one for each class; None for one that is not to be taught.
    """

    def __init__(self, features: nn.Module, last_layer: tuple[Tensor, Tensor], names: Sequence[str | None]) -> None:
        chosen = [index for index, name in enumerate(names) if name is not None]
        self.names = tuple(name for name in names if name is not None)
        self._features = features
        self._weight, self._offset = (part[chosen] for part in last_layer)

    @classmethod
    def lite0(cls, names: Sequence[str | None], device: torch.device) -> NameTeacher:
        """EfficientNet-Lite0 as published (extra `train`); `likely` then takes pixels on `device`."""
        network = published_lite0()
        last = cast(nn.Linear, network.classifier).to(device)
        network = fold_normalisation(network).to(device).to(memory_format=torch.channels_last)
        return cls(_Lite0Features(network), (last.weight, last.bias), names)

    @torch.inference_mode()
    def likely(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) in [0, 1] → (B, K, h, w), which sums to 1 over the K names."""
        return F.conv2d(self._features(pixels), self._weight[:, :, None, None], self._offset).softmax(1)


class _Lite0Features(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.network.forward_features((pixels - 0.5) / 0.5)  # type: ignore[operator]
        return features


def imagenet_names(photos: Sequence[PhotoEntry], encoder: TextEncoder, *, leave_out: bool) -> list[str | None]:
    """The names of ImageNet's classes in the order of its ids, from a folder with a photograph of each.

    None stands for a class that is not to be taught: it has no name, or one that the encoder does not know.

    Args:
        leave_out: left-out classes are not to be taught either.

    Raises:
        ConfigError: if there is not one photograph for each class.
    """
    of_class = sorted((photo.path.name, photo.caption) for photo in photos if photo.source == "imagenet")
    if len(of_class) != IMAGENET_CLASSES:
        raise ConfigError(
            f"naming needs one ImageNet photograph for each of {IMAGENET_CLASSES} classes in imagenet/, got "
            f"{len(of_class)}; set loss.naming=0 to train without the classifier"
        )
    names = [name or "" for _, name in of_class]
    known = np.any(encoder.encode(names), axis=1)
    taught = (said and not (leave_out and names_left_out(name)) for name, said in zip(names, known, strict=True))
    return [name if teach else None for name, teach in zip(names, taught, strict=True)]
