"""Mask loss: hand-computed cross-entropy and Dice, and finite gradients at the extremes."""

from __future__ import annotations

import math

import pytest
import torch

from sigmask.losses.mask_loss import dice_loss, mask_loss


def test_dice_is_one_less_twice_the_overlap_over_the_sums() -> None:
    logits = torch.zeros(1, 2, 2)  # probability ½ everywhere
    mask = torch.tensor([[[1.0, 1.0], [1.0, 0.0]]])
    # overlap 1.5, sums 2 and 3, smooth 1: 1 − (3 + 1) / (5 + 1)
    loss = dice_loss(logits, mask, torch.ones_like(mask), smooth=1.0)
    assert loss.tolist() == pytest.approx([1 / 3])


def test_a_loss_without_boundary_is_cross_entropy_plus_dice() -> None:
    logits, mask = torch.zeros(1, 12, 12), torch.ones(1, 12, 12)
    dice = 1 - (2 * 72 + 20) / (72 + 144 + 20)
    assert mask_loss(logits, mask).item() == pytest.approx(math.log(2) + dice, rel=1e-5)


def test_the_boundary_counts_a_quarter_more() -> None:
    mask = torch.zeros(1, 4, 40)
    mask[..., :20] = 1
    logits = torch.where(mask > 0, 20.0, -20.0)
    logits[..., 38] = 0.0  # wrong by log 2, 18 px from the boundary
    far = mask_loss(logits, mask)
    logits[..., 38], logits[..., 21] = -20.0, 0.0  # the same mistake, 2 px from it
    near = mask_loss(logits, mask)
    # the band is 4 px on either side: 4 of its 8 × 4 pixels are wrong
    assert (near - far).item() == pytest.approx(0.25 * math.log(2) * 4 / 32, rel=1e-4)


def test_pixels_without_truth_do_not_count() -> None:
    mask = torch.zeros(1, 8, 8)
    logits = torch.full((1, 8, 8), -3.0)
    valid = torch.ones(1, 8, 8)
    valid[:, :, 4:] = 0
    wrong = logits.clone()
    wrong[:, :, 4:] = 9.0
    assert mask_loss(wrong, mask, valid).item() == pytest.approx(mask_loss(logits, mask, valid).item(), rel=1e-6)
    assert mask_loss(wrong, mask).item() > mask_loss(logits, mask).item() + 1


@pytest.mark.parametrize("level", [0.0, 1.0])
@pytest.mark.parametrize("logit", [-60.0, 0.0, 60.0])
def test_gradients_are_finite_for_empty_and_full_masks(level: float, logit: float) -> None:
    logits = torch.full((2, 16, 16), logit, requires_grad=True)
    loss = mask_loss(logits, torch.full((2, 16, 16), level))
    loss.backward()
    assert loss.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert (loss.item() < 1e-6) == ((logit > 0) == (level > 0) and logit != 0)


def test_a_gradient_of_nothing_valid_is_zero() -> None:
    logits = torch.zeros(1, 8, 8, requires_grad=True)
    mask_loss(logits, torch.ones(1, 8, 8), torch.zeros(1, 8, 8)).backward()
    assert logits.grad is not None
    assert not logits.grad.any()
