"""How sure a mean over images is, and whether two methods differ on the same images.

Intervals are bias-corrected and accelerated bootstrap intervals (BCa; Efron, "Better bootstrap confidence intervals",
1987): per-image F1 piles up near 1 and trails off to 0, and plain percentiles of such a skewed sample sit too high.
The test is a sign-flip permutation test of the mean difference (Fisher, "The design of experiments", 1935): if the two
methods were alike, each image's difference could as well have had the other sign.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

RESAMPLES = 9_999
"""Our choice. With the observed sample itself it makes 10,000, so the smallest p-value is 0.0001."""

ValueArray = npt.NDArray[np.float64]

_MAX_DRAWN = 4_000_000  # numbers held at once: 32 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, at a level such as 0.95."""

    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Two methods on the same images: the mean of first - second, its interval, and the two-sided p-value."""

    images: int
    difference: float
    interval: Interval
    p_value: float


def bootstrap_interval(
    values: ValueArray, rng: np.random.Generator, *, resamples: int = RESAMPLES, level: float = 0.95
) -> Interval:
    """The BCa bootstrap interval of the mean of (N,) per-image values; of equal values, the value itself.

    Raises:
        ValueError: if there are fewer than two values, or one of them is not finite: leave images out for which a
            metric is undefined.
    """
    sample = _finite(values)
    mean = sample.mean()
    if np.ptp(sample) == 0:
        return Interval(float(sample[0]), float(sample[0]), level)
    means = _resampled_means(sample, rng, resamples)
    normal = NormalDist()
    # The share of resamples below the mean, ties counted half; kept off 0 and 1, where the normal quantile is infinite.
    below = (np.count_nonzero(means < mean) + 0.5 * np.count_nonzero(means == mean)) / resamples
    bias = normal.inv_cdf(min(max(below, 0.5 / resamples), 1 - 0.5 / resamples))
    centred = sample - mean
    # Jackknife: leaving value i out moves the mean by -(xᵢ - mean)/(N-1), so the skew is that of the values.
    acceleration = float((centred**3).sum() / (6 * (centred**2).sum() ** 1.5))
    tails = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        shifted = bias + normal.inv_cdf(tail)
        tails.append(normal.cdf(bias + shifted / (1 - acceleration * shifted)))
    low, high = np.quantile(means, tails)
    return Interval(float(low), float(high), level)


def compare_paired(
    first: ValueArray,
    second: ValueArray,
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
) -> PairedComparison:
    """Compare two methods by their (N,) per-image values on the same images in the same order.

    The p-value is exact up to 13 images, where all 2^N signs are tried; beyond, `resamples` of them are drawn.

    Raises:
        ValueError: if the two do not have one shape, or as `bootstrap_interval`.
    """
    if first.shape != second.shape:
        raise ValueError(f"expected values of the same images, got {first.shape} and {second.shape}")
    differences = _finite(np.asarray(first, np.float64) - np.asarray(second, np.float64))
    interval = bootstrap_interval(differences, rng, resamples=resamples, level=level)
    return PairedComparison(
        images=differences.size,
        difference=float(differences.mean()),
        interval=interval,
        p_value=_sign_flip_p_value(differences, rng, resamples),
    )


def _finite(values: ValueArray) -> ValueArray:
    sample = np.asarray(values, np.float64)
    if sample.ndim != 1 or sample.size < 2 or not np.isfinite(sample).all():
        raise ValueError(
            f"expected at least two finite values in one dimension, got {np.isfinite(sample).sum()} finite "
            f"in shape {sample.shape}"
        )
    return sample


def _resampled_means(sample: ValueArray, rng: np.random.Generator, resamples: int) -> ValueArray:
    rows = max(1, _MAX_DRAWN // sample.size)
    chunks = []
    for start in range(0, resamples, rows):
        drawn = rng.integers(sample.size, size=(min(rows, resamples - start), sample.size))
        chunks.append(sample[drawn].mean(axis=1))
    return np.concatenate(chunks)


def _sign_flip_p_value(differences: ValueArray, rng: np.random.Generator, resamples: int) -> float:
    observed = abs(differences.sum())
    # Sums of the same numbers in another order differ by rounding; such a one is as extreme as the observed.
    limit = observed - 1e-12 * max(np.abs(differences).sum(), 1e-300)
    if 2**differences.size <= resamples:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=differences.size)))
        return float((np.abs(signs @ differences) >= limit).mean())
    extreme, rows = 0, max(1, _MAX_DRAWN // differences.size)
    for start in range(0, resamples, rows):
        signs = rng.choice(np.array([-1.0, 1.0]), size=(min(rows, resamples - start), differences.size))
        extreme += int((np.abs(signs @ differences) >= limit).sum())
    return (1 + extreme) / (1 + resamples)
