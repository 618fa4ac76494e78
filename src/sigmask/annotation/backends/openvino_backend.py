"""The model in OpenVINO, the fastest engine on the CPUs that we measured (`docs/decisions/0005-openvino.md`).

Each pair goes through alone, on one core, in a graph compiled for its frame, and as many pairs side by side as there
are cores (up to eight): a tenth faster than one after the other on all cores, and with the same answer, bit for bit,
whatever pairs stand beside them or came before, on one core or on many. From sixteen cores on several share a pair, and
all of them do so for large models; then answers may round differently from machine to machine. Which graph a frame gets
depends on the frame alone. Where the weights bring ranges for it and it is faster on this CPU, convolutions run in int8
(`docs/decisions/0013-int8.md`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.annotation.backends.backend import (
    ACTIONS_KEY,
    Backend,
    Frame,
    RawOutput,
    check_graph,
    inputs_of,
    output_of,
)
from sigmask.annotation.backends.int8 import quantise, read_ranges
from sigmask.annotation.backends.model_source import ModelSource
from sigmask.errors import MissingExtraError, SigmaskError, WeightsError, unknown_name
from sigmask.instruction.instruction_arrays import InstructionArrays
from sigmask.models.weights_folder import GRAPH_FILE

PRECISIONS = ("auto", "float32", "bfloat16", "int8")
_SMALL = 32 << 20
"""Bytes of weights up to which every usual frame has a graph of its own, 75 to 175 MB each of `tiny`."""
_USUAL_ASPECT = 2
"""Frames are usual up to 1:2 and 2:1: thirteen of `tiny`. Our choice."""
_MOST_STREAMS = 8
"""Pairs side by side: a batch, by default. More cores than these share the work of a pair."""
_WIDE_FRAMES = 2
"""Frames whose graph takes pairs of that frame side by side; a stream's graph holds some 80 MB of its own. They are the
first that come, and later those that come often alone. What a pair is answered does not depend on it. Our choice."""
_OFTEN = 48
"""Pairs in batches of one frame after which its graph is widened: about the time of compiling. Our choice."""
_INT8_FLAGS = ("avx512_vnni", "avx_vnni", "asimddp")
"""Instructions that multiply bytes without overflow, as Linux names them."""
_TILES = "amx_bf16"
"""Tiles that multiply in bfloat16: with them int8 gains nothing on our models."""


class OpenVinoBackend(Backend):
    """Runs an exported model: `model.onnx` where the weights have it, else torch's, exported once and kept.

    Args:
        threads: for the engine; None: one per core that this process may use.
        precision: "float32", "bfloat16", "int8" (convolutions; all else in the best of the others), or "auto", the
            fastest for these weights on this CPU.

    Raises:
        ImportError: OpenVINO is not installed.
        MissingExtraError: the weights have no graph, and torch, which would export them, is not installed.
        WeightsError: the graph is damaged, or another version's.
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
            "ENABLE_CPU_PINNING": False,  # several processes would be pinned to the same cores
        }
        self._plain = self._read(source)
        self._exported = self._quantised(source, precision)
        self.precision = wide if self._exported is self._plain else f"int8 and {wide}"
        self._is_small = source.size <= _SMALL
        self._threads = threads or _cores()
        self._streams = min(self._threads, _MOST_STREAMS) if self._is_small else 1
        self._compiled: dict[tuple[int, ...], _Graph] = {}
        self._turn = 0

    def _read(self, source: ModelSource) -> Any:
        if source.graph is not None:
            graph = read_graph(self._core, source.graph)
            where = ["framework", ACTIONS_KEY]  # where OpenVINO keeps the metadata of an ONNX graph
            actions = str(graph.get_rt_info(where).astype(str)) if graph.has_rt_info(where) else None
            check_graph([each.get_any_name() for each in graph.inputs], actions, source.graph)
            return graph
        try:
            from sigmask.annotation.backends.openvino_export import exported
        except ModuleNotFoundError as error:
            raise MissingExtraError("torch", "torch", f"weights without a {GRAPH_FILE}, in OpenVINO,") from error
        return exported(self._core, source.model, source.key)

    def _quantised(self, source: ModelSource, precision: str) -> Any:
        """The graph in int8 where it is asked for, or is to be had and faster; else as it is."""
        if precision not in ("auto", "int8"):
            return self._plain
        # names of nodes are stable only in the graph that lies beside the weights
        ranges = None if source.graph is None else read_ranges(source.graph.parent)
        if ranges is not None and (precision == "int8" or int8_is_faster()):
            return quantise(self._plain, ranges)
        if precision == "int8":
            raise SigmaskError(
                "these weights have no ranges for int8: python -m sigmask.annotation.backends.int8_calibration "
                f"{source.folder or 'FOLDER'} CORPUS measures them"
            )
        return self._plain

    def run(self, images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> RawOutput:
        return self.run_all([(images, instruction)])[0]

    def run_all(self, frames: Sequence[Frame]) -> list[RawOutput]:
        self._turn += 1
        if len(frames) == 1:
            self._widen_if_often(frames[0][0])
        under_way = [[self._start(pair) for pair in _pairs(*frame)] for frame in frames]
        found = [[graph.answer(request) for graph, request in pairs] for pairs in under_way]
        return [output_of([np.concatenate(parts) for parts in zip(*pairs, strict=True)]) for pairs in found]

    def _start(self, pair: dict[str, np.ndarray]) -> tuple[_Graph, Any]:
        key = self._key(pair["images"])
        if key not in self._compiled:
            if key == _ANY_SHAPE:
                graph = self._plain  # compiled for any shape, OpenVINO 2026.4 answers wrongly in int8
            else:
                graph = self._exported.clone()
                graph.reshape({name: list(array.shape) for name, array in pair.items()})
            # each stream has as many threads in every graph, so that a pair's answer is the same in all
            streams = self._streams if len(self._wide()) < _WIDE_FRAMES else 1
            layout = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams * (self._threads // self._streams)}
            compiled = self._core.compile_model(graph, "CPU", self._settings | layout)
            self._compiled[key] = _Graph(compiled, is_wide=streams == self._streams)
        found = self._compiled[key]
        return found, found.start(pair)

    def _widen_if_often(self, images: npt.NDArray[np.uint8]) -> None:
        """Note a batch of one frame; make room, where its graph is narrow and such batches come often, for a wide one.

        The wide graph that had none for longest is given up.
        """
        key = self._key(images)
        if key not in self._compiled:
            return
        graph = self._compiled[key]
        graph.pairs_alone += images.shape[1]
        graph.last_alone = self._turn
        if not graph.is_wide and graph.pairs_alone >= _OFTEN:
            del self._compiled[key]
            del self._compiled[min(self._wide(), key=lambda each: self._compiled[each].last_alone)]

    def _wide(self) -> list[tuple[int, ...]]:
        return [key for key, graph in self._compiled.items() if graph.is_wide]

    def _key(self, images: npt.NDArray[np.uint8]) -> tuple[int, ...]:
        """Which graph is for these pairs, of which each goes through alone."""
        sides, _, height, width, colours = images.shape
        return (sides, 1, height, width, colours) if self._has_its_own(height, width) else _ANY_SHAPE

    def _has_its_own(self, height: int, width: int) -> bool:
        """Whether a frame has a graph of its own; which came first is no matter, or a restart would change masks."""
        return max(height, width) <= (_USUAL_ASPECT if self._is_small else 1) * min(height, width)


class _Graph:
    """A compiled model and its requests, which wait in a row where there are more than streams.

    Attributes:
        is_wide: whether it takes as many pairs side by side as the backend does.
        pairs_alone: how many came in batches of its frame alone.
        last_alone: the turn of the last such batch.
    """

    def __init__(self, compiled: Any, *, is_wide: bool) -> None:
        self.is_wide = is_wide
        self.pairs_alone = 0
        self.last_alone = 0
        self._compiled = compiled
        self._spare: list[Any] = []

    def start(self, pair: dict[str, np.ndarray]) -> Any:
        """Begin with a pair; the request to ask for its answer."""
        request = self._spare.pop() if self._spare else self._compiled.create_infer_request()
        request.start_async(pair)
        return request

    def answer(self, request: Any) -> list[np.ndarray]:
        """Wait for a request's answer: the arrays of `OUTPUTS`."""
        request.wait()
        found = [tensor.data.copy() for tensor in request.output_tensors]
        self._spare.append(request)
        return found


def _pairs(images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> Iterator[dict[str, np.ndarray]]:
    """The model's inputs for each pair of a frame."""
    inputs = inputs_of(images, instruction)
    for place in range(images.shape[1]):
        yield {
            name: array[:, place : place + 1] if name == "images" else array[place : place + 1]
            for name, array in inputs.items()
        }


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_graph(core: Any, path: Path) -> Any:
    """The OpenVINO model of a graph's file.

    Raises:
        WeightsError: it is damaged.
    """
    try:
        return core.read_model(path)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]  # the first ones say where in OpenVINO's own code
        raise WeightsError(f"{path} does not hold a readable model: {reason}") from error


def int8_is_faster(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this CPU multiplies bytes fast and without overflow, and has no tiles for bfloat16, which are as fast.

    False where that cannot be told.
    """
    try:
        flags = set(cpuinfo.read_text(encoding="utf-8").split())
    except OSError:
        return False
    return not flags.isdisjoint(_INT8_FLAGS) and _TILES not in flags


_ANY_SHAPE: tuple[int, ...] = ()


def import_openvino() -> Any:
    """The package, without its telemetry: it would send an event when it is imported and when it converts."""
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # as if it were not installed
    import openvino

    return openvino
