"""Edit–noise disentanglement: one code knows of the edit, the other of the round trip's noise, neither of both.

SIGMA trains with such a loss in Stage II; its form here is our choice: a cross-covariance penalty between the codes,
and an edit code that vanishes where nothing was edited.
"""

from __future__ import annotations

from torch import Tensor


def cross_covariance(edit_code: Tensor, noise_code: Tensor) -> Tensor:
    """Scalar: mean square of the cross-correlation between the two codes over all tokens, in [0, 1].

    Args:
        edit_code, noise_code: (B, N, C).
    """
    edit, noise = (_standardise(code.flatten(0, 1).float()) for code in (edit_code, noise_code))
    return (edit.T @ noise / len(edit)).square().mean()


def vanishing_edit(edit_code: Tensor, unedited: Tensor) -> Tensor:
    """Scalar: mean square of the edit code (B, N, C) over tokens where `unedited` (B, N) is 1."""
    weight = unedited[..., None].float()
    return (edit_code.float().square() * weight).sum() / (weight.sum() * edit_code.shape[-1]).clamp_min(1)


def _standardise(code: Tensor) -> Tensor:
    centred = code - code.mean(0)
    return centred / (centred.square().mean(0) + 1e-6).sqrt()
