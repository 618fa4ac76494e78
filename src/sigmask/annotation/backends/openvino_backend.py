"""The model in OpenVINO, the fastest engine on the CPUs that we measured (`docs/decisions/0005-openvino.md`).

Pairs go through one at a time, in a graph compiled for their frame: 5 to 20 % slower than in batches, in a third of
the memory, and with the same answer, bit for bit, whatever pairs stand beside them or came before. Which graph a frame
gets depends on the frame alone. Where the weights bring ranges for it and the CPU has instructions for it,
convolutions run in int8 (`docs/decisions/0013-int8.md`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.annotation.backends.backend import RawOutput, inputs_of, output_of
from sigmask.annotation.backends.int8 import quantise, read_ranges
from sigmask.annotation.backends.model_source import ModelSource
from sigmask.errors import SigmaskError, unknown_name
from sigmask.instruction.instruction_arrays import InstructionArrays

PRECISIONS = ("auto", "float32", "bfloat16", "int8")
_SMALL = 32 << 20
"""Bytes of weights up to which every usual frame has a graph of its own, 75 to 175 MB each of `tiny`."""
_USUAL_ASPECT = 2
"""Frames are usual up to 1:2 and 2:1: thirteen of `tiny`, which hold 1.3 GB if all come. Our choice."""
_INT8_FLAGS = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp")
"""Instructions that multiply bytes without overflow, as Linux names them."""


class OpenVinoBackend:
    """Runs an exported model: `model.onnx` where the weights have it, else torch's, exported once and kept.

    Args:
        threads: for the engine; None: one per core.
        precision: "float32", "bfloat16", "int8" (convolutions; all else in the best of the others), or "auto", the
            fastest that these weights and this CPU have.

    Raises:
        ImportError: OpenVINO is not installed.
        MissingExtraError: the weights have no graph, and torch, which would export them, is not installed.
        SigmaskError: the precision is unknown, or not to be had here.
    """

    name = "openvino"

    def __init__(self, source: ModelSource, *, threads: int | None = None, precision: str = "auto") -> None:
        if precision not in PRECISIONS:
            raise SigmaskError(unknown_name("precision", precision, PRECISIONS))
        self._core = import_openvino().Core()
        has_bf16 = "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if precision == "bfloat16" and not has_bf16:
            raise SigmaskError("this CPU does not multiply in bfloat16: give float32 or int8")
        wide = "float32" if precision == "float32" or not has_bf16 else "bfloat16"
        self._settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "bf16" if wide == "bfloat16" else "f32",
            "PERFORMANCE_HINT": "LATENCY",
        }
        if threads is not None:
            self._settings["INFERENCE_NUM_THREADS"] = threads
        self._plain = self._read(source)
        self._exported = self._quantised(source, precision)
        self.precision = wide if self._exported is self._plain else f"int8 and {wide}"
        self._is_small = source.size <= _SMALL
        self._compiled: dict[tuple[int, ...], Any] = {}

    def _read(self, source: ModelSource) -> Any:
        if source.graph is not None:
            return self._core.read_model(source.graph)
        from sigmask.annotation.backends.openvino_export import exported

        return exported(self._core, source.model, source.key)

    def _quantised(self, source: ModelSource, precision: str) -> Any:
        """The graph in int8 where it is asked for, or is to be had and free of risk; else as it is."""
        if precision not in ("auto", "int8"):
            return self._plain
        # names of nodes are stable only in the graph that lies beside the weights
        ranges = None if source.graph is None else read_ranges(source.graph.parent)
        if ranges is not None and (precision == "int8" or multiplies_bytes()):
            return quantise(self._plain, ranges)
        if precision == "int8":
            raise SigmaskError(
                "these weights have no ranges for int8: python -m sigmask.annotation.backends.int8_calibration "
                f"{source.folder or 'FOLDER'} CORPUS measures them"
            )
        return self._plain

    def run(self, images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> RawOutput:
        inputs = inputs_of(images, instruction)
        found: list[list[np.ndarray]] = []
        for place in range(images.shape[1]):
            pair = {
                name: array[:, place : place + 1] if name == "images" else array[place : place + 1]
                for name, array in inputs.items()
            }
            outputs = self._compiled_for(pair)(pair)
            found.append([outputs[index] for index in range(len(outputs))])
        return output_of([np.concatenate(of_pairs) for of_pairs in zip(*found, strict=True)])

    def _compiled_for(self, pair: dict[str, np.ndarray]) -> Any:
        """The model compiled for a pair's frame, or the one for any shape that the rarer frames share."""
        shape = pair["images"].shape
        key = shape if self._has_its_own(*shape[2:4]) else _ANY_SHAPE
        if key not in self._compiled:
            if key == _ANY_SHAPE:
                graph = self._plain  # compiled for any shape, OpenVINO 2026.4 answers wrongly in int8
            else:
                graph = self._exported.clone()
                graph.reshape({name: list(array.shape) for name, array in pair.items()})
            self._compiled[key] = self._core.compile_model(graph, "CPU", self._settings)
        return self._compiled[key]

    def _has_its_own(self, height: int, width: int) -> bool:
        """Whether a frame has a graph of its own; which came first is no matter, or a restart would change masks."""
        return max(height, width) <= (_USUAL_ASPECT if self._is_small else 1) * min(height, width)


def multiplies_bytes() -> bool:
    """Whether this CPU is known to multiply bytes fast and without overflow; False where that cannot be told."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return not set(_INT8_FLAGS).isdisjoint(flags)


_ANY_SHAPE: tuple[int, ...] = ()


def import_openvino() -> Any:
    """The package, without its telemetry: it would send an event when it is imported and when it converts."""
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # as if it were not installed
    import openvino

    return openvino
