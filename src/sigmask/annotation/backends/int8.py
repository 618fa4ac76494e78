"""Convolutions in eight bits: where their inputs range, measured once, and the graph that OpenVINO then runs in int8.

A convolution multiplies 8-bit inputs with 8-bit weights where both pass through a `FakeQuantize` node, which OpenVINO
folds into its kernels. Weights bring their own range, one for each output channel. That of the inputs, one for each
convolution, is the mean over pairs of the least and the largest value (a common choice for post-training
quantisation), and lies beside the weights in `int8.json`. Statistics, attention and heads keep their precision. What
it buys and costs: docs/decisions/0013-int8.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sigmask.errors import CorpusError, WeightsError
from sigmask.models.weights_folder import RANGES_FILE
from sigmask.whole_file import whole_file

QUANTISED = ("backbone", "deeper", "join", "visual", "project", "decoder")
"""Parts of the names of the convolutions that are: trunk, grounding, and decoder."""
_CONVOLUTIONS = ("Convolution", "GroupConvolution")
_INPUT_LEVELS = 256
_WEIGHT_LEVELS = 255  # symmetric

Ranges = Mapping[str, tuple[float, float]]
"""Name of a convolution → (low, high) of its input, low ≤ 0 ≤ high."""


def read_ranges(folder: Path) -> Ranges | None:
    """The ranges beside the weights in `folder`; None if there are none.

    Raises:
        WeightsError: the file is damaged.
    """
    path = folder / RANGES_FILE
    if not path.is_file():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["inputs"]
        return {str(name): (float(low), float(high)) for name, (low, high) in stored.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WeightsError(f"{path} does not hold ranges for int8: {error}") from error


def write_ranges(folder: Path, ranges: Ranges) -> Path:
    """Write `int8.json`; its path."""
    path = folder / RANGES_FILE
    rounded = {name: [float(f"{value:.5g}") for value in ends] for name, ends in ranges.items()}
    with whole_file(path) as partial:
        partial.write_text(json.dumps({"inputs": rounded}, indent=0) + "\n", encoding="utf-8")
    return path


def convolutions(graph: Any) -> list[Any]:
    """The convolutions of an OpenVINO model that are to be quantised, in the graph's order."""
    return [
        node
        for node in graph.get_ordered_ops()
        if node.get_type_name() in _CONVOLUTIONS and any(part in node.get_friendly_name() for part in QUANTISED)
    ]


def measure_ranges(core: Any, graph: Any, pairs: Iterable[Mapping[str, np.ndarray]]) -> Ranges:
    """Run the model in float32 and look at what enters each convolution.

    Args:
        core: `openvino.Core()`.
        graph: an OpenVINO model; it is copied.
        pairs: the model's inputs, a pair each.

    Raises:
        CorpusError: there is none.
    """
    tapped = graph.clone()
    entering = {node.get_friendly_name(): node.input(0).get_source_output() for node in convolutions(tapped)}
    sources = {_key(source): source for source in entering.values()}  # some enter several convolutions
    answers = len(tapped.outputs)
    tapped.add_outputs(list(sources.values()))
    model = core.compile_model(tapped, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    ends: list[list[tuple[float, float]]] = []
    for inputs in pairs:
        found = model(inputs)
        values = [found[answers + index] for index in range(len(sources))]
        ends.append([(float(each.min()), float(each.max())) for each in values])
    if not ends:
        raise CorpusError("expected at least one usable pair to measure ranges on, got none")
    of_source = dict(zip(sources, np.mean(ends, axis=0), strict=True))
    ranges = {}
    for name, source in entering.items():
        low, high = of_source[_key(source)]
        ranges[name] = min(float(low), 0.0), max(float(high), 0.0)
    return ranges


def quantise(graph: Any, ranges: Ranges) -> Any:
    """A copy of the model whose convolutions OpenVINO runs in int8.

    Raises:
        WeightsError: a convolution has no range, so that the ranges are another model's.
    """
    from openvino import opset13 as ops

    graph = graph.clone()
    made: dict[tuple[str, int], Any] = {}
    for node in convolutions(graph):
        name = node.get_friendly_name()
        if name not in ranges:
            raise WeightsError(f"{RANGES_FILE} has no range for '{name}': it belongs to another model.onnx")
        source = node.input(0).get_source_output()
        key = _key(source)
        if key not in made:  # convolutions that share an input share its copy in eight bits
            low, high = _with_zero(*ranges[name])
            made[key] = ops.fake_quantize(source, low, high, low, high, _INPUT_LEVELS)
        node.input(0).replace_source_output(made[key].output(0))
        weights = node.input(1).get_source_output()
        ends = _weight_ends(weights.get_node(), grouped=node.get_type_name() == "GroupConvolution")
        small = ops.fake_quantize(weights, -ends, ends, -ends, ends, _WEIGHT_LEVELS)
        node.input(1).replace_source_output(small.output(0))
    graph.validate_nodes_and_infer_types()
    return graph


def _key(source: Any) -> tuple[str, int]:
    return source.get_node().get_name(), source.get_index()


def _with_zero(low: float, high: float) -> tuple[float, float]:
    """The range moved by less than a step so that 0, with which borders are filled, is one of its levels."""
    step = max(high - low, 1e-6) / (_INPUT_LEVELS - 1)
    zero = round(-low / step)
    return -zero * step, (_INPUT_LEVELS - 1 - zero) * step


def _weight_ends(node: Any, *, grouped: bool) -> np.ndarray:
    """The largest absolute weight of each output channel, in a shape that broadcasts over the weights."""
    weights = _constant(node)
    kept = 2 if grouped else 1  # (groups, out, in, h, w) or (out, in, h, w)
    ends = np.abs(weights).max(axis=tuple(range(kept, weights.ndim)), keepdims=True)
    return np.asarray(np.maximum(ends, 1e-8), np.float32)


def _constant(node: Any) -> np.ndarray:
    """The values of a node that depends on constants alone."""
    if node.get_type_name() == "Constant":
        return np.asarray(node.data, np.float32)
    inputs = [node.input_value(index) for index in range(node.get_input_size())]
    if node.get_type_name() in ("Reshape", "Convert", "Unsqueeze", "Squeeze") and inputs:
        return _constant(inputs[0].get_node()).reshape(list(node.get_output_shape(0)))
    raise WeightsError(f"expected weights that are constants in the graph, got a {node.get_type_name()}")
