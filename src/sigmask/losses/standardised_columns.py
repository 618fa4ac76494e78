"""Columns with mean 0 and spread 1, so that a loss does not depend on how large the values are."""

from __future__ import annotations

import torch
from torch import Tensor

_TINY = 1e-6  # of a column that is the same everywhere the spread is 0


def standardise(values: Tensor, weight: Tensor | None = None) -> Tensor:
    """Each column of (T, C) with mean 0 and spread 1, under the weights (T,) in sum 1 if they are given."""
    centred = values - (values.mean(0) if weight is None else weight @ values)
    variance = centred.square().mean(0) if weight is None else weight @ centred.square()
    return centred * torch.rsqrt(variance + _TINY)
