"""Scores one method on benchmarks: every pair is read, predicted, counted and dropped, so memory stays flat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np

from sigmask.errors import BadReason
from sigmask.evaluation.benchmark import Benchmark, Sample, side_effect_of
from sigmask.evaluation.counts import count_mask, count_thresholds
from sigmask.evaluation.map_scores import score_map
from sigmask.evaluation.scores import BenchmarkResult, PairScore, ScoreCollector
from sigmask.types import Annotation, BadSample, EditPair, MapArray, MaskArray

Method = Callable[[EditPair], MapArray | Annotation]
"""Pair → probability (H, W) in [0, 1] on the edited image's grid, or an `Annotation`, whose own mask is then scored."""


class Observer(Protocol):
    """What `evaluate` tells of each sample: for a progress bar, or to keep the worst cases."""

    def __call__(self, sample: Sample, predicted: MaskArray | None, score: PairScore | None) -> None:
        """`predicted` and `score` are None for a sample that could not be scored."""


def evaluate(
    method: Method,
    benchmarks: Sequence[Benchmark],
    *,
    name: str = "",
    threshold: float = 0.5,
    limit: int | None = None,
    prepare: Callable[[Iterable[Sample]], Iterable[Sample]] | None = None,
    progress: Observer | None = None,
) -> list[BenchmarkResult]:
    """Score a method on each benchmark.

    Args:
        method: see `Method`. Only the method is timed, not the reading.
        benchmarks: sets of pairs with true masks; a pair without one is counted as bad.
        name: the method's name in the results.
        threshold: a pixel counts as marked where its probability is greater. An `Annotation` brings its own mask,
            which is what its user gets, and which is scored in its place.
        limit: at most so many samples of each benchmark.
        prepare: changes the samples on their way in, e.g. `without_instructions`.
        progress: called after each sample.

    Raises:
        ValueError: if `limit` is not positive, or a method hands out a map of the wrong shape or range.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be 1 or more, got {limit}")
    return [_evaluate_one(method, name, each, threshold, limit, prepare, progress) for each in benchmarks]


def _evaluate_one(
    method: Method,
    name: str,
    benchmark: Benchmark,
    threshold: float,
    limit: int | None,
    prepare: Callable[[Iterable[Sample]], Iterable[Sample]] | None,
    progress: Observer | None,
) -> BenchmarkResult:
    collector = ScoreCollector(benchmark.name, name, threshold)
    samples: Iterable[Sample] = benchmark.read()
    for index, sample in enumerate(prepare(samples) if prepare is not None else samples):
        predicted: MaskArray | None = None
        score: PairScore | None = None
        if isinstance(sample, BadSample):
            collector.add_bad(sample)
        elif sample.mask is None:
            collector.add_bad(_without_mask(sample))
        else:
            started = time.perf_counter()
            output = method(sample)
            seconds = time.perf_counter() - started
            probability, predicted = _probability_and_mask(output, threshold)
            counts = count_mask(predicted, sample.mask)
            maps = score_map(probability, predicted, sample.mask, side_effect_of(sample))
            quality = output.quality if isinstance(output, Annotation) else None
            score = collector.add(sample, counts, count_thresholds(probability, sample.mask), seconds, maps, quality)
        if progress is not None:
            progress(sample, predicted, score)
        if limit is not None and index + 1 >= limit:
            break
    return collector.result()


def _probability_and_mask(output: MapArray | Annotation, threshold: float) -> tuple[MapArray, MaskArray]:
    if isinstance(output, Annotation):
        return output.probability, output.mask
    return output, np.asarray(output > threshold)


def _without_mask(pair: EditPair) -> BadSample:
    return BadSample(
        pair.sample_id, BadReason.BAD_MASK, "expected a true mask, got none", pair.source_file, pair.row_index
    )
