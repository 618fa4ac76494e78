"""The adversary reads what a linear head can read, by hand, and its gradient takes that out of the codes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sigmask.losses.code_adversary import code_adversary, kind_weights, readable_share

TRUTH = torch.tensor([[True, True, False, False]])
ALIKE = torch.full((1, 4), 0.25)


def _code(*channels: list[float]) -> Tensor:
    return torch.tensor(channels).T[None].requires_grad_()


def test_of_one_channel_the_squared_correlation_is_readable() -> None:
    """Of (2, 0, 0, -2) with ±1: covariance 1, variance 2, so 1 / 2; a constant and a right angle say nothing."""
    assert readable_share(_code([2.0, 0.0, 0.0, -2.0]), TRUTH, ALIKE).item() == pytest.approx(0.5, abs=2e-3)
    assert readable_share(_code([5.0, 5.0, -3.0, -3.0]), TRUTH, ALIKE).item() == pytest.approx(1, abs=2e-3)
    assert readable_share(_code([1.0, -1.0, 1.0, -1.0]), TRUTH, ALIKE).item() == pytest.approx(0, abs=1e-6)
    assert readable_share(_code([7.0, 7.0, 7.0, 7.0]), TRUTH, ALIKE).item() == 0
    assert readable_share(_code([2.0, 0.0, 0.0, -2.0]), torch.ones_like(TRUTH), ALIKE).item() == 0


def test_the_best_head_adds_channels_up() -> None:
    """(2, 0, 0, -2) + (0, 2, -2, 0) is the truth, which neither tells alone."""
    both = _code([2.0, 0.0, 0.0, -2.0], [0.0, 2.0, -2.0, 0.0])
    assert readable_share(both, TRUTH, ALIKE).item() == pytest.approx(1, abs=2e-3)


def test_a_code_that_shrinks_hides_nothing() -> None:
    code = _code([2.0, 0.3, -0.1, -2.0], [1.0, 0.5, 0.2, -0.4])
    faint = readable_share(0.05 * code + 3, TRUTH, ALIKE)
    assert faint.item() == pytest.approx(readable_share(code, TRUTH, ALIKE).item(), rel=2e-2)


def test_the_gradient_is_the_readers_reversed() -> None:
    """By hand, for r² = cov² / var: d/dx = 2 cov t/4 / var − cov² · 2x/4 / var² = (0, ¼, −¼, 0).

    A head that reads gains where tokens that are true move up; the codes go the other way.
    """
    code = _code([2.0, 0.0, 0.0, -2.0])
    readable_share(code, TRUTH, ALIKE).backward()
    assert code.grad is not None
    assert code.grad.flatten().tolist() == pytest.approx([0.0, 0.25, -0.25, 0.0], abs=2e-3)


def test_it_is_the_gradient_of_a_fitted_head_with_its_sign_turned() -> None:
    torch.manual_seed(0)
    weight, truth = torch.full((1, 40), 1 / 40), torch.arange(40)[None] % 2 == 0
    code = (torch.randn(1, 40, 3) + truth[..., None]).requires_grad_()
    readable_share(code, truth, weight).backward()
    target = torch.where(truth, 1.0, -1.0)[0]
    read = torch.cat([code.detach()[0], torch.ones(40, 1)], 1)
    head = torch.linalg.lstsq(read, target[:, None]).solution[:, 0]
    through = code.detach().clone().requires_grad_()
    (through[0] @ head[:3] + head[3] - target).square().mean().backward()
    assert code.grad is not None and through.grad is not None
    torch.testing.assert_close(code.grad, -through.grad, atol=2e-4, rtol=5e-2)


def test_each_code_is_asked_what_it_is_not_for() -> None:
    edited = torch.tensor([[True, True, False, False]])
    round_trip = torch.tensor([[True, False, True, False]])
    known = torch.ones_like(edited)
    of_edit, of_round_trip = ([1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0])
    apart = code_adversary(_code(of_edit), _code(of_round_trip), edited, round_trip, known)
    swapped = code_adversary(_code(of_round_trip), _code(of_edit), edited, round_trip, known)
    assert apart.item() == pytest.approx(0, abs=1e-6)
    assert swapped.item() == pytest.approx(1, abs=2e-3)


def test_each_kind_of_token_counts_alike_and_unknown_ones_do_not() -> None:
    edited = torch.tensor([[True, False, False, False, True]])
    round_trip = torch.tensor([[True, True, True, False, False]])
    known = torch.tensor([[True, True, True, True, False]])
    assert kind_weights(edited, round_trip, known)[0].tolist() == pytest.approx([1 / 3, 1 / 6, 1 / 6, 1 / 3, 0])
    assert not kind_weights(edited, round_trip, torch.zeros_like(known)).any()


def test_gradients_are_finite_where_nothing_is_known() -> None:
    code = torch.randn(1, 4, 3, requires_grad=True)
    nothing = torch.zeros(1, 4, dtype=torch.bool)
    code_adversary(code, torch.zeros(1, 4, 3), nothing, nothing, nothing).backward()
    assert code.grad is not None and code.grad.isfinite().all()


def test_descent_takes_the_round_trip_out_of_the_edit_code_and_leaves_the_edit() -> None:
    torch.manual_seed(0)
    edited, round_trip = torch.rand(1, 400) < 0.5, torch.rand(1, 400) < 0.5
    known = torch.ones_like(edited)
    tokens = torch.randn(1, 400, 6)
    tokens[..., 0] += 4 * edited
    tokens[..., 1] += 4 * round_trip
    split = torch.nn.Linear(6, 6, bias=False)
    optimiser = torch.optim.Adam(split.parameters(), lr=0.02)
    weight = kind_weights(edited, round_trip, known)

    def read() -> list[float]:
        edit, noise = split(tokens).chunk(2, -1)
        return [readable_share(*each, weight).item() for each in
                ((edit, edited), (edit, round_trip), (noise, edited), (noise, round_trip))]  # fmt: skip

    before = read()
    for _ in range(150):
        loss = code_adversary(*split(tokens).chunk(2, -1), edited, round_trip, known)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    after = read()
    assert min(before) > 0.3
    assert after[1] < 0.02 and after[2] < 0.02
    assert after[0] > 0.5 and after[3] > 0.5
