"""The model in OpenVINO, the fastest engine on the CPUs that we measured (`docs/decisions/`).

The exported model is kept in the user's cache, under the hash of the weights: the first start takes seconds longer than
the next. Each frame (height, width, batch) is compiled when it first comes, since static shapes run faster.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from sigmask.annotation.backends.backend import RawOutput
from sigmask.annotation.backends.flat_model import FlatModel, inputs_of, output_of
from sigmask.annotation.backends.torch_backend import has_bf16_instructions
from sigmask.models.instruction_batch import InstructionBatch
from sigmask.models.locator import Locator

CACHE_VARIABLE = "SIGMASK_CACHE"
_GRAPH = "model.xml"
_FRAMES_KEPT = 12  # compiled; each holds its own buffers, some 30 MB at 384 px and a batch of 8


class OpenVinoBackend:
    """Runs a `Locator` that was exported to OpenVINO.

    Args:
        model: on the CPU; it is exported unless the cache holds the export.
        key: names the weights in the cache; "" keeps nothing.
        threads: for the engine; None: one per core.

    Raises:
        ImportError: OpenVINO is not installed.
    """

    name = "openvino"

    def __init__(self, model: Locator, *, key: str = "", threads: int | None = None) -> None:
        import openvino

        self.precision = "bfloat16" if has_bf16_instructions() else "float32"
        self._core = openvino.Core()
        self._settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "bf16" if self.precision == "bfloat16" else "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if threads is not None:
            self._settings["INFERENCE_NUM_THREADS"] = threads
        self._exported = _exported(self._core, model, key)
        self._compiled: dict[tuple[int, ...], Any] = {}

    def run(self, images: npt.NDArray[np.uint8], instruction: InstructionBatch) -> RawOutput:
        inputs = inputs_of(images, instruction)
        compiled = self._compiled_for(inputs)
        outputs = compiled(inputs)
        return output_of([outputs[index] for index in range(len(outputs))])

    def _compiled_for(self, inputs: dict[str, np.ndarray]) -> Any:
        shape = inputs["images"].shape
        if shape not in self._compiled:
            while len(self._compiled) >= _FRAMES_KEPT:
                self._compiled.pop(next(iter(self._compiled)))
            fixed = self._exported.clone()
            fixed.reshape({name: list(array.shape) for name, array in inputs.items()})
            self._compiled[shape] = self._core.compile_model(fixed, "CPU", self._settings)
        return self._compiled[shape]


def _exported(core: Any, model: Locator, key: str) -> Any:
    folder = cache_folder()
    if not key or folder is None:
        return _export(model)
    kept = folder / "openvino" / f"{key}-{_version()}"
    try:
        return core.read_model(kept / _GRAPH)
    except RuntimeError:  # not there, or not whole
        exported = _export(model)
        _keep(exported, kept)
        return exported


def _version() -> str:
    """Of the engine and of the code that is exported: an export of other code is never taken."""
    import openvino

    digest = hashlib.sha256(openvino.__version__.encode())
    for source in sorted(Path(str(resources.files("sigmask.models"))).glob("*.py")):
        digest.update(source.read_bytes())
    digest.update(Path(__file__).with_name("flat_model.py").read_bytes())
    return digest.hexdigest()[:12]


def _export(model: Locator) -> Any:
    import openvino

    flat = FlatModel(model.eval())
    with torch.no_grad(), warnings.catch_warnings():
        # the tracer warns of each Python comparison; tests compare the export at other sizes with the model
        warnings.simplefilter("ignore")
        return openvino.convert_model(flat, example_input=flat.example())


def _keep(exported: Any, kept: Path) -> None:
    """Write the export into a folder of its own that appears whole; where that cannot be done, nothing is kept."""
    import openvino

    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, ignore_cleanup_errors=True) as made:
            openvino.save_model(exported, Path(made) / _GRAPH, compress_to_fp16=False)
            if kept.exists():
                shutil.rmtree(kept)  # what could not be read
            Path(made).rename(kept)
    except (OSError, RuntimeError):  # a full or closed disk, or another process that was first
        return


def cache_folder() -> Path | None:
    """Where exports are kept: `$SIGMASK_CACHE`, else the user's cache folder; None where there is no home."""
    if own := os.environ.get(CACHE_VARIABLE):
        return Path(own)
    try:
        shared = os.environ.get("XDG_CACHE_HOME")
        return (Path(shared) if shared else Path.home() / ".cache") / "sigmask"
    except RuntimeError:
        return None
