"""Tensors of a batch follow to the device of a training, and precision is mixed where it is wanted."""

from __future__ import annotations

import torch

from sigmask.training.device import mixed_precision, on_device


def test_every_tensor_of_a_batch_moves_and_the_rest_stays() -> None:
    batch = {"mask": torch.ones(2), "features": [torch.zeros(1), torch.ones(3)], "edits": [(), ("a",)], "name": "x"}
    moved = on_device(batch, torch.device("meta"))
    assert moved["mask"].device.type == "meta"
    assert [part.device.type for part in moved["features"]] == ["meta", "meta"]
    assert (moved["edits"], moved["name"]) == (batch["edits"], "x")


def test_mixed_precision_can_be_switched_off() -> None:
    device = torch.device("cpu")
    for enabled, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        with mixed_precision(device, enabled=enabled):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
