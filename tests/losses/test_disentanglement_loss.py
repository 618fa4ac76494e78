"""Disentanglement: equal codes correlate fully, independent ones not at all; the edit code must vanish on null."""

from __future__ import annotations

import pytest
import torch

from sigmask.losses.disentanglement_loss import (
    CodeEnergy,
    cross_covariance,
    difference_energy,
    energy_distance,
    vanishing_edit,
)


def test_a_code_correlates_fully_with_itself_and_its_multiples() -> None:
    code = torch.tensor([[[1.0], [-1.0], [2.0], [-2.0]]])
    assert cross_covariance(code, code).item() == pytest.approx(1, abs=1e-4)
    assert cross_covariance(code, -3 * code + 5).item() == pytest.approx(1, abs=1e-4)


def test_codes_at_right_angles_have_no_covariance() -> None:
    edit = torch.tensor([[[1.0], [1.0], [-1.0], [-1.0]]])
    noise = torch.tensor([[[1.0], [-1.0], [1.0], [-1.0]]])
    assert cross_covariance(edit, noise).item() == pytest.approx(0, abs=1e-7)


def test_the_mean_is_over_all_pairs_of_channels() -> None:
    first, second = torch.tensor([1.0, 1.0, -1.0, -1.0]), torch.tensor([1.0, -1.0, 1.0, -1.0])
    edit = torch.stack([first, second], 1)[None]
    noise = torch.stack([first, first], 1)[None]
    # of four pairs, two correlate by one
    assert cross_covariance(edit, noise).item() == pytest.approx(0.5, abs=1e-4)


def test_gradients_are_finite_for_constant_codes() -> None:
    edit = torch.ones(2, 4, 3, requires_grad=True)
    cross_covariance(edit, torch.randn(2, 4, 3)).backward()
    assert edit.grad is not None
    assert edit.grad.isfinite().all()


def test_vanishing_edit_is_the_mean_root_energy_over_unedited_tokens() -> None:
    energy = torch.tensor([[[9.0, 1.0], [100.0, 100.0]]])
    assert vanishing_edit(energy, torch.tensor([[1.0, 0.0]])).item() == pytest.approx((3 + 1) / 2, abs=2e-3)
    assert vanishing_edit(energy, torch.tensor([[1.0, 1.0]])).item() == pytest.approx((3 + 1 + 20) / 4, abs=2e-3)
    assert vanishing_edit(energy, torch.zeros(1, 2)).item() == 0
    assert vanishing_edit(torch.zeros(1, 2, 2), torch.ones(1, 2)).item() == 0


def test_energies_add_up_and_a_zero_code_has_none() -> None:
    torch.manual_seed(0)
    energy = CodeEnergy(3, 2)
    edit, noise = torch.randn(1, 4, 3), torch.randn(1, 4, 3)
    assert energy(edit, noise).shape == (1, 4, 2)
    torch.testing.assert_close(energy(edit, noise), energy.edit(edit) + energy.noise(noise))
    torch.testing.assert_close(energy.edit(2 * edit), 4 * energy.edit(edit))
    assert not energy(torch.zeros(1, 4, 3), torch.zeros(1, 4, 3)).any()


def test_the_energy_seen_is_the_distance_of_each_depth_on_the_tokens_grid() -> None:
    fine = torch.arange(16.0).reshape(1, 1, 4, 4)
    coarse = torch.full((1, 1, 2, 2), 3.0)
    seen = difference_energy([fine, coarse], (2, 2))
    assert seen[0, :, 0].tolist() == [2.5, 4.5, 10.5, 12.5]
    assert seen[0, :, 1].tolist() == [3.0] * 4


def test_energies_are_compared_by_their_roots() -> None:
    predicted, seen = torch.tensor([[[4.0], [0.0]]]), torch.tensor([[[9.0], [1.0]]])
    assert energy_distance(predicted, seen).item() == pytest.approx(1.0, abs=1e-3)
    first_only = torch.tensor([[1.0, 0.0]])
    assert energy_distance(predicted, torch.tensor([[[9.0], [25.0]]]), first_only).item() == pytest.approx(1, abs=1e-3)
