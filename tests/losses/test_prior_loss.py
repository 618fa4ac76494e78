"""Prior loss: hand-computed, and only where the region is known."""

from __future__ import annotations

import math

import pytest
import torch

from sigmask.losses.prior_loss import prior_loss


def test_both_sides_weigh_the_same() -> None:
    logits = torch.zeros(1, 1, 4)
    target = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    # balanced entropy: each side weighs ½ in sum over 4 tokens, so log 2; Dice: 1 − (2·½ + 1) / (2 + 1 + 1)
    loss = prior_loss(logits, torch.tensor([[True]]), target, torch.tensor([True]))
    assert loss.item() == pytest.approx(math.log(2) + 0.5, rel=1e-5)


def test_unknown_concepts_and_wrong_instructions_do_not_count() -> None:
    logits = torch.zeros(2, 2, 4)
    logits[0, 1] = 50.0  # not known
    logits[1] = -50.0  # another pair's instruction
    target = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]])
    known = torch.tensor([[True, False], [True, True]])
    loss = prior_loss(logits, known, target, torch.tensor([True, False]))
    assert loss.item() == pytest.approx(math.log(2) + 0.5, rel=1e-5)


def test_with_nothing_to_learn_the_loss_and_its_gradient_are_zero() -> None:
    logits = torch.randn(2, 2, 4, requires_grad=True)
    loss = prior_loss(logits, torch.zeros(2, 2, dtype=torch.bool), torch.zeros(2, 4), torch.tensor([True, True]))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_gradients_are_finite_for_empty_and_full_regions(level: float) -> None:
    logits = torch.tensor([[[-50.0, 0.0, 50.0]]], requires_grad=True)
    prior_loss(logits, torch.tensor([[True]]), torch.full((1, 3), level), torch.tensor([True])).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
