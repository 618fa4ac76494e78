"""Exponential moving average of a model's weights: what is shipped, and Stage II's teacher."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)


class MovingAverage(Generic[Model]):
    """Keeps `average`, a frozen copy of `model` whose weights follow it slowly.

    With `warmup` the decay grows with the steps from 0.1 up to `decay`, as min(decay, (1 + t) / (10 + t)), so that a
    random start is forgotten soon; a trained one should not be.
    """

    def __init__(self, model: Model, decay: float, *, warmup: bool = True) -> None:
        self.decay, self.warmup = decay, warmup
        self.steps = 0
        self.average: Model = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: Model) -> None:
        """Move every floating tensor of the average towards `model`'s; copy the rest."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps)) if self.warmup else self.decay
        self.steps += 1
        current = model.state_dict()
        for name, value in self.average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(current[name], 1 - decay)
            else:
                value.copy_(current[name])
