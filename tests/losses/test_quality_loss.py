"""Quality loss: the true IoU by hand, and a minimum where the head says it."""

from __future__ import annotations

import math

import pytest
import torch

from sigmask.losses.quality_loss import quality_loss, true_iou


def _masks() -> tuple[torch.Tensor, torch.Tensor]:
    """Marked two of four, true two of four, one in common: IoU ⅓. Then both empty, then one side empty."""
    logits = torch.tensor([[[3.0, 3.0], [-3.0, -3.0]], [[-3.0] * 2] * 2, [[-3.0] * 2] * 2])
    truth = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0] * 2] * 2, [[0.0, 1.0], [0.0, 0.0]]])
    return logits, truth


def test_true_iou() -> None:
    assert true_iou(*_masks()).tolist() == pytest.approx([1 / 3, 1.0, 0.0])


def test_pixels_that_are_not_valid_do_not_count() -> None:
    logits, truth = _masks()
    valid = torch.ones_like(truth)
    valid[0, 0, 1] = 0  # was marked and untrue: one in common, two in the union now
    valid[2, 0, 1] = 0  # was all there is: both empty now
    assert true_iou(logits, truth, valid).tolist() == pytest.approx([1 / 2, 1.0, 1.0])


def test_the_loss_is_the_cross_entropy_with_the_true_iou() -> None:
    logits, truth = _masks()
    loss = quality_loss(torch.zeros(1), logits[:1], truth[:1])
    assert loss.item() == pytest.approx(math.log(2))
    right = math.log((1 / 3) / (2 / 3))
    losses = {shift: quality_loss(torch.tensor([right + shift]), logits[:1], truth[:1]).item() for shift in (-1, 0, 1)}
    assert min(losses, key=losses.__getitem__) == 0


def test_no_gradient_reaches_the_mask() -> None:
    logits, truth = _masks()
    logits.requires_grad_(True)
    quality = torch.zeros(3, requires_grad=True)
    quality_loss(quality, logits, truth).backward()
    assert logits.grad is None
    assert quality.grad is not None
    # derivative of the mean: (½ − IoU) / 3
    assert quality.grad.tolist() == pytest.approx([(0.5 - 1 / 3) / 3, -0.5 / 3, 0.5 / 3])
