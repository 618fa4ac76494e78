"""The learning rate over a run, and which parameters have which."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn


def learning_rate_factor(step: int, *, steps: int, warmup: int) -> float:
    """What the peak is multiplied with at `step`, from 0: linear warm-up, then half a cosine down to a hundredth."""
    rise = min(1.0, (step + 1) / max(1, warmup))
    fall = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps))
    return rise * fall


def set_learning_rates(optimiser: torch.optim.Optimizer, peaks: Sequence[float], factor: float) -> None:
    """Each group of `parameter_groups` gets its peak times `factor`."""
    for group, peak in zip(optimiser.param_groups, peaks, strict=False):
        group["lr"] = peak * factor


def parameter_groups(module: nn.Module, backbone: nn.Module) -> list[dict[str, Any]]:
    """What is trained of `module` beside its backbone, and then, if any is, what is trained of the backbone."""
    adapted = [parameter for parameter in backbone.parameters() if parameter.requires_grad]
    theirs = {id(parameter) for parameter in adapted}
    own = [each for each in module.parameters() if each.requires_grad and id(each) not in theirs]
    groups: list[dict[str, Any]] = [{"params": own}]
    return [*groups, {"params": adapted}] if adapted else groups
