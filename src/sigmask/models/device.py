"""Which device a model runs on, for those who train it and those who use it."""

from __future__ import annotations

import torch

from sigmask.errors import ConfigError


def usable_device(name: str) -> torch.device:
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
