"""Learning rates over a run, and which parameters have which."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sigmask.training.schedule import learning_rate_factor, parameter_groups, set_learning_rates


def test_learning_rates_rise_and_fall() -> None:
    factors = [learning_rate_factor(step, steps=100, warmup=10) for step in (0, 9, 50, 100)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[1] == pytest.approx(1.0, rel=0.025)
    assert factors[2:] == pytest.approx([0.01 + 0.99 * 0.5, 0.01])


def test_the_backbone_has_a_rate_of_its_own() -> None:
    model = nn.ModuleDict({"backbone": nn.Linear(2, 2), "head": nn.Linear(2, 2)})
    groups = parameter_groups(model, model["backbone"])
    assert [len(group["params"]) for group in groups] == [2, 2]
    optimiser = torch.optim.SGD(groups, lr=1.0)
    set_learning_rates(optimiser, (2.0, 0.4), 0.5)
    assert [group["lr"] for group in optimiser.param_groups] == [1.0, 0.2]
    model["backbone"].requires_grad_(False)
    assert len(parameter_groups(model, model["backbone"])) == 1
