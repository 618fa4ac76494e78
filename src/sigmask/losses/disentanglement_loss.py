"""Edit–noise disentanglement: one code knows of the edit, the other of the round trip's noise, neither of both.

SIGMA trains with such a loss in Stage II; its form here is our choice:

    E(e, n) = ‖A e‖² + ‖B n‖²                     energies add, as those of independent causes do

with edit code e and noise code n of a token and E its cosine distance at each depth. E(e, n) must equal what is seen;
outside the mask B n alone must; the edit code of a clean edit with the noise code of a null pair must give what is seen
where both happened (swap test); the codes must not be correlated; ‖A e‖² must vanish where nothing was edited.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sigmask.losses.standardised_columns import standardise

_TINY = 1e-6  # a root has no gradient at zero
_PARTS = 4  # directions whose squares add up to the energy of one depth


def cross_covariance(edit_code: Tensor, noise_code: Tensor) -> Tensor:
    """Scalar: mean square of the cross-correlation between the two codes over all tokens, in [0, 1].

    Args:
        edit_code, noise_code: (B, N, C).
    """
    edit, noise = (standardise(code.flatten(0, 1).float()) for code in (edit_code, noise_code))
    return (edit.T @ noise / len(edit)).square().mean()


def vanishing_edit(energy: Tensor, unedited: Tensor) -> Tensor:
    """Scalar: mean root of the energy (B, N, L) that the edit code explains, over tokens where `unedited` (B, N) is 1.

    Of the energy and not of the code, which could shrink while A grows.
    """
    weight = unedited[..., None].float()
    root = (energy.float() + _TINY).sqrt() - _TINY**0.5
    mean: Tensor = (root * weight).sum() / (weight.sum() * energy.shape[-1]).clamp_min(1)
    return mean


class CodeEnergy(nn.Module):
    """Codes (B, N, C) → the energy that they explain at each of `depths`, (B, N, depths) ≥ 0; 0 for a zero code."""

    def __init__(self, code_width: int, depths: int) -> None:
        super().__init__()
        self.of_edit = nn.Linear(code_width, depths * _PARTS, bias=False)
        self.of_noise = nn.Linear(code_width, depths * _PARTS, bias=False)

    def edit(self, code: Tensor) -> Tensor:
        """What the edit code explains."""
        return _energy(self.of_edit(code))

    def noise(self, code: Tensor) -> Tensor:
        """What the noise code explains."""
        return _energy(self.of_noise(code))

    def forward(self, edit_code: Tensor, noise_code: Tensor) -> Tensor:
        return self.edit(edit_code) + self.noise(noise_code)


def difference_energy(distances: Sequence[Tensor], grid: tuple[int, int]) -> Tensor:
    """(B, N, L): the cosine distances (B, 1, h, w) of L depths, averaged onto the tokens' `grid`."""
    pooled = [F.adaptive_avg_pool2d(distance.float(), grid).flatten(1) for distance in distances]
    return torch.stack(pooled, -1)


def energy_distance(predicted: Tensor, seen: Tensor, weight: Tensor | None = None) -> Tensor:
    """Scalar: mean absolute difference of the square roots, over tokens by their `weight` (B, N).

    Roots, since a few tokens with a large distance would count for all others.
    """
    error = ((predicted.float() + _TINY).sqrt() - (seen.float() + _TINY).sqrt()).abs().mean(-1)
    if weight is None:
        return error.mean()
    return (error * weight).sum() / weight.sum().clamp_min(1)


def _energy(projected: Tensor) -> Tensor:
    return torch.unflatten(projected.float(), -1, (-1, _PARTS)).square().sum(-1)
