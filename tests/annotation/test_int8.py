"""Ranges are measured by convolution, zero stays zero, and the graph in int8 answers nearly as in float32."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sigmask.annotation.annotator import Annotator
from sigmask.annotation.backends import ModelSource
from sigmask.annotation.backends.int8 import (
    _with_zero,
    convolutions,
    measure_ranges,
    quantise,
    read_ranges,
    write_ranges,
)
from sigmask.annotation.backends.openvino_backend import OpenVinoBackend, import_openvino, int8_is_faster
from sigmask.errors import CorpusError, WeightsError
from sigmask.models.weights_folder import GRAPH_FILE, RANGES_FILE, find_weights
from tests.drawing import draw_pair

pytest.importorskip("openvino", reason="the extra 'openvino' is not installed")
ops = pytest.importorskip("openvino.opset13")


def network() -> object:
    """Two convolutions, of which one is in the trunk: 1 × 1, weights 0.5 and -2, on one channel."""
    openvino = import_openvino()
    pixels = ops.parameter([1, 1, 4, 4], np.float32, name="pixels")
    weights = ops.constant(np.array([0.5, -2.0], np.float32).reshape(2, 1, 1, 1))
    trunk = ops.convolution(pixels, weights, [1, 1], [0, 0], [0, 0], [1, 1], name="/model/backbone/conv")
    head = ops.convolution(
        trunk, ops.constant(np.ones((1, 2, 1, 1), np.float32)), [1, 1], [0, 0], [0, 0], [1, 1], name="/model/score/conv"
    )
    return openvino.Model([head], [pixels], "two")


def test_ranges_are_means_of_each_pair_s_ends_and_hold_zero() -> None:
    graph = network()
    assert [node.get_friendly_name() for node in convolutions(graph)] == ["/model/backbone/conv"]
    core = import_openvino().Core()
    first, second = (
        np.linspace(low, high, 16, dtype=np.float32).reshape(1, 1, 4, 4) for low, high in ((-1, 3), (1, 5))
    )
    ranges = measure_ranges(core, graph, [{"pixels": first}, {"pixels": second}])
    assert ranges == {"/model/backbone/conv": (0.0, 4.0)}  # the means are 0 and 4
    assert measure_ranges(core, graph, [{"pixels": second}]) == {"/model/backbone/conv": (0.0, 5.0)}
    with pytest.raises(CorpusError, match="at least one usable pair"):
        measure_ranges(core, graph, [])


@pytest.mark.parametrize(("low", "high"), [(0.0, 6.0), (-1.0, 1.0), (-0.3, 7.1), (-5.0, 0.0)])
def test_zero_is_a_level_and_the_range_moves_by_less_than_a_step(low: float, high: float) -> None:
    step = (high - low) / 255
    moved_low, moved_high = _with_zero(low, high)
    assert moved_low / step == pytest.approx(round(moved_low / step), abs=1e-6)
    assert moved_high - moved_low == pytest.approx(high - low)
    assert abs(moved_low - low) < step


def test_inputs_and_weights_are_rounded_to_levels() -> None:
    openvino = import_openvino()
    values = np.array([0.0, 0.9, 2.1, 100.0] * 4, np.float32).reshape(1, 1, 4, 4)
    graph = quantise(network(), {"/model/backbone/conv": (0.0, 255.0)})  # a step of one
    model = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = model({"pixels": values})[0].ravel()[:4]
    # 0.5 - 2 = -1.5 times the rounded value; the weights are the ends of their own ranges
    np.testing.assert_allclose(found, [0.0, -1.5, -3.0, -150.0], atol=0.02)


def test_ranges_of_another_model_are_refused() -> None:
    with pytest.raises(WeightsError, match="belongs to another model"):
        quantise(network(), {"/model/backbone/other": (0.0, 1.0)})


def test_ranges_read_back(tmp_path: Path) -> None:
    assert read_ranges(tmp_path) is None
    write_ranges(tmp_path, {"a": (-1.25, 3.0)})
    assert read_ranges(tmp_path) == {"a": (-1.25, 3.0)}
    for damaged in ("{", "[]", json.dumps({"inputs": {"a": [1]}})):
        (tmp_path / RANGES_FILE).write_text(damaged)
        with pytest.raises(WeightsError, match="does not hold ranges"):
            read_ranges(tmp_path)


def test_the_ranges_that_ship_are_of_the_graph_that_ships() -> None:
    folder = find_weights("tiny")
    ranges = read_ranges(folder)
    graph = import_openvino().Core().read_model(folder / GRAPH_FILE)
    assert ranges is not None and {node.get_friendly_name() for node in convolutions(graph)} == set(ranges)


def test_tiny_in_int8_marks_what_it_marks_in_float32() -> None:
    pair = draw_pair(np.random.default_rng(5), 128, 160)
    exact, small = (
        Annotator.from_pretrained("tiny", backend="openvino", precision=name) for name in ("float32", "int8")
    )
    assert small.backend.precision.startswith("int8 and ")
    expected, found = (each(pair.original, pair.edited, pair.instruction) for each in (exact, small))
    assert expected.mask.any()
    assert (expected.mask & found.mask).sum() / (expected.mask | found.mask).sum() > 0.97


def test_auto_takes_int8_where_it_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_faster in (True, False):
        monkeypatch.setattr(f"{OpenVinoBackend.__module__}.int8_is_faster", lambda is_faster=is_faster: is_faster)
        precision = OpenVinoBackend(ModelSource(folder=find_weights("tiny")), threads=1).precision
        assert precision.startswith("int8") is is_faster


@pytest.mark.parametrize(
    ("flags", "is_faster"),
    [
        ("fpu avx2 avx512_vnni avx512_bf16", True),
        ("fp asimd asimddp", True),
        ("fpu avx2", False),
        ("fpu avx512_vnni avx512_bf16 amx_bf16 amx_tile amx_int8", False),
    ],
)
def test_int8_is_faster_with_instructions_for_it_unless_bfloat16_has_tiles(
    tmp_path: Path, flags: str, is_faster: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags\t\t: {flags}\n")
    assert int8_is_faster(tmp_path / "cpuinfo") is is_faster


def test_where_the_cpu_cannot_be_asked_nothing_is_risked(tmp_path: Path) -> None:
    assert not int8_is_faster(tmp_path / "nothing")
