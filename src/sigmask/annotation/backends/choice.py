"""Which engine runs the model."""

from __future__ import annotations

import importlib.util
import warnings

from sigmask.annotation.backends.backend import Backend
from sigmask.annotation.backends.model_source import ModelSource
from sigmask.annotation.backends.onnx_backend import OnnxBackend
from sigmask.annotation.backends.openvino_backend import OpenVinoBackend
from sigmask.errors import MissingExtraError, SigmaskError, SigmaskWarning, unknown_name

BACKENDS = ("auto", "torch", "openvino", "onnx")


def create_backend(
    name: str, source: ModelSource, device: str, *, threads: int | None = None, precision: str = "auto"
) -> Backend:
    """The engine called `name`.

    Args:
        name: "auto" takes, on a CPU, OpenVINO where it is installed and works, since it measured fastest there
            (docs/decisions/0005-openvino.md), then torch, then ONNX Runtime; on other devices torch.
        device: "cpu", or as torch spells it.
        threads: of the engine on a CPU; None: one per core. In torch they are the whole process's.
        precision: one of `PRECISIONS`; engines other than OpenVINO have one of their own and take only "auto".

    Raises:
        SigmaskError: there is no such engine, it is not installed, or it does not run on that device or these weights.
    """
    if name not in BACKENDS:
        raise SigmaskError(unknown_name("backend", name, BACKENDS))
    if precision != "auto":
        if name not in ("auto", "openvino"):
            raise SigmaskError(f"a precision can be chosen with backend 'openvino', not with '{name}'")
        if device != "cpu":
            raise SigmaskError(
                f"a precision can be chosen for OpenVINO, which runs on the CPU and not on '{device}': "
                "give --device cpu, or leave out --precision"
            )
        name = "openvino"
    if name == "auto":
        return _fastest(source, device, threads)
    if name == "torch":
        return _torch(source, device, threads)
    if device != "cpu":
        raise SigmaskError(f"backend '{name}' runs on the CPU, not on '{device}': give --device cpu, or use torch")
    if name == "openvino":
        if not _installed("openvino"):
            raise MissingExtraError("openvino", "openvino", "backend 'openvino'")
        return OpenVinoBackend(source, threads=threads, precision=precision)
    if source.graph is None:
        raise SigmaskError(
            "backend 'onnx' needs a model.onnx beside the weights: python -m sigmask.annotation.backends.onnx_export "
            f"{source.folder or 'FOLDER'} makes it, or use torch"
        )
    return OnnxBackend(source.graph, threads=threads)


def _fastest(source: ModelSource, device: str, threads: int | None) -> Backend:
    if device == "cpu" and _installed("openvino"):
        try:
            return OpenVinoBackend(source, threads=threads)
        except Exception as error:  # an engine breaks in any way, and there is another one
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            message = f"OpenVINO is installed but cannot be used ({reason}); another engine it is"
            warnings.warn(message, SigmaskWarning, stacklevel=3)
    if device == "cpu" and source.graph is not None and not _installed("torch"):
        return OnnxBackend(source.graph, threads=threads)
    return _torch(source, device, threads)


def _torch(source: ModelSource, device: str, threads: int | None) -> Backend:
    model = source.model
    import torch

    from sigmask.annotation.backends.torch_backend import TorchBackend

    if threads is not None:
        torch.set_num_threads(threads)
    return TorchBackend(model, torch.device(device))


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
