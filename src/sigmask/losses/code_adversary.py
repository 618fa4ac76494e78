"""Adversary of the two codes: neither may tell what the other one is for.

A linear head tries to read from the edit code whether there was a round trip, and another one from the noise code
whether the token was edited; the codes learn to give them nothing to read:

    min over codes, max over heads h:   − Σ_q loss(h_q(code_q), truth_q)

That is domain-adversarial training (Ganin et al. 2016, JMLR 17(59)), with the round trip and the edit in the place of
the domain. There the head is learned beside the features, and the gradient that reaches these is reversed. Our choice
is that the head's loss is the squared error, so that the best head of a batch has a closed form and is never behind:
the gradient through it is that reversed gradient. Heads that were learned lagged behind the codes, which turned away
from them and back again (docs/decisions/0007).

The heads are linear, as the probes of `evaluation.code_separation` are, and codes are standardised before they are
read: a code that only shrinks hides nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sigmask.losses.standardised_columns import standardise

_RIDGE = 1e-3
"""Added to the diagonal of the channels' correlations, which channels that are nearly alike would make singular."""


def code_adversary(edit_code: Tensor, noise_code: Tensor, edited: Tensor, round_trip: Tensor, known: Tensor) -> Tensor:
    """Scalar in [0, 1]: what linear heads read of a round trip in the edit code and of an edit in the noise code.

    Args:
        edit_code, noise_code: (B, N, C).
        edited, round_trip: (B, N) bool, what is true of each token.
        known: (B, N) bool; a token that is edited in part is left out.
    """
    weight = kind_weights(edited, round_trip, known)
    return (readable_share(edit_code, round_trip, weight) + readable_share(noise_code, edited, weight)) / 2


def readable_share(code: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Scalar in [0, 1]: the share of `truth`'s variance that the best linear head explains (R²); 0 where all is alike.

    Args:
        code: (B, N, C).
        truth: (B, N) bool.
        weight: (B, N) ≥ 0, in sum 1 or 0.
    """
    weight = weight.flatten()
    channels = standardise(code.float().flatten(0, 1), weight)
    asked = standardise(truth.float().flatten()[:, None], weight)[:, 0]
    correlations = channels.T @ (weight[:, None] * channels)
    ridge = _RIDGE * torch.eye(correlations.shape[0], device=code.device)
    with_truth = channels.T @ (weight * asked)
    share: Tensor = with_truth @ torch.linalg.solve(correlations + ridge, with_truth)
    return share


def kind_weights(edited: Tensor, round_trip: Tensor, known: Tensor) -> Tensor:
    """(B, N) ≥ 0, in sum 1 where anything is known: each of the four kinds of token that occur counts alike.

    So that neither question can be answered by way of the other.
    """
    weight = torch.zeros(known.shape, device=known.device)
    for is_edited in (False, True):
        for went_through in (False, True):
            kind = (known & (edited == is_edited) & (round_trip == went_through)).float()
            weight = weight + kind / kind.sum().clamp_min(1)
    return weight / weight.sum().clamp_min(1)
