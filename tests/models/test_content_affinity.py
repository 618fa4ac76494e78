"""What changed spreads over what shows the same, near before far, and nothing comes of nothing."""

from __future__ import annotations

import torch

from sigmask.models.content_affinity import AffinityBlock, shown_at, squared_distances


def _block(heads: int = 1) -> AffinityBlock:
    torch.manual_seed(0)
    block = AffinityBlock(4, 2, heads)
    torch.nn.init.eye_(block.value.weight)
    torch.nn.init.eye_(block.hand_on.weight)
    for silent in (block.query_of_change, block.query, block.key):
        torch.nn.init.zeros_(silent.weight)
    return block


def test_squared_distances_of_a_grid_of_two_by_three() -> None:
    table = squared_distances((2, 3), torch.zeros(()))
    assert table.tolist() == [
        [0, 1, 4, 1, 2, 5],
        [1, 0, 1, 2, 1, 2],
        [4, 1, 0, 5, 2, 1],
        [1, 2, 5, 0, 1, 4],
        [2, 1, 2, 1, 0, 1],
        [5, 2, 1, 4, 1, 0],
    ]


def test_it_adds_nothing_at_first() -> None:
    difference = torch.randn(2, 6, 4)
    assert torch.equal(AffinityBlock(4, 2, 2)(difference, torch.randn(2, 6, 2), torch.rand(2, 6), (2, 3)), difference)


def test_no_difference_stays_none_whatever_is_shown() -> None:
    nothing = torch.zeros(1, 6, 4)
    assert not _block()(nothing, torch.randn(1, 6, 2), torch.rand(1, 6), (2, 3)).any()


def test_a_far_place_takes_over_less_than_a_near_one() -> None:
    block = _block()
    changed = torch.zeros(1, 3, 4)
    changed[0, 0] = 1.0
    with torch.no_grad():
        block.log_reach.fill_(0.0)  # one token
    spread = (block(changed, torch.zeros(1, 3, 2), torch.zeros(1, 3), (1, 3)) - changed)[0, :, 0]
    weights = torch.exp(-squared_distances((1, 3), torch.zeros(())) / 2)
    assert torch.allclose(spread, (weights / weights.sum(1, keepdim=True))[:, 0], atol=1e-6)


def test_what_shows_the_same_takes_over_more() -> None:
    block = _block()
    shown = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]])
    with torch.no_grad():
        block.log_reach.fill_(10.0)  # distance says nothing
        block.query.weight[:, :2] = 3 * torch.eye(2)
        block.key.weight[:, :2] = 3 * torch.eye(2)
        block.query.bias.zero_()
        block.key.bias.zero_()
    changed = torch.zeros(1, 3, 4)
    changed[0, 0] = 1.0
    spread = (block(changed, shown, torch.zeros(1, 3), (1, 3)) - changed)[0, :, 0]
    assert spread[2] > 0.45  # half of what it looks at is itself
    assert spread[1] < 0.02


def test_what_is_shown_has_length_one_an_image() -> None:
    joint = (torch.randn(2, 5, 3, 4), 7 * torch.randn(2, 5, 3, 4))
    shown = shown_at(joint)
    assert shown.shape == (2, 12, 10)
    assert torch.allclose(shown[..., :5].norm(dim=-1), torch.ones(2, 12), atol=1e-5)
    assert torch.allclose(shown[..., 5:].norm(dim=-1), torch.ones(2, 12), atol=1e-5)
