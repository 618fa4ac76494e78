"""The model as an ONNX graph, for installations without torch.

`python -m sigmask.annotation.backends.onnx_export FOLDER` writes it beside the weights.

The graph takes any batch and any frame. Its weights are stored in half precision, as those beside it are, and are
multiplied in single precision. The network that training left is taken, so a new training needs a new export.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from sigmask.annotation.backends.backend import ACTIONS_KEY, ACTIONS_NAMED, INPUTS, OUTPUTS
from sigmask.annotation.backends.flat_model import FlatModel, tracing
from sigmask.command_errors import run_tool
from sigmask.errors import MissingExtraError
from sigmask.models.locator import Locator
from sigmask.models.pretrained import load_locator
from sigmask.models.weights_folder import GRAPH_FILE, RANGES_FILE
from sigmask.whole_file import whole_file

_OPSET = 17
_LEAST_HALVED = 64  # numbers in a tensor that is stored in half precision; smaller ones save nothing
_AXES: dict[str, dict[int, str]] = {
    "images": {1: "batch", 2: "height", 3: "width"},
    **{name: {0: "batch"} for name in INPUTS[1:]},
    "mask_logits": {0: "batch", 1: "height", 2: "width"},
    "prior": {0: "batch", 1: "rows", 2: "columns"},
    "quality_logits": {0: "batch"},
    "scope_logits": {0: "batch"},
}


def export_graph(model: Locator) -> bytes:
    """`model`, on the CPU, as an ONNX file that takes `INPUTS` and gives `OUTPUTS`.

    Raises:
        MissingExtraError: the package onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("onnx", "train", "exporting a model") from error
    flat = FlatModel(model.eval())
    with tempfile.TemporaryDirectory() as folder, tracing():
        torch.onnx.export(
            flat,
            flat.example(),
            Path(folder) / GRAPH_FILE,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes=_AXES,
            opset_version=_OPSET,
            dynamo=False,
        )
        graph = onnx.load(Path(folder) / GRAPH_FILE)
    _halve(graph.graph)
    onnx.helper.set_model_props(graph, {ACTIONS_KEY: ACTIONS_NAMED})
    onnx.checker.check_model(graph)
    return bytes(graph.SerializeToString())


def _halve(graph: Any) -> None:
    """Store every large tensor in half precision, with a cast behind it that engines fold when they load."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _LEAST_HALVED:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])  # in the order in which they are run


def main(folder: Annotated[Path, typer.Argument(help="a folder of weights; model.onnx is written into it")]) -> None:
    """Export the weights in FOLDER."""
    model, _, found = load_locator(str(folder))
    graph = export_graph(model)
    (found / RANGES_FILE).unlink(missing_ok=True)  # of an older graph
    with whole_file(found / GRAPH_FILE) as partial:
        partial.write_bytes(graph)
    print(f"{found / GRAPH_FILE}: {len(graph) / 1e6:.1f} MB")


if __name__ == "__main__":
    run_tool(main)
