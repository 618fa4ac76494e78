from __future__ import annotations

import numpy as np
import pytest

from sigmask.evaluation.benchmark_result import BenchmarkResult, PairScore
from sigmask.evaluation.comparison import compare_results


def result(method: str, f1: dict[str, float | None], benchmark: str = "bench") -> BenchmarkResult:
    pairs = tuple(
        PairScore(name, None, 8, 8, 0.1, 0.1, 0.0, value, value, value, value, value, value, 0.5, 0.01)
        for name, value in f1.items()
    )
    return BenchmarkResult(benchmark, method, 0.5, None, None, {}, 0.01, pairs, ())


OURS = result("ours", {"a": 0.9, "b": 0.8, "c": 0.7, "null": None})


def test_pairs_are_matched_by_their_id(rng: np.random.Generator) -> None:
    rival = result("rival", {"c": 0.6, "null": None, "a": 0.8, "b": 0.7, "only theirs": 0.1})
    comparison = compare_results(OURS, rival, rng)
    assert comparison.images == 3
    assert comparison.difference == pytest.approx(0.1)
    assert comparison.p_value == pytest.approx(2 / 8)
    assert compare_results(OURS, rival, rng, metric="iou").difference == pytest.approx(0.1)


def test_what_cannot_be_compared_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="on one benchmark"):
        compare_results(OURS, result("rival", {"a": 0.1, "b": 0.2}, "other"), rng)
    with pytest.raises(ValueError, match="at least two pairs"):
        compare_results(OURS, result("rival", {"a": 0.1, "null": None}), rng)
    with pytest.raises(ValueError, match="unknown metric 'dice'"):
        compare_results(OURS, OURS, rng, metric="dice")
    twice = BenchmarkResult("bench", "twice", 0.5, None, None, {}, 0.01, OURS.pairs * 2, ())
    with pytest.raises(ValueError, match="not all different"):
        compare_results(OURS, twice, rng)
