"""The exported model in ONNX Runtime, the engine that every installation has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from sigmask.annotation.backends.backend import (
    ACTIONS_KEY,
    OUTPUTS,
    Backend,
    RawOutput,
    check_graph,
    inputs_of,
    output_of,
)
from sigmask.errors import WeightsError
from sigmask.instruction.instruction_arrays import InstructionArrays


class OnnxBackend(Backend):
    """Runs `model.onnx` on the CPU.

    Raises:
        WeightsError: the graph is damaged, or another version's.
    """

    name = "onnx"
    precision = "float32"

    def __init__(self, graph: Path, *, threads: int | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0  # 0: one per core
        options.log_severity_level = 3  # errors; it warns of operators that it leaves as they are
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime has kinds of its own for each way in which a file can be wrong
            raise WeightsError(f"{graph} does not hold a readable model: {str(error).splitlines()[0]}") from error
        actions = self._session.get_modelmeta().custom_metadata_map.get(ACTIONS_KEY)
        check_graph([each.name for each in self._session.get_inputs()], actions, graph)

    def run(self, images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> RawOutput:
        return output_of(self._session.run(OUTPUTS, inputs_of(images, instruction)))
