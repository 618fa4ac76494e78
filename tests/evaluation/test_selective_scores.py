"""Scores without the pairs that a model is not sure of, and how many stay."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sigmask.evaluation.benchmark_result import BenchmarkResult
from sigmask.evaluation.counts import count_mask, count_thresholds
from sigmask.evaluation.scores import ScoreCollector
from sigmask.evaluation.selective_scores import Means, selective_scores
from sigmask.types import EditPair

IMAGE = np.zeros((1, 4, 3), np.uint8)


def _result(*pairs: tuple[str, str, float | None]) -> BenchmarkResult:
    """Of pairs of four pixels: which are marked, which are truly edited, and the expected IoU."""
    collector = ScoreCollector("drawn", "tiny", 0.5)
    for number, (marked, true, quality) in enumerate(pairs):
        predicted, mask = (np.array([[sign == "x" for sign in row]]) for row in (marked, true))
        grid = count_thresholds(predicted.astype(np.float32), mask)
        pair = EditPair(str(number), IMAGE, IMAGE, None, None, mask)
        collector.add(pair, count_mask(predicted, mask), grid, 0.0, None, quality)
    return collector.result()


def test_means_of_the_pairs_that_stay() -> None:
    result = _result(
        ("xx..", "xx..", 0.9),  # F1 1, IoU 1
        ("x...", "xxx.", 0.7),  # F1 2/4, IoU 1/3
        ("..xx", "xx..", 0.2),  # F1 0, IoU 0
        ("x...", "....", 0.6),  # a quarter marked of an unedited pair
        ("....", "....", 0.8),
    )
    scores = selective_scores(result, 0.7)
    assert scores is not None
    assert scores.every == Means(5, pytest.approx(0.5), pytest.approx(4 / 9), pytest.approx(0.125))
    assert scores.kept == Means(3, pytest.approx(0.75), pytest.approx(2 / 3), 0.0)
    assert scores.coverage == 3 / 5


def test_nothing_stays_or_nothing_is_expected() -> None:
    result = _result(("xx..", "xx..", 0.5))
    nothing = selective_scores(result, 1.0)
    assert nothing is not None and nothing.kept == Means(0, None, None, None) and nothing.coverage == 0
    assert selective_scores(_result(("xx..", "xx..", None)), 0.0) is None
    assert selective_scores(dataclasses.replace(result, pairs=()), 0.0) is None
