"""Standardising: by hand, and a column that says nothing stays finite."""

from __future__ import annotations

import pytest
import torch

from sigmask.losses.standardised_columns import standardise


def test_mean_and_spread_by_hand() -> None:
    # the mean is 2 and the spread 1; under the weights the mean is 1.5 and the spread √0.75
    values = torch.tensor([[1.0], [3.0]])
    assert standardise(values).flatten().tolist() == pytest.approx([-1, 1], abs=1e-5)
    weighted = standardise(values, torch.tensor([0.75, 0.25]))
    assert weighted.flatten().tolist() == pytest.approx([-0.5 / 0.75**0.5, 1.5 / 0.75**0.5], abs=1e-5)


def test_equal_weights_are_none() -> None:
    values = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(standardise(values), standardise(values, torch.full((8,), 1 / 8)), atol=1e-5)


def test_a_column_that_is_the_same_everywhere_is_zero() -> None:
    assert standardise(torch.full((4, 1), 5.0)).abs().max().item() == 0
