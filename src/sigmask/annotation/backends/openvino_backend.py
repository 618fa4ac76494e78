"""The model in OpenVINO, the fastest engine on the CPUs that we measured (`docs/decisions/0005-openvino.md`).

The exported model is kept in the user's cache, under the hash of weights and code: the first start takes seconds longer
than the next. It takes any frame and batch; shapes that come often are compiled for themselves, which runs faster.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import warnings
from collections import Counter
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
from sigmask.whole_file import whole_folder

CACHE_VARIABLE = "SIGMASK_CACHE"
_GRAPH = "model.xml"
_SHAPES_KEPT = 3  # compiled for themselves; each holds buffers of its own, some hundred MB at 384 px and a batch of 8
_OFTEN = 12  # calls of one shape before it may take another one's place: compiling takes as long as three of them
_GRAPH_CODE = ("models", "types.py", "instruction/named_concepts.py", "annotation/backends/flat_model.py")


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
        self.precision = "bfloat16" if has_bf16_instructions() else "float32"
        self._core = import_openvino().Core()
        self._settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "bf16" if self.precision == "bfloat16" else "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if threads is not None:
            self._settings["INFERENCE_NUM_THREADS"] = threads
        self._exported = _exported(self._core, model, key)
        self._calls: Counter[tuple[int, ...]] = Counter()
        self._compiled: dict[tuple[int, ...], Any] = {}

    def run(self, images: npt.NDArray[np.uint8], instruction: InstructionBatch) -> RawOutput:
        inputs = inputs_of(images, instruction)
        outputs = self._compiled_for(inputs)(inputs)
        return output_of([outputs[index] for index in range(len(outputs))])

    def _compiled_for(self, inputs: dict[str, np.ndarray]) -> Any:
        """The model compiled for just these shapes, if they are among the first or come often; else for any."""
        shape = inputs["images"].shape
        self._calls[shape] += 1
        if shape not in self._compiled and not self._worth_its_own(shape):
            shape = _ANY_SHAPE
        if shape not in self._compiled:
            made = self._exported
            if shape != _ANY_SHAPE:
                made = made.clone()
                made.reshape({name: list(array.shape) for name, array in inputs.items()})
            self._compiled[shape] = self._core.compile_model(made, "CPU", self._settings)
        return self._compiled[shape]

    def _worth_its_own(self, shape: tuple[int, ...]) -> bool:
        """Whether to compile for `shape`; where there is no room, the shape that comes least often makes it."""
        own = [each for each in self._compiled if each != _ANY_SHAPE]
        if len(own) < _SHAPES_KEPT:
            return True
        rarest = min(own, key=lambda each: self._calls[each])
        if self._calls[shape] < max(_OFTEN, 2 * self._calls[rarest]):
            return False
        del self._compiled[rarest]
        return True


_ANY_SHAPE: tuple[int, ...] = ()


def import_openvino() -> Any:
    """The package, without its telemetry: it would send an event when it is imported and when it converts."""
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # as if it were not installed
    import openvino

    return openvino


def _exported(core: Any, model: Locator, key: str) -> Any:
    folder = cache_folder()
    if not key or folder is None:
        return _export(model)
    kept = folder / "openvino" / f"{key}-{_version()}"
    with contextlib.suppress(RuntimeError):  # not there, or not whole
        return core.read_model(kept / _GRAPH)
    damaged = kept.exists()
    exported = _export(model)
    for other in kept.parent.glob(f"{key}-*"):  # of other code, which is gone
        if other != kept or damaged:
            shutil.rmtree(other, ignore_errors=True)
    _keep(exported, kept)
    with contextlib.suppress(RuntimeError):  # as later starts will take it: read back, it rounds a little differently
        return core.read_model(kept / _GRAPH)
    return exported


def _version() -> str:
    """Of the engine and of the code that is exported: an export of other code is never taken."""
    digest = hashlib.sha256(import_openvino().__version__.encode())
    package = Path(str(resources.files("sigmask")))
    for part in _GRAPH_CODE:
        for source in sorted((package / part).glob("*.py")) if (package / part).is_dir() else [package / part]:
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _export(model: Locator) -> Any:
    flat = FlatModel(model.eval())
    with torch.no_grad(), warnings.catch_warnings():
        # the tracer warns of each Python comparison; a test compares the export with the model at other sizes
        warnings.simplefilter("ignore")
        return import_openvino().convert_model(flat, example_input=flat.example())


def _keep(exported: Any, kept: Path) -> None:
    """Write the export into a folder of its own that appears whole; where that cannot be done, nothing is kept."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(kept) as made:
            import_openvino().save_model(exported, made / _GRAPH, compress_to_fp16=False)
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
