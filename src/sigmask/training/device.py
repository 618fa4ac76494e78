"""How a batch gets to the device of a training, and in which precision it runs there."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def on_device(batch: Any, device: torch.device) -> Any:
    """`batch` with every tensor in its dicts and lists on `device`; the copy overlaps where memory is pinned."""
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {name: on_device(part, device) for name, part in batch.items()}
    if isinstance(batch, list):
        return [on_device(part, device) for part in batch]
    return batch


def mixed_precision(device: torch.device, *, enabled: bool) -> torch.autocast:
    """bfloat16 where it is safe, in the block."""
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)
