"""Scope loss: which mask counts as none, local and global."""

from __future__ import annotations

import math

import pytest
import torch

from sigmask.losses.scope_loss import UNKNOWN_SCOPE, scope_loss, scope_of_crop, scope_of_mask
from sigmask.types import SCOPES, Scope


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
    assert scope_loss(torch.zeros(5, 3), scope_of_mask(_masks())).item() == pytest.approx(math.log(3))
    sure = torch.nn.functional.one_hot(torch.tensor([0, 1, 1, 2, 2]), 3).float() * 40
    assert scope_loss(sure, scope_of_mask(_masks())).item() == pytest.approx(0, abs=1e-6)


def test_a_crop_that_shows_less_than_the_picture_has_no_scope() -> None:
    none, some, all_of_it = (torch.full((1, 2, 2), value) for value in (0.0, 0.25, 1.0))
    crops = torch.cat([none, none, some, some, all_of_it, all_of_it])
    whole = torch.tensor([0.3, 0.98, 0.3, 0.98, 0.3, 0.98])
    unknown = UNKNOWN_SCOPE
    assert scope_of_crop(crops, whole).tolist() == [0, 0, 1, unknown, unknown, 2]
    logits = torch.zeros(6, 3)
    logits[3:5] = torch.tensor([90.0, -90.0, 0.0])
    assert scope_loss(logits, scope_of_crop(crops, whole)).item() == pytest.approx(math.log(3))
    assert scope_loss(logits, torch.full((6,), unknown)).item() == 0
