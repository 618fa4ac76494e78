"""Cosine distance of DINOv2's features, plain: the evidence on which SIGMA builds, without anything trained on it."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sigmask.evaluation.baselines.deep_features import FeatureDistance
from sigmask.evaluation.baselines.rival import Need, Rival
from sigmask.types import EditPair, MapArray

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS_VARIABLE = "SIGMASK_DINOV2_SMALL"
"""The environment variable that names a local safetensors file in timm's names."""
_HUB_ID = "timm/vit_small_patch14_dinov2.lvd142m"
_LONG_SIDE = 392  # 28 × 28 tokens; at 518 px the same takes twice the time


def dinov2_cosine(pair: EditPair, *, depth: int) -> MapArray:
    """1 - cosine after block `depth` (2, 5, 8 or 11) of a ViT-S/14: (H, W) float32 in [0, 2]."""
    return _distance(os.environ.get(WEIGHTS_VARIABLE, ""))(pair, depth)


def missing_dinov2() -> str | None:
    """Why the network cannot be loaded here; None if it can. Nothing is downloaded."""
    local = os.environ.get(WEIGHTS_VARIABLE)
    if local:
        return None if Path(local).is_file() else f"{WEIGHTS_VARIABLE} names a file that is not there: {local}"
    from huggingface_hub import try_to_load_from_cache

    if isinstance(try_to_load_from_cache(_HUB_ID, "model.safetensors"), str):
        return None
    return f"needs a download: hf download {_HUB_ID}, or a local file named by {WEIGHTS_VARIABLE}"


def dinov2_weights() -> str:
    """The local file's name and hash, which may hold other weights than the published ones, or the hub's id."""
    local = os.environ.get(WEIGHTS_VARIABLE)
    if not local:
        return _HUB_ID
    return f"local file {Path(local).name}, sha256 {_digest(local)}" if Path(local).is_file() else "no such file"


@functools.cache
def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


@functools.cache
def _distance(path: str) -> FeatureDistance:
    from sigmask.models.backbone import Backbone

    backbone = Backbone("dinov2-small").load_pretrained(Path(path) if path else None).freeze()

    def network(pixels: Tensor) -> dict[int, Tensor]:
        return dict(zip(backbone.spec.feature_indices, backbone(pixels), strict=True))

    return FeatureDistance(network, long_side=_LONG_SIDE, size_multiple=backbone.size_multiple)


DINOV2_COSINE = Rival(
    name="dinov2-cosine",
    idea="cosine distance of a frozen DINOv2 ViT-S/14's features, both images at 392 px",
    source="feature differencing; the network: Oquab et al., DINOv2, TMLR 2024",
    score=dinov2_cosine,
    threshold=0.3,
    parameters={"depth": 5},
    search={"depth": (2, 5, 8, 11)},
    needs=(Need.TORCH, Need.WEIGHTS),
    missing=missing_dinov2,
    weights=dinov2_weights,
)
