"""What int8 buys in OpenVINO, and whether the masks stay: docs/decisions/0013-int8.md.

    python benchmarks/int8.py $SIGMASK_SHARED/data/unlabelled/pairs.jsonl
    python benchmarks/int8.py $SIGMASK_SHARED/data/unlabelled/pairs.jsonl --f1 cocoglide_vae inpainting_vae true_edits

Pairs a second in each precision that this CPU has, each taking its turn; the share of pixels that end on the other side
of 0.5 than in float32; the same where the int8 graph is compiled for any shape; batches against pairs alone; and F1
on benchmarks.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Sequence
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
    for size, rate in _batch_rates(annotators["int8"], prepared).items():
        print(f"int8, compiled for {size} at once: {rate:5.1f} pairs/s")
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
    return [annotator.backend.run(*annotator.inputs([each])).mask_logits > 0 for each in prepared]


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


def _batch_rates(annotator: Annotator, prepared: Sequence[Prepared]) -> dict[int, float]:
    """Pairs a second of the graph compiled for batches of one frame."""
    core, graph = import_openvino().Core(), _quantised()
    inputs, models = {}, {}
    for size in BATCHES:
        inputs[size] = inputs_of(*annotator.inputs([prepared[0]] * size))
        fixed = graph.clone()
        fixed.reshape({name: list(array.shape) for name, array in inputs[size].items()})
        models[size] = core.compile_model(fixed, "CPU", annotator.backend._settings)
    seconds: dict[int, list[float]] = {size: [] for size in BATCHES}
    for _ in range(ROUNDS):
        for size, model in models.items():
            started = time.perf_counter()
            for _ in range(max(BATCHES) // size):
                model(inputs[size])
            seconds[size].append(time.perf_counter() - started)
    return {size: max(BATCHES) / float(np.median(taken)) for size, taken in seconds.items()}


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
