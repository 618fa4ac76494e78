"""Prior loss: hand-computed, and only where the region is known."""

from __future__ import annotations

import math

import pytest
import torch

from sigmask.losses.prior_loss import absence_loss, pointing_loss, presence_loss, prior_loss


def test_both_sides_weigh_the_same() -> None:
    logits = torch.zeros(1, 1, 4)
    target = torch.tensor([[[1.0, 0.0, 0.0, 0.0]]])
    # balanced entropy: each side weighs ½ in sum over 4 tokens, so log 2; Dice: 1 − (2·½ + 1) / (2 + 1 + 1)
    loss = prior_loss(logits, torch.tensor([[True]]), target, torch.tensor([[True]]))
    assert loss.item() == pytest.approx(math.log(2) + 0.5, rel=1e-5)


def test_unknown_concepts_and_wrong_instructions_do_not_count() -> None:
    logits = torch.zeros(2, 2, 4)
    logits[0, 1] = 50.0  # not known
    logits[1] = -50.0  # another pair's instruction
    target = torch.zeros(2, 2, 4)
    target[0, 0, 0] = 1
    known = torch.tensor([[True, False], [True, True]])
    loss = prior_loss(logits, known, target, torch.tensor([[True, True], [False, False]]))
    assert loss.item() == pytest.approx(math.log(2) + 0.5, rel=1e-5)


def test_each_concept_has_a_region_of_its_own() -> None:
    logits = torch.tensor([[[9.0, -9.0], [-9.0, 9.0]]])  # the dog on the left, its hat on the right
    both = torch.ones(1, 2, dtype=torch.bool)
    apart = prior_loss(logits, both, torch.eye(2)[None], both)
    mixed = prior_loss(logits, both, torch.eye(2).flip(0)[None], both)
    assert apart.item() < 0.01
    assert mixed.item() > 9


def test_with_nothing_to_learn_the_loss_and_its_gradient_are_zero() -> None:
    logits = torch.randn(2, 2, 4, requires_grad=True)
    loss = prior_loss(
        logits, torch.zeros(2, 2, dtype=torch.bool), torch.zeros(2, 2, 4), torch.ones(2, 2, dtype=torch.bool)
    )
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_gradients_are_finite_for_empty_and_full_regions(level: float) -> None:
    logits = torch.tensor([[[-50.0, 0.0, 50.0]]], requires_grad=True)
    prior_loss(logits, torch.tensor([[True]]), torch.full((1, 1, 3), level), torch.tensor([[True]])).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_pointing_is_the_share_of_brightness_on_the_region() -> None:
    logits = torch.log(torch.tensor([[[1.0, 2.0, 5.0], [3.0, 3.0, 3.0], [1.0, 1.0, 1.0]]])) + 7  # an offset is no point
    target = torch.tensor([[[1.0, 0.5, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]])  # the second region is not to be seen
    known, supervised = torch.tensor([[True, True, True]]), torch.tensor([[True, True, False]])
    loss = pointing_loss(logits, known, target, supervised)  # an eighth, and half of a quarter
    assert loss.item() == pytest.approx(-math.log(1 / 8 + 1 / 8), rel=1e-5)
    assert pointing_loss(logits, known, target, torch.zeros_like(known)).item() == 0


def test_a_thing_that_is_somewhere_lights_up_a_tenth() -> None:
    logits = torch.full((1, 20), -9.0)
    logits[0, 3], logits[0, 17] = 1.0, 3.0
    # the two brightest of 20, mean 2: −log σ(2)
    assert presence_loss(logits).item() == pytest.approx(math.log1p(math.exp(-2)), rel=1e-5)
    assert presence_loss(torch.zeros(0, 20)).item() == 0


def test_a_thing_that_is_not_there_lights_up_nothing() -> None:
    logits = torch.zeros(1, 4)
    logits[0, 2] = 2.0
    brightest = math.log1p(math.exp(2))
    everywhere = (3 * math.log(2) + brightest) / 4
    assert absence_loss(logits).item() == pytest.approx((everywhere + brightest) / 2, rel=1e-5)
    assert absence_loss(torch.zeros(0, 4)).item() == 0
