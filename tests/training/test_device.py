"""Tensors of a batch follow to the device of a training, and precision is mixed where it is wanted."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sigmask.training import device as device_module
from sigmask.training.device import mixed_precision, on_device


@pytest.fixture
def bfloat16_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU that multiplies in bfloat16, or at least claims to; others emulate it."""
    monkeypatch.setattr(device_module, "cpu_multiplies_bfloat16", lambda: True)


def test_every_tensor_of_a_batch_moves_and_the_rest_stays() -> None:
    batch = {"mask": torch.ones(2), "features": [torch.zeros(1), torch.ones(3)], "edits": [(), ("a",)], "name": "x"}
    moved = on_device(batch, torch.device("meta"))
    assert moved["mask"].device.type == "meta"
    assert [part.device.type for part in moved["features"]] == ["meta", "meta"]
    assert (moved["edits"], moved["name"]) == (batch["edits"], "x")


@pytest.mark.usefixtures("bfloat16_cpu")
def test_mixed_precision_can_be_switched_off() -> None:
    device = torch.device("cpu")
    for enabled, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        with mixed_precision(device, enabled=enabled):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_a_cpu_that_would_emulate_bfloat16_stays_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_module, "cpu_multiplies_bfloat16", lambda: False)
    with mixed_precision(torch.device("cpu"), enabled=True):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


@pytest.mark.usefixtures("bfloat16_cpu")
def test_depthwise_convolutions_that_learn_stay_in_float32() -> None:
    depthwise, dense = nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 4, 1)
    images = torch.rand(1, 4, 5, 5)
    with mixed_precision(torch.device("cpu"), enabled=True):
        assert torch.equal(depthwise(images), nn.functional.conv2d(images, depthwise.weight, depthwise.bias, groups=4))
        half = dense(images)
        assert half.dtype == depthwise(half).dtype == torch.bfloat16
        depthwise(half).float().sum().backward()
        with torch.no_grad():
            assert depthwise(images).dtype == torch.bfloat16  # nothing has to come back
        frozen = nn.Conv2d(4, 4, 3, groups=4).requires_grad_(False)
        assert frozen(images).dtype == torch.bfloat16
        assert frozen(images.clone().requires_grad_()).dtype == torch.float32  # it lies behind something that learns
    assert depthwise.weight.grad is not None and depthwise.weight.grad.dtype == torch.float32
