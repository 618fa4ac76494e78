"""Where a training runs, and in which precision."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sigmask.errors import ConfigError


def training_device(name: str) -> torch.device:
    """`name` as torch spells it, or "auto": the GPU if torch sees one.

    Raises:
        ConfigError: torch knows no such device, or this machine has none.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:  # a torch built without CUDA asserts
        reason = str(error).splitlines()[0]
        raise ConfigError(f"device: '{name}' cannot be used here ({reason}); give cpu, or auto") from error
    return device


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
