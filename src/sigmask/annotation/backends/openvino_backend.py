"""The model in OpenVINO, the fastest engine on the CPUs that we measured (`docs/decisions/0005-openvino.md`).

It takes any frame and batch; shapes that come often are compiled for themselves, which runs faster.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.annotation.backends.backend import RawOutput, inputs_of, output_of
from sigmask.annotation.backends.model_source import ModelSource
from sigmask.instruction.instruction_arrays import InstructionArrays

_SHAPES_KEPT = 3  # compiled for themselves; each holds buffers of its own, some hundred MB at 384 px and a batch of 8
_OFTEN = 12  # calls of one shape before it may take another one's place: compiling takes as long as three of them


class OpenVinoBackend:
    """Runs an exported model: `model.onnx` where the weights have it, else torch's, exported once and kept.

    Args:
        threads: for the engine; None: one per core.

    Raises:
        ImportError: OpenVINO is not installed.
        MissingExtraError: the weights have no graph, and torch, which would export them, is not installed.
    """

    name = "openvino"

    def __init__(self, source: ModelSource, *, threads: int | None = None) -> None:
        self._core = import_openvino().Core()
        has_bf16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.precision = "bfloat16" if has_bf16 else "float32"
        self._settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "bf16" if has_bf16 else "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if threads is not None:
            self._settings["INFERENCE_NUM_THREADS"] = threads
        self._exported = self._read(source)
        self._calls: Counter[tuple[int, ...]] = Counter()
        self._compiled: dict[tuple[int, ...], Any] = {}

    def _read(self, source: ModelSource) -> Any:
        if source.graph is not None:
            return self._core.read_model(source.graph)
        from sigmask.annotation.backends.openvino_export import exported

        return exported(self._core, source.model, source.key)

    def run(self, images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> RawOutput:
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
