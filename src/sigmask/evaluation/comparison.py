"""One method's gain over another on one benchmark, on the pairs that both have scored."""

from __future__ import annotations

import numpy as np

from sigmask.evaluation.benchmark_result import BenchmarkResult, PairScore
from sigmask.evaluation.significance import PairedComparison, compare_paired


def compare_results(
    first: BenchmarkResult, second: BenchmarkResult, rng: np.random.Generator, *, metric: str = "f1"
) -> PairedComparison:
    """How much the first method gains over the second in a per-pair metric: a field of `PairScore`, such as `iou`.

    Pairs are matched by `sample_id`; those for which the metric is undefined in either result (unedited ones, say)
    are left out, and `images` says how many were compared.

    Raises:
        ValueError: if the benchmarks differ, there is no such metric, an id is there twice, or fewer than two pairs
            can be compared.
    """
    if first.benchmark != second.benchmark:
        raise ValueError(f"expected results on one benchmark, got '{first.benchmark}' and '{second.benchmark}'")
    ours, theirs = _by_id(first, metric), _by_id(second, metric)
    shared = [sample_id for sample_id in ours if sample_id in theirs]
    if len(shared) < 2:
        raise ValueError(
            f"expected at least two pairs for which both results have '{metric}', got {len(shared)} "
            f"of {len(first.pairs)} and {len(second.pairs)}"
        )
    return compare_paired(np.array([ours[each] for each in shared]), np.array([theirs[each] for each in shared]), rng)


def _by_id(result: BenchmarkResult, metric: str) -> dict[str, float]:
    if metric not in PairScore.__dataclass_fields__:
        raise ValueError(f"unknown metric '{metric}'. Known: {', '.join(PairScore.__dataclass_fields__)}.")
    if len({pair.sample_id for pair in result.pairs}) != len(result.pairs):
        raise ValueError(f"the sample ids of '{result.method}' on '{result.benchmark}' are not all different")
    return {pair.sample_id: value for pair in result.pairs if (value := getattr(pair, metric)) is not None}
