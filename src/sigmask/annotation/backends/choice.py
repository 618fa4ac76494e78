"""Which engine runs the model."""

from __future__ import annotations

import importlib.util
import warnings

import torch

from sigmask.annotation.backends.backend import Backend
from sigmask.annotation.backends.openvino_backend import OpenVinoBackend
from sigmask.annotation.backends.torch_backend import TorchBackend
from sigmask.errors import SigmaskError, SigmaskWarning, unknown_name
from sigmask.models.locator import Locator

BACKENDS = ("auto", "torch", "openvino")


def create_backend(name: str, model: Locator, device: torch.device, *, key: str = "") -> Backend:
    """The engine called `name`.

    Args:
        name: "auto" takes OpenVINO on a CPU where it is installed and works, since it measured fastest there
            (docs/decisions/0005-openvino.md), else torch.
        key: names the weights in the cache of exported models; "" keeps nothing.

    Raises:
        SigmaskError: there is no such engine, it is not installed, or it does not run on that device.
    """
    if name not in BACKENDS:
        raise SigmaskError(unknown_name("backend", name, BACKENDS))
    installed = importlib.util.find_spec("openvino") is not None
    if name == "torch" or (name == "auto" and not (installed and device.type == "cpu")):
        return TorchBackend(model, device)
    if name == "auto":
        try:
            return OpenVinoBackend(model, key=key)
        except Exception as error:  # an engine breaks in any way, and there is another one
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            warnings.warn(
                f"OpenVINO is installed but cannot be used ({reason}); torch it is", SigmaskWarning, stacklevel=2
            )
            return TorchBackend(model, device)
    if not installed:
        raise SigmaskError("backend 'openvino' is not installed: pip install 'sigmask[openvino]'")
    if device.type != "cpu":
        raise SigmaskError(f"backend 'openvino' runs on the CPU, not on '{device}': give --device cpu, or use torch")
    return OpenVinoBackend(model, key=key)
