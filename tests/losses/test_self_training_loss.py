"""Self-training: hand-computed, the surest pixels of each class, each class on its own, weighted pairs."""

from __future__ import annotations

import math

import pytest
import torch

from sigmask.losses.self_training_loss import Confidence, moved_along, pair_weight, self_training_loss

SURE = Confidence(1.0, changed=0.9, unchanged=0.1)


def test_only_sure_pixels_count_and_each_class_by_itself() -> None:
    teacher = torch.tensor([[[0.95, 0.6, 0.05, 0.02]]])
    logits = torch.tensor([[[2.0, -50.0, 0.0, 1.0]]])  # the second would cost 50 if it counted
    changed = math.log1p(math.exp(-2))
    unchanged = (math.log(2) + math.log1p(math.exp(1))) / 2
    loss = self_training_loss(logits, teacher, torch.ones(1), SURE)
    assert loss.item() == pytest.approx((changed + unchanged) / 2, rel=1e-5)


def test_a_pair_without_weight_or_without_sure_pixels_costs_nothing() -> None:
    teacher = torch.tensor([[[0.95, 0.05]], [[0.5, 0.6]]])
    logits = torch.zeros(2, 1, 2, requires_grad=True)
    loss = self_training_loss(logits, teacher, torch.tensor([0.0, 1.0]), SURE)
    assert loss.item() == 0
    loss.backward()
    assert logits.grad is not None and not logits.grad.any()


def test_the_same_share_of_each_class_is_believed_and_the_surest_first() -> None:
    teacher = torch.tensor([[[0.99, 0.95, 0.9, 0.8, 0.02, 0.01, 0.2, 0.1]], [[0.0, 0.1, 0.2, 0.3, 0.6, 0.6, 0.6, 0.6]]])
    half = Confidence(0.5).pixels(teacher)
    assert half[0, 0].tolist() == [True, True, False, False, True, True, False, False]
    assert half[1, 0].tolist() == [True, True, False, False, False, False, False, False]  # no 0.6 is sure enough
    assert not Confidence(0.0).pixels(teacher).any()
    assert Confidence(1.0).pixels(teacher)[0].all()


def test_a_view_of_one_class_alone_costs_nothing() -> None:
    teacher = torch.tensor([[[0.01, 0.02]], [[0.99, 0.98]], [[0.99, 0.01]]])
    of_each = [
        self_training_loss(torch.ones(1, 1, 2), view[None], torch.ones(1), Confidence(1.0)).item() for view in teacher
    ]
    assert of_each[:2] == [0, 0] and of_each[2] > 0


def test_the_weight_grows_with_the_expected_iou() -> None:
    assert pair_weight(torch.tensor([0.3, 0.5, 0.7, 0.9, 1.0])).tolist() == pytest.approx([0, 0, 0.5, 1, 1])


def test_values_move_with_the_picture_and_go_on_beyond_its_border() -> None:
    values = torch.tensor([[[0.0, 0.1, 0.4, 1.0], [0.5, 0.6, 0.7, 0.8]]])

    def moved(right: float, down: float) -> list[list[float]]:
        shift = torch.tensor([right, down])[None, :, None, None].expand(1, 2, 2, 4)
        return [[round(value, 4) for value in row] for row in moved_along(values, shift)[0].tolist()]

    assert moved(0, 0) == [[0.0, 0.1, 0.4, 1.0], [0.5, 0.6, 0.7, 0.8]]
    assert moved(1, 0) == [[0.1, 0.4, 1.0, 1.0], [0.6, 0.7, 0.8, 0.8]]
    assert moved(-0.5, 0) == [[0.0, 0.05, 0.25, 0.7], [0.5, 0.55, 0.65, 0.75]]
    assert moved(0, 1) == [[0.5, 0.6, 0.7, 0.8]] * 2


def test_every_pixel_has_a_displacement_of_its_own() -> None:
    displacement = torch.tensor([[[[1.0, 0.0, -2.0]], [[0.0, 0.0, 0.0]]]])
    assert moved_along(torch.tensor([[[0.1, 0.2, 0.3]]]), displacement)[0, 0].tolist() == pytest.approx([0.2, 0.2, 0.1])
