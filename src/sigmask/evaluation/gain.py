"""What the model under test gains over the best rival on each benchmark; a loss is shown as one.

The best rival is the one of the highest mean F1 on that very benchmark, chosen with hindsight. Its threshold was tuned
elsewhere and may fit badly, so the rival that may choose its threshold on the benchmark is shown beside it. Parts of
the model under test shown alone (its prior, its difference path) are no rivals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sigmask.evaluation.benchmark_result import BenchmarkResult
from sigmask.evaluation.comparison import compare_results
from sigmask.evaluation.significance import PairedComparison
from sigmask.evaluation.stored_run import StoredRun


@dataclass(frozen=True, slots=True)
class Gain:
    """On one benchmark.

    Attributes:
        model: the result of the model under test.
        rival: that of the rival with the highest F1 at its fixed threshold, which was tuned elsewhere.
        comparison: model - rival in F1, pair by pair, with its 95 % interval.
        flattered: the rival with the highest F1 at the one threshold that suits it best on this very benchmark.
        flattered_gain: the model's F1 at its fixed threshold minus that.
    """

    model: BenchmarkResult
    rival: BenchmarkResult
    comparison: PairedComparison
    flattered: BenchmarkResult
    flattered_gain: float


def gains(runs: Sequence[StoredRun], model: str) -> list[Gain]:
    """One for each benchmark on which the model and a rival were scored on at least two edited pairs, in order."""
    found = []
    for benchmark in dict.fromkeys(run.result.benchmark for run in runs):
        here = [run for run in runs if run.result.benchmark == benchmark and run.result.edited is not None]
        ours = next((run.result for run in here if run.result.method == model), None)
        rivals = [run.result for run in here if run.rival]
        if ours is None or not rivals or ours.edited is None or ours.edited.pairs < 2:
            continue
        rival = max(rivals, key=_f1)
        flattered = max(rivals, key=_best_f1)
        comparison = compare_results(ours, rival, np.random.default_rng(0))
        found.append(Gain(ours, rival, comparison, flattered, _f1(ours) - _best_f1(flattered)))
    return found


@dataclass(frozen=True, slots=True)
class MeanScores:
    """A method's mean F1 and IoU, in [0, 1], over benchmarks that count alike, at its fixed threshold."""

    method: str
    rival: bool
    f1: float
    iou: float


def means_over_benchmarks(runs: Sequence[StoredRun]) -> tuple[list[str], list[MeanScores]]:
    """The benchmarks on whose edited pairs every method was scored, and the means over them, best F1 first.

    Both are empty where there are fewer than two.
    """
    edited = {
        (run.result.method, run.result.benchmark): run.result.edited for run in runs if run.result.edited is not None
    }
    rivals = {run.result.method: run.rival for run in runs}
    names = dict.fromkeys(benchmark for _, benchmark in edited)
    shared = [name for name in names if all((method, name) in edited for method in rivals)]
    if len(shared) < 2:
        return [], []
    found = []
    for method, rival in rivals.items():
        scores = [edited[method, name] for name in shared]
        f1, iou = (sum(values) / len(shared) for values in zip(*((each.f1, each.iou) for each in scores), strict=True))
        found.append(MeanScores(method, rival, f1, iou))
    return shared, sorted(found, key=lambda means: -means.f1)


def _f1(result: BenchmarkResult) -> float:
    return result.edited.f1 if result.edited is not None else -1.0


def _best_f1(result: BenchmarkResult) -> float:
    return result.edited.best_f1 if result.edited is not None else -1.0
