"""What int8 buys in OpenVINO, and whether the masks stay: docs/decisions/0013-int8.md.

    python benchmarks/int8.py $SIGMASK_SHARED/data/unlabelled/pairs.jsonl
    python benchmarks/int8.py $SIGMASK_SHARED/data/unlabelled/pairs.jsonl --f1 cocoglide_vae inpainting_vae true_edits

Pairs a second in each precision that this CPU has, each taking its turn; the share of pixels that end on the other side
of 0.5 than in float32; the same where the int8 graph is compiled for any shape; pairs side by side on a core each,
against batches of several sizes on all cores; and F1 on benchmarks.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from sigmask.annotation.annotator import Annotator, Prepared
from sigmask.annotation.backends.backend import inputs_of
from sigmask.annotation.backends.int8 import quantise, read_ranges
from sigmask.annotation.backends.openvino_backend import import_openvino
from sigmask.data.corpus import load_corpus
from sigmask.errors import SigmaskError
from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.counts import count_mask
from sigmask.evaluation.pixel_metrics import f1
from sigmask.models.weights_folder import GRAPH_FILE, find_weights
from sigmask.types import EditPair

ROUNDS = 6
BATCHES = (8, 4, 2, 1)
_AT_ONCE = 24
PRECISIONS = ("float32", "bfloat16", "int8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures int8 in OpenVINO.")
    parser.add_argument("corpus", help="of which some pairs are timed")
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--f1", nargs="*", default=[], help="benchmarks")
    arguments = parser.parse_args()
    annotators = _annotators()
    pairs = (pair for pair in load_corpus(arguments.corpus) if isinstance(pair, EditPair))
    prepared = [annotators["float32"].prepare(pair) for pair in itertools.islice(pairs, arguments.pairs)]
    truth = _marked(annotators["float32"], prepared)
    flips = {name: 100 * _differing(_marked(each, prepared), truth) for name, each in annotators.items()}
    for name, rate in _rates(annotators, prepared).items():
        print(f"{name:9} ({annotators[name].backend.precision}) {rate:5.1f} pairs/s, flipped {flips[name]:.3f} %")
    print(f"int8, compiled for any shape: flipped {100 * _differing(_any_shape(annotators, prepared), truth):.3f} %")
    for way, rate in _ways(annotators["int8"], prepared).items():
        print(f"int8, {way}: {rate:5.1f} pairs/s")
    for benchmark in arguments.f1:
        print(benchmark, ", ".join(f"{name} {_f1(each, benchmark):.2f}" for name, each in annotators.items()))


def _annotators() -> dict[str, Annotator]:
    """One for each precision that this CPU has."""
    found = {}
    for precision in PRECISIONS:
        try:
            found[precision] = Annotator.from_pretrained("tiny", backend="openvino", precision=precision)
        except SigmaskError as error:
            print(f"{precision}: {error}")
    return found


def _marked(annotator: Annotator, prepared: Sequence[Prepared]) -> list[np.ndarray]:
    outputs = annotator.backend.run_all([annotator.inputs([each]) for each in prepared])
    return [output.mask_logits > 0 for output in outputs]


def _quantised() -> Any:
    """The graph of `tiny` in int8, for any shape."""
    folder = find_weights("tiny")
    ranges = read_ranges(folder)
    assert ranges is not None
    return quantise(import_openvino().Core().read_model(folder / GRAPH_FILE), ranges)


def _any_shape(annotators: dict[str, Annotator], prepared: Sequence[Prepared]) -> list[np.ndarray]:
    model = import_openvino().Core().compile_model(_quantised(), "CPU")
    inputs = (inputs_of(*annotators["int8"].inputs([each])) for each in prepared)
    return [model(each)[0] > 0 for each in inputs]


def _differing(found: Sequence[np.ndarray], truth: Sequence[np.ndarray]) -> float:
    return float(np.mean([np.mean(one != other) for one, other in zip(found, truth, strict=True)]))


def _rates(annotators: dict[str, Annotator], prepared: Sequence[Prepared]) -> dict[str, float]:
    """Pairs a second, the median of rounds in which each takes its turn."""
    seconds: dict[str, list[float]] = {name: [] for name in annotators}
    for _ in range(ROUNDS):
        for name, annotator in annotators.items():
            started = time.perf_counter()
            _marked(annotator, prepared)
            seconds[name].append(time.perf_counter() - started)
    return {name: len(prepared) / float(np.median(taken)) for name, taken in seconds.items()}


def _ways(annotator: Annotator, prepared: Sequence[Prepared]) -> dict[str, float]:
    """Pairs a second of one frame: batches on all cores, and pairs side by side on a core each; each takes its turn."""
    core, graph = import_openvino().Core(), _quantised()
    settings = {"INFERENCE_PRECISION_HINT": "bf16", "PERFORMANCE_HINT": "LATENCY"}
    frame = annotator.inputs([prepared[0]] * _AT_ONCE)
    ways: dict[str, Callable[[], Any]] = {"pairs side by side": lambda: annotator.backend.run(*frame)}
    for size in BATCHES:
        inputs = inputs_of(*annotator.inputs([prepared[0]] * size))
        fixed = graph.clone()
        fixed.reshape({name: list(array.shape) for name, array in inputs.items()})
        model = core.compile_model(fixed, "CPU", settings)
        ways[f"{size} at once"] = partial(_repeat, model, inputs, _AT_ONCE // size)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(ROUNDS + 1):
        for way, run in ways.items():
            started = time.perf_counter()
            run()
            if turn:  # the first fills caches
                seconds[way].append(time.perf_counter() - started)
    return {way: _AT_ONCE / float(np.median(taken)) for way, taken in seconds.items()}


def _repeat(model: Any, inputs: dict[str, np.ndarray], times: int) -> None:
    for _ in range(times):
        model(inputs)


def _f1(annotator: Annotator, benchmark: str) -> float:
    """Mean F1 in %."""
    scores = []
    for pair in load_benchmark(benchmark).read():
        assert isinstance(pair, EditPair) and pair.mask is not None
        found = annotator(pair.original, pair.edited, pair.instruction).mask
        scores.append(float(f1(count_mask(found, pair.mask))))
    return 100 * float(np.mean(scores))


if __name__ == "__main__":
    main()
