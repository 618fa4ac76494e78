"""Divides pairs into training and validation so that no original is on both sides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sigmask.export.near_hashes import Indices


def validation_rows(groups: Indices, share: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """(N,) bool, True for validation: whole groups in random order, each taken if it still fits in the share.

    So validation never has more than `round(share * N)` pairs, and fewer only where no whole group fits.

    Args:
        groups: (N,) group numbers 0, 1, …; pairs of one group are never separated.
        share: of the pairs, in [0, 1].
        rng: decides which groups.
    """
    wanted = round(share * len(groups))
    sizes = np.bincount(groups) if len(groups) else np.zeros(0, np.int64)
    chosen = np.zeros(len(sizes), np.bool_)
    taken = 0
    for group in rng.permutation(len(sizes)).tolist():
        if taken == wanted:
            break
        if taken + sizes[group] <= wanted:
            chosen[group] = True
            taken += int(sizes[group])
    return chosen[groups] if len(groups) else np.zeros(0, np.bool_)
