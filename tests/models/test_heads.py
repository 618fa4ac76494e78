"""Heads: shapes, ranges, and that the codes of nothing are nothing."""

from __future__ import annotations

import torch

from sigmask.models.heads import CodeHead, QualityHead, ScopeHead
from sigmask.types import SCOPES, Scope


def test_quality_is_one_number_per_mask_and_passes_no_gradient_on() -> None:
    maps = torch.randn(3, 5, 8, 12, requires_grad=True)
    logits = torch.randn(3, 16, 24, requires_grad=True)
    quality = QualityHead(5)(maps, logits)
    assert tuple(quality.shape) == (3,)
    assert ((quality > 0) & (quality < 1)).all()
    quality.sum().backward()
    assert maps.grad is None
    assert logits.grad is None


def test_quality_is_finite_for_empty_and_full_masks() -> None:
    maps = torch.randn(2, 5, 8, 12)
    logits = torch.stack([torch.full((16, 24), -80.0), torch.full((16, 24), 80.0)])
    assert QualityHead(5).logits(maps, logits).isfinite().all()


def test_scope_is_three_logits() -> None:
    assert tuple(ScopeHead(6)(torch.randn(2, 10, 6)).shape) == (2, 3)
    assert SCOPES == (Scope.NONE, Scope.LOCAL, Scope.GLOBAL)


def test_codes_are_two_and_vanish_with_the_difference() -> None:
    head = CodeHead(6, 4)
    edit, noise = head(torch.randn(2, 10, 6))
    assert tuple(edit.shape) == tuple(noise.shape) == (2, 10, 4)
    assert not torch.equal(edit, noise)
    assert not any(code.any() for code in head(torch.zeros(2, 10, 6)))
