"""Semantic differencing: the best match in a window, null statistics, and nothing from nothing."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from sigmask.models.semantic_difference import (
    SemanticDifference,
    best_match,
    measure_null_statistics,
    noise_level,
    relative_pixel_difference,
    signed_log,
    texture_shares,
)

PICTURE = torch.zeros(1, 3, 16, 16)
"""For where one texture level is told from no other."""


def _grid_of_directions(height: int = 5, width: int = 6) -> Tensor:
    """(1, h·w, h, w): every token its own axis, so that no two resemble each other."""
    return torch.eye(height * width).view(1, height * width, height, width)


def test_equal_tokens_match_in_place_at_distance_zero() -> None:
    tokens = torch.nn.functional.normalize(torch.randn(2, 8, 4, 5), dim=1)
    matched, distance = best_match(tokens, tokens, radius=1)
    assert torch.equal(matched, tokens)
    assert torch.equal(distance, torch.zeros(2, 1, 4, 5))


@pytest.mark.parametrize(("down", "right"), [(0, 1), (1, 0), (-1, 1)])
def test_a_shift_by_one_token_is_found(down: int, right: int) -> None:
    original = _grid_of_directions()
    edited = torch.roll(original, (down, right), (2, 3))
    _, distance = best_match(original, edited, radius=1)
    inner = distance[:, :, 1:-1, 1:-1]
    assert torch.equal(inner, torch.zeros_like(inner))
    _, unmatched = best_match(original, edited, radius=0)
    assert torch.equal(unmatched, torch.ones_like(unmatched))


def test_a_neighbour_that_is_better_by_less_than_the_margin_does_not_win() -> None:
    edited = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 1, 2).contiguous()

    def leaning(sine: float) -> Tensor:
        in_place = torch.tensor([(1 - sine**2) ** 0.5, sine])
        return torch.stack([in_place, torch.tensor([1.0, 0.0])], 1).view(1, 2, 1, 2)

    _, kept = best_match(leaning(0.04), edited, radius=1)  # cosine 0.9992: within a thousandth of its neighbour's
    _, moved = best_match(leaning(0.06), edited, radius=1)  # cosine 0.9982: the neighbour is better by more
    assert kept[0, 0, 0, 0].item() == pytest.approx(8e-4, rel=0.01)
    assert moved[0, 0, 0, 0].item() == 0.0


def test_distance_is_one_minus_cosine() -> None:
    original = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1)
    for cosine in (0.6, 0.0, -1.0):
        edited = torch.tensor([cosine, (1 - cosine**2) ** 0.5]).view(1, 2, 1, 1)
        assert best_match(original, edited, radius=0)[1].item() == pytest.approx(1 - cosine, abs=1e-6)


@pytest.mark.parametrize("bfloat16", [False, True])
def test_no_difference_gives_no_tokens(bfloat16: bool) -> None:
    torch.manual_seed(0)
    difference = SemanticDifference((6, 8), (4, 4), 16, (1, 1))
    features = [torch.randn(2, 6, 8, 8), torch.randn(2, 8, 4, 4)]
    features[1][..., :2] = 1.0  # a flat part, where every neighbour matches as well
    features = [part.bfloat16() if bfloat16 else part for part in features]
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        pyramid = difference(features, [part.clone() for part in features], torch.zeros(2, 1, 16, 16), PICTURE)
    assert pyramid.grid == (4, 4)
    assert tuple(pyramid.tokens.shape) == (2, 16, 16)
    assert [tuple(part.shape) for part in pyramid.maps] == [(2, 4, 8, 8), (2, 4, 4, 4)]
    assert torch.equal(pyramid.tokens, torch.zeros_like(pyramid.tokens))
    assert all(not part.any() for part in (*pyramid.maps, *pyramid.distances))


def test_a_difference_stays_where_it_is() -> None:
    torch.manual_seed(0)
    difference = SemanticDifference((6,), (4,), 16, (1,))
    original = torch.randn(1, 6, 6, 6)
    edited = original.clone()
    edited[:, :, 2, 3] *= -1
    tokens = difference([original], [edited], torch.zeros(1, 1, 12, 12), PICTURE).tokens.view(6, 6, 16)
    changed = tokens.abs().sum(-1) > 0
    assert changed[2, 3]
    assert changed.sum() == 1


def test_pixels_that_differ_are_evidence_too() -> None:
    torch.manual_seed(0)
    difference = SemanticDifference((6,), (4,), 16, (1,))
    features, pixels = torch.randn(1, 6, 4, 4), torch.zeros(1, 1, 8, 8)
    pixels[..., 2:4, 6:8] = 1.0  # the token in row 1, column 3
    changed = difference([features], [features], pixels, PICTURE).tokens.view(4, 4, 16).abs().sum(-1) > 0
    assert changed.nonzero().tolist() == [[1, 3]]


def test_the_noise_level_is_the_geometric_mean_of_the_half_that_differs_least() -> None:
    original = torch.zeros(1, 3, 8, 8)
    assert noise_level(original, original).item() == pytest.approx(1 / 255)
    edited = original.clone()
    edited[0, 1, 0, 0] = 3 / 255
    edited[0, 2, 0, 0] = 2 / 255  # the largest channel counts for the noise level
    edited[0, :, 0, 4] = 0.5
    edited[0, :, 4, 4] = 0.7
    edited[0, :, 1, 1] = 0.9  # every fourth row and column is looked at
    # of 0, 3, and two large ones: √(1 · 4) = 2 grey levels
    noise = noise_level(original, edited)
    assert noise.flatten().tolist() == pytest.approx([2 / 255])
    relative = relative_pixel_difference(original, edited, noise)
    assert relative[0, :, 0, 0].tolist() == pytest.approx([0, math.asinh(1.5), math.asinh(1)])
    assert relative[0, :, 3, 3].tolist() == [0, 0, 0]


def test_the_signed_log_is_asinh() -> None:
    values = torch.tensor([-1000.0, -3.0, -0.01, 0.0, 0.5, 42.0])
    torch.testing.assert_close(signed_log(values), torch.asinh(values))
    assert signed_log(torch.zeros(2)).tolist() == [0, 0]


def test_half_a_picture_edited_strongly_does_not_raise_the_noise_level() -> None:
    original = torch.zeros(1, 3, 16, 16)
    noisy = original + 2 / 255
    edited = noisy.clone()
    edited[..., :8] = 0.8
    assert noise_level(original, edited).item() == pytest.approx(noise_level(original, noisy).item())


def test_null_statistics_are_the_root_mean_square_of_the_difference() -> None:
    difference = SemanticDifference((2,), (3,), 4, (0,))
    torch.testing.assert_close(difference.null_spread(0), torch.full((2,), 2**-0.5))
    first = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1)  # (0.6, 0.8)
    second = torch.tensor([4.0, 3.0]).view(1, 2, 1, 1)  # (0.8, 0.6)
    third = torch.tensor([5.0, 0.0]).view(1, 2, 1, 1)  # (1, 0)
    measure_null_statistics(difference, [([first], [second]), ([first], [third])], [PICTURE, PICTURE])
    # differences (0.2, −0.2) and (0.4, −0.8)
    wanted = torch.tensor([((0.04 + 0.16) / 2) ** 0.5, ((0.04 + 0.64) / 2) ** 0.5])
    torch.testing.assert_close(difference.null_spread(0), wanted)


def test_a_dead_channel_gets_a_tenth_of_the_mean_spread() -> None:
    difference = SemanticDifference((3,), (3,), 4, (0,))
    before = torch.tensor([0.6, 0.8, 0.0]).view(1, 3, 1, 1)
    after = torch.tensor([0.8, 0.6, 0.0]).view(1, 3, 1, 1)
    measure_null_statistics(difference, [([before], [after])], [PICTURE])
    torch.testing.assert_close(difference.null_spread(0), torch.tensor([0.2, 0.2, 0.1 * 0.4 / 3]))


def _striped(grey_levels: float, height: int = 4, width: int = 4) -> Tensor:
    """(1, 3, height, width): columns that alternate by so many grey levels."""
    return (torch.arange(width) % 2 * grey_levels / 255).expand(1, 3, height, width)


def test_texture_counts_to_the_two_levels_beside_it_by_its_logarithm() -> None:
    # a step of 8 to the right (none beyond the last column) and of 0 down: (8 · 3/4 + 0) / 2 = 3 grey levels
    for grey_levels, wanted in ((0.0, [1.0, 0.0, 0.0]), (4 * 8 / 3, [0.0, 1.0, 0.0]), (500.0, [0.0, 0.0, 1.0])):
        found = texture_shares(_striped(grey_levels), (1, 1), 3).flatten()
        torch.testing.assert_close(found, torch.tensor(wanted))
    between = texture_shares(_striped(8.0), (1, 1), 3).flatten()
    second = math.log(3, 4)
    torch.testing.assert_close(between, torch.tensor([1 - second, second, 0.0]))


def test_flat_and_textured_places_have_a_spread_of_their_own() -> None:
    difference = SemanticDifference((2,), (3,), 4, (0,), null_textures=2)
    flat, textured = _striped(0.0), _striped(4 * 8 / 3)
    first = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1)
    second = torch.tensor([4.0, 3.0]).view(1, 2, 1, 1)  # (0.2, −0.2) away
    third = torch.tensor([5.0, 0.0]).view(1, 2, 1, 1)  # (0.4, −0.8) away
    measure_null_statistics(difference, [([first], [second]), ([first], [third])], [flat, textured])
    torch.testing.assert_close(difference.null_spread(0), torch.tensor([[0.2, 0.2], [0.4, 0.8]]))
    torch.testing.assert_close(difference.spread_at(0, flat, (1, 1)).flatten(), torch.tensor([0.2, 0.2]))
    halfway = difference.spread_at(0, _striped(2 * 8 / 3), (1, 1)).flatten()
    torch.testing.assert_close(halfway, torch.tensor([((0.04 + 0.16) / 2) ** 0.5, ((0.04 + 0.64) / 2) ** 0.5]))


def test_a_texture_that_no_place_has_takes_the_spread_over_all() -> None:
    difference = SemanticDifference((2,), (3,), 4, (0,), null_textures=3)
    before = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1)
    after = torch.tensor([4.0, 3.0]).view(1, 2, 1, 1)
    measure_null_statistics(difference, [([before], [after])], [_striped(0.0)])
    torch.testing.assert_close(difference.null_spread(0), torch.full((3, 2), 0.2))
