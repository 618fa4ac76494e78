"""Which device a model runs on, for those who train it and those who use it; torch is imported where it matters."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sigmask.errors import ConfigError

if TYPE_CHECKING:
    import torch

_GPU_FILES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")
"""One of these is there on a Linux machine with a GPU that torch can use (NVIDIA, AMD, and either under Windows)."""


def device_name(name: str) -> str:
    """`name` as torch spells it ("cpu", "cuda:1"), or "auto": "cuda" if torch is installed and sees a GPU, else "cpu".

    Raises:
        ConfigError: torch, which every device but the CPU needs, is not installed, knows no such device, or finds none.
    """
    if name == "cpu" or (name == "auto" and not _may_have_gpu()):
        return "cpu"
    if importlib.util.find_spec("torch") is None:
        raise ConfigError(f"device: '{name}' needs torch: pip install 'sigmask[torch]'; or give cpu")
    return str(usable_device(name))


def usable_device(name: str) -> torch.device:
    """`name` as torch spells it, or "auto": the GPU if torch sees one.

    Raises:
        ConfigError: torch knows no such device, or this machine has none.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:  # a torch built without CUDA asserts
        reason = str(error).splitlines()[0]
        raise ConfigError(f"device: '{name}' cannot be used here ({reason}); give cpu, or auto") from error
    return device


def _may_have_gpu() -> bool:
    """Whether it is worth the seconds that importing torch takes to ask it."""
    if importlib.util.find_spec("torch") is None or sys.platform == "darwin":  # "auto" never was Apple's GPU
        return False
    return sys.platform != "linux" or any(Path(file).exists() for file in _GPU_FILES)
