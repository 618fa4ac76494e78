"""Scope loss: which mask counts as none, local and global."""

from __future__ import annotations

import math

import pytest
import torch

from sigmask.losses.scope_loss import scope_loss, scope_of_mask
from sigmask.models.heads import SCOPES
from sigmask.types import Scope


def _masks() -> torch.Tensor:
    """Of 100 pixels, marked: none, one, 94, 95, all."""
    marked = [0, 1, 94, 95, 100]
    return torch.stack([(torch.arange(100) < count).float().view(10, 10) for count in marked])


def test_scope_follows_the_area() -> None:
    assert [SCOPES[index] for index in scope_of_mask(_masks())] == [
        Scope.NONE,
        Scope.LOCAL,
        Scope.LOCAL,
        Scope.GLOBAL,
        Scope.GLOBAL,
    ]


def test_loss_is_the_cross_entropy() -> None:
    assert scope_loss(torch.zeros(5, 3), _masks()).item() == pytest.approx(math.log(3))
    sure = torch.nn.functional.one_hot(torch.tensor([0, 1, 1, 2, 2]), 3).float() * 40
    assert scope_loss(sure, _masks()).item() == pytest.approx(0, abs=1e-6)
