"""Moving average: its arithmetic by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sigmask.training.ema import MovingAverage


def _model(value: float) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    with torch.no_grad():
        model[0].weight.fill_(value)
    return model


def test_the_average_follows_with_a_decay_that_grows() -> None:
    model = _model(0.0)
    average = MovingAverage(model, decay=0.15)
    with torch.no_grad():
        model[0].weight.fill_(1.0)
    followed = []
    for _ in range(3):
        average.update(model)
        followed.append(average.average[0].weight.item())
    # decays 1/10, then min(0.15, 2/11) and min(0.15, 3/12), both 0.15
    assert followed == pytest.approx([0.9, 1 - 0.1 * 0.15, 1 - 0.1 * 0.15**2])
    assert average.steps == 3


def test_running_statistics_follow_and_counters_are_copied() -> None:
    model = _model(0.0)
    average = MovingAverage(model, decay=0.9)
    model[1].running_mean.fill_(2.0)
    model[1].num_batches_tracked.fill_(7)
    average.update(model)
    assert average.average[1].running_mean.item() == pytest.approx(1.8)
    assert average.average[1].num_batches_tracked.item() == 7


def test_the_average_is_frozen_and_leaves_the_model_alone() -> None:
    model = _model(1.0).train()
    average = MovingAverage(model, decay=0.9)
    assert not average.average.training
    assert not any(parameter.requires_grad for parameter in average.average.parameters())
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    average.average[0].weight.fill_(5.0)
    assert model[0].weight.item() == 1.0
