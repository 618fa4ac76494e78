from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sigmask.evaluation.significance import Interval, bootstrap_interval, compare_paired


def test_equal_values_have_an_interval_of_no_width(rng: np.random.Generator) -> None:
    assert bootstrap_interval(np.full(5, 0.3), rng) == Interval(0.3, 0.3)


def test_two_values_by_hand(rng: np.random.Generator) -> None:
    # Resamples of {0, 1} have means 0, 1/2 and 1 with chances 1/4, 1/2, 1/4: 95 % reach from 0 to 1.
    assert bootstrap_interval(np.array([0.0, 1.0]), rng) == Interval(0.0, 1.0)
    # Of the middle 40 % all lie at 1/2.
    assert bootstrap_interval(np.array([0.0, 1.0]), rng, level=0.4) == Interval(0.5, 0.5, 0.4)


@pytest.mark.parametrize("skew", [1.0, 6.0])
def test_equal_to_scipys_interval(skew: float, rng: np.random.Generator) -> None:
    values = rng.beta(skew, 1.0, 60)
    ours = bootstrap_interval(values, rng, resamples=20_000)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=rng).confidence_interval
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.04 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.04 * width)


def test_the_interval_holds_the_truth_as_often_as_it_says(rng: np.random.Generator) -> None:
    held = 0
    for _ in range(200):
        interval = bootstrap_interval(rng.beta(5, 1, 80), rng, resamples=500)
        held += interval.low <= 5 / 6 <= interval.high
    assert 0.88 <= held / 200 <= 0.99


def test_one_seed_gives_one_interval() -> None:
    values = np.random.default_rng(1).random(30)
    first, again, other = (bootstrap_interval(values, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first == again != other


def test_a_small_paired_test_by_hand(rng: np.random.Generator) -> None:
    # All 2^4 signs: only +1+1+1+1 and -1-1-1-1 are as far from zero as what was observed.
    comparison = compare_paired(np.array([0.5, 0.6, 0.7, 0.9]), np.array([0.4, 0.5, 0.6, 0.8]), rng)
    assert comparison.p_value == pytest.approx(2 / 16)
    assert comparison.images == 4
    assert comparison.difference == pytest.approx(0.1)
    assert comparison.interval.low == pytest.approx(0.1) and comparison.interval.high == pytest.approx(0.1)


def test_the_exact_test_is_scipys(rng: np.random.Generator) -> None:
    first, second = rng.random(10), rng.random(10)
    expected = stats.permutation_test(
        (first - second,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert compare_paired(first, second, rng).p_value == pytest.approx(expected.pvalue, abs=1e-9)


def test_many_images(rng: np.random.Generator) -> None:
    base = rng.random(200)
    better = compare_paired(base + 0.05 + 0.02 * rng.standard_normal(200), base, rng)
    assert better.p_value == pytest.approx(1 / 10_000)
    assert 0.04 < better.interval.low < better.difference < better.interval.high < 0.06
    alike = compare_paired(base, base, rng)
    assert (alike.difference, alike.p_value) == (0.0, 1.0)
    noise = compare_paired(base + 0.02 * np.resize([1.0, -1.0], 200), base, rng)
    assert noise.p_value > 0.5


def test_what_does_not_fit_is_refused(rng: np.random.Generator) -> None:
    for values in (np.array([0.5]), np.array([0.5, np.nan]), np.zeros((2, 2))):
        with pytest.raises(ValueError, match="at least two finite values"):
            bootstrap_interval(values, rng)
    with pytest.raises(ValueError, match="the same images"):
        compare_paired(np.zeros(3), np.zeros(2), rng)
