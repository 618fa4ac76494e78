"""Area under the ROC curve and average precision of one map, exact: every distinct probability is a threshold.

Ties are handled as scikit-learn does: pixels of one probability are marked together, so the order in which they are
stored is of no consequence. Both metrics follow from `RankedCounts`, and those from one sort of the map.

Conventions: AUC is NaN where nothing or everything is true (one of its two classes is empty), average precision where
nothing is true. Where everything is true, average precision is 1, as in scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sigmask.evaluation.counts import CountArray, float_probability
from sigmask.types import MaskArray


@dataclass(frozen=True, slots=True)
class RankedCounts:
    """Marked pixels at each distinct probability, from the highest to the lowest.

    Attributes:
        values: (K,) float, the distinct probabilities, falling.
        tp: (K,) int64, changed pixels whose probability is at least that value; the last is all of them.
        fp: (K,) int64, unchanged pixels likewise.
    """

    values: npt.NDArray[np.float64]
    tp: CountArray
    fp: CountArray

    @property
    def positives(self) -> int:
        """The number of changed pixels."""
        return int(self.tp[-1]) if self.tp.size else 0

    @property
    def negatives(self) -> int:
        """The number of unchanged pixels."""
        return int(self.fp[-1]) if self.fp.size else 0


def rank_map(probability: npt.NDArray[Any], mask: MaskArray) -> RankedCounts:
    """Rank the pixels of a map, or the scores of N images, of any one shape.

    Args:
        probability: float32 or float64 in [0, 1], ranked as it is; anything else is made float32 first.
        mask: bool of the same shape, what is true.

    Raises:
        ValueError: if shapes or types do not fit, or a probability is NaN or outside [0, 1].
    """
    if mask.dtype != np.bool_ or mask.shape != probability.shape:
        raise ValueError(
            f"the true mask must be bool of the prediction's shape {probability.shape}, "
            f"got {mask.dtype} of {mask.shape}"
        )
    values = float_probability(probability).ravel()
    # The bits of floats in [0, 1] order as the floats do (once -0 is +0) and leave the two highest free. So the label
    # rides along as the lowest bit, and one sort of plain integers, several times as fast as an argsort, does it all.
    word: np.dtype[Any] = np.dtype(np.uint32 if values.dtype == np.float32 else np.uint64)
    one = word.type(1)
    keys = ((values + values.dtype.type(0)).view(word) << one) | mask.ravel().astype(word)
    keys.sort()
    keys = keys[::-1]
    bits = keys >> one
    last_of_ties = np.flatnonzero(np.append(bits[1:] != bits[:-1], np.ones(min(bits.size, 1), bool)))
    tp = np.cumsum(keys & one, dtype=np.int64)[last_of_ties]
    fp = last_of_ties.astype(np.int64) + 1 - tp
    return RankedCounts(bits[last_of_ties].view(values.dtype).astype(np.float64), tp, fp)


def auc(ranked: RankedCounts) -> float:
    """The share of (changed, unchanged) pairs of pixels in which the changed one ranks higher; a tie is one half.

    In [0, 1]; NaN where there is no such pair. Twice the numerator is counted in integers, so the quotient is the only
    rounding (below 3 · 10^9 pixels, where int64 would overflow).
    """
    positives, negatives = ranked.positives, ranked.negatives
    if positives == 0 or negatives == 0:
        return float("nan")
    tp_before = np.concatenate([np.zeros(1, np.int64), ranked.tp[:-1]])
    fp_here = np.diff(ranked.fp, prepend=0)
    twice_won = int((fp_here * (ranked.tp + tp_before)).sum())
    return twice_won / (2 * positives * negatives)


def average_precision(ranked: RankedCounts) -> float:
    """Σ (Rₖ - Rₖ₋₁) · Pₖ over the distinct thresholds, without interpolation: scikit-learn's definition.

    In [0, 1]; NaN where nothing is true.
    """
    positives = ranked.positives
    if positives == 0:
        return float("nan")
    tp_here = np.diff(ranked.tp, prepend=0)
    return float((tp_here * (ranked.tp / (ranked.tp + ranked.fp))).sum() / positives)
