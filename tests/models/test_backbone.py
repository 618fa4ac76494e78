"""Backbones: sizes and strides, frozen weights, loading from files, folded normalisation."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from sigmask.errors import WeightsError
from sigmask.models.backbone import Backbone, fold_normalisation
from sigmask.models.backbone_specs import BACKBONES
from tests.models.small_vit import SMALL_VIT


@pytest.mark.parametrize(
    ("name", "size", "channels", "strides"),
    [
        ("tiny", (64, 96), (24, 40, 112), (4, 8, 16)),
        (SMALL_VIT, (64, 96), (64, 64, 64), (16, 16, 16)),
        ("dinov2-small", (28, 56), (384,) * 4, (14,) * 4),
    ],
)
def test_maps_have_the_channels_and_strides_that_are_promised(
    name: str, size: tuple[int, int], channels: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    backbone = Backbone(name).freeze()
    assert (backbone.channels, backbone.strides) == (channels, strides)
    with torch.inference_mode():
        features = backbone(torch.rand(2, 3, *size))
    wanted = [(2, count, size[0] // stride, size[1] // stride) for count, stride in zip(channels, strides, strict=True)]
    assert [tuple(depth.shape) for depth in features] == wanted


def test_every_dinov2_size_is_known_with_four_depths() -> None:
    assert {name: len(BACKBONES[name].feature_indices) for name in BACKBONES if name.startswith("dinov2-")} == {
        "dinov2-small": 4,
        "dinov2-base": 4,
        "dinov2-large": 4,
    }


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(WeightsError, match=r"unknown backbone 'dinov2-smal'.*'dinov2-small'"):
        Backbone("dinov2-smal")


def test_a_size_that_is_no_multiple_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 32 for 'vit-test', got 64×90"):
        Backbone(SMALL_VIT)(torch.zeros(1, 3, 64, 90))


def test_a_frozen_backbone_stays_frozen_when_its_parent_trains() -> None:
    parent = nn.Sequential(Backbone(SMALL_VIT).freeze(), nn.Conv2d(3, 3, 1)).train()
    backbone = parent[0]
    assert isinstance(backbone, Backbone)
    assert backbone.frozen
    assert not any(module.training for module in backbone.modules())
    assert parent[1].training


def test_thawing_keeps_the_first_stages_frozen() -> None:
    backbone = Backbone("tiny").freeze().thaw(frozen_stages=2)
    frozen = {name.split(".")[1] for name, value in backbone.network.named_parameters() if not value.requires_grad}
    adapted = {
        name.split(".")[1]
        for name, value in backbone.network.named_parameters()
        if value.requires_grad and name.startswith("blocks.")
    }
    assert not backbone.frozen
    assert {"0", "1"} <= frozen
    assert adapted == {"2", "3", "4"}


def test_folding_the_normalisation_leaves_the_function() -> None:
    torch.manual_seed(0)
    network = timm.create_model(
        "tf_efficientnet_lite0", features_only=True, out_indices=(1, 2), pretrained=False
    ).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 2)
    pixels = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        before = network(pixels)
        after = fold_normalisation(network)(pixels)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    for unfolded, folded in zip(before, after, strict=True):
        torch.testing.assert_close(folded, unfolded, rtol=1e-4, atol=1e-4)


def test_weights_load_from_a_local_file(tmp_path: Path) -> None:
    torch.manual_seed(1)
    published = timm.create_model("test_vit", pretrained=False, num_classes=0)
    save_file(published.state_dict(), tmp_path / "vit.safetensors")
    backbone = Backbone(SMALL_VIT).load_pretrained(tmp_path / "vit.safetensors")
    torch.testing.assert_close(
        backbone.network.state_dict()["model.blocks.0.attn.qkv.weight"],
        published.state_dict()["blocks.0.attn.qkv.weight"],
    )


def test_a_file_of_other_shapes_is_refused(tmp_path: Path) -> None:
    state = timm.create_model("test_vit", pretrained=False, num_classes=0).state_dict()
    state["patch_embed.proj.weight"] = torch.zeros(7, 3, 16, 16)
    del state["cls_token"]
    save_file(state, tmp_path / "wrong.safetensors")
    message = r"1 tensors missing \(first: \['cls_token'\]\), 1 of another shape \(first: \['patch_embed.proj.weight'\]"
    with pytest.raises(WeightsError, match=message):
        Backbone(SMALL_VIT).load_pretrained(tmp_path / "wrong.safetensors")


def test_missing_and_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        Backbone(SMALL_VIT).load_pretrained(tmp_path / "none.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"not a safetensors file")
    with pytest.raises(WeightsError, match="damaged"):
        Backbone(SMALL_VIT).load_pretrained(tmp_path / "damaged.safetensors")
