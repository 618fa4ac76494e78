"""A guard against the collapse of self-training: masks that swell over everything, or vanish."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AreaGuard(nn.Module):
    """Watches the mean area that is marked on the pairs that teach; a module, so that checkpoints hold it.

    The first `window` areas say what is normal. While the mean of the last `window` is under normal / factor, or over
    normal · factor, or leaves less than (1 − normal) / factor unmarked, self-training is switched off: the supervised
    losses then pull the model back (our choice).
    """

    areas: Tensor
    count: Tensor
    normal: Tensor

    def __init__(self, window: int = 64, factor: float = 1.6) -> None:
        super().__init__()
        if window < 1 or factor <= 1:
            raise ValueError(f"expected a window of 1 or more and a factor above 1, got {window} and {factor}")
        self.window, self.factor = window, factor
        self.register_buffer("areas", torch.zeros(window))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.register_buffer("normal", torch.zeros(()))

    @torch.no_grad()
    def add(self, area: float) -> None:
        """Note the share of one pair that is marked."""
        self.areas[int(self.count) % self.window] = area
        self.count += 1
        if int(self.count) == self.window:
            self.normal.copy_(self.areas.mean())

    @property
    def mean(self) -> float:
        """Of the last areas; 0 before the first."""
        return float(self.areas.sum()) / max(1, min(int(self.count), self.window))

    @property
    def open(self) -> bool:
        """Whether self-training may go on."""
        if int(self.count) < self.window:
            return True
        normal = float(self.normal)
        most = min(normal * self.factor, 1 - (1 - normal) / self.factor)
        return normal / self.factor <= self.mean <= most
