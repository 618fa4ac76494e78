"""Semantic differencing: where two images differ in meaning, not in pixels.

SIGMA subtracts frozen dense features. How it is done here (several depths, best match in a small window, null
statistics) is our choice. A token of the edited image is compared with the most similar token of the original within
a small window, since editors shift things by a pixel or two. Each channel of the difference is divided by its spread
under a round trip of an unedited image (the null statistics), so that one unit means "as much as noise makes".
Beside the features stands how much the pixels differ, in units of what they differ by elsewhere in the pair: where an
editor left the rest of the picture alone, a difference of a few grey levels is a change too.

Everything here maps a zero difference to zero: no bias, no normalisation. The empty mask of an unedited
pair rests on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_STAY_MARGIN = 1e-3  # in cosine: a neighbour must be better by this much than the token in place
_GREY_LEVEL = 1 / 255
_NOISE_STEP = 4


@dataclass(frozen=True, slots=True)
class DifferencePyramid:
    """The difference at every depth and in sum.

    Attributes:
        maps: one (B, D_d, H/s_d, W/s_d) per depth, finest first.
        tokens: (B, N, D), the sum over depths on the coarsest grid.
        distances: one (B, 1, H/s_d, W/s_d) per depth: cosine distance to the best match, in [0, 2].
        grid: (rows, columns) of the coarsest grid, N = rows · columns.
    """

    maps: list[Tensor]
    tokens: Tensor
    distances: list[Tensor]
    grid: tuple[int, int]


def best_match(original: Tensor, edited: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """For each edited token, the original token in a window around it that is most similar.

    Args:
        original: (B, C, h, w), L2-normalised over C.
        edited: the same shape.
        radius: the window is (2·radius + 1)².

    Returns:
        matched: (B, C, h, w), the original's tokens brought to where they match.
        distance: (B, 1, h, w), 1 − cosine similarity of the match, in [0, 2]; exactly 0 for equal tokens.
    """
    batch, channels, height, width = original.shape
    if radius == 0:
        return original, _cosine_distance(original, edited)
    padded = F.pad(original, (radius,) * 4, mode="replicate")
    side = 2 * radius + 1
    similarities = []
    for down in range(side):
        for right in range(side):
            window = padded[:, :, down : down + height, right : right + width]
            stay = down == radius and right == radius
            similarities.append((window * edited).sum(1) - (0.0 if stay else _STAY_MARGIN))
    best = torch.stack(similarities, 1).argmax(1)
    rows = torch.arange(height, device=best.device)[:, None] + best // side
    columns = torch.arange(width, device=best.device)[None] + best % side
    index = (rows * padded.shape[-1] + columns).view(batch, 1, -1).expand(-1, channels, -1)
    matched = padded.flatten(2).gather(2, index).view_as(edited)
    return matched, _cosine_distance(matched, edited)


def noise_level(original: Tensor, edited: Tensor) -> Tensor:
    """(B, 1, 1, 1): by how much a pair's pixels differ where nothing was edited, in units of [0, 1].

    The geometric mean, over the half of the pixels that differ least, of the difference plus one grey level. It is
    never under one grey level, and no change counts by its strength until more than half the picture is changed; an
    edit of half a picture at most moves the half that is looked at up to all of the rest, which raises it by up to
    about 1.6. Every fourth row and column is looked at. (B, 3, H, W) images in [0, 1].
    """
    before, after = (image[..., ::_NOISE_STEP, ::_NOISE_STEP].float() for image in (original, edited))
    difference = (after - before).abs().amax(1).flatten(1)
    calm = difference.topk((difference.shape[1] + 1) // 2, dim=1, largest=False, sorted=False).values
    return (calm + _GREY_LEVEL).log().mean(1).exp()[:, None, None, None]


def relative_pixel_difference(original: Tensor, edited: Tensor, noise: Tensor) -> Tensor:
    """(B, 3, H, W): asinh of each channel's difference in units of `noise` (B, 1, 1, 1); 0 where equal."""
    return signed_log((edited.float() - original.float()) / noise)


def signed_log(values: Tensor) -> Tensor:
    """asinh, in operators that every engine has a fast kernel for; exactly 0 at 0."""
    size = values.abs()
    return values.sign() * (size + (size * size + 1).sqrt()).log()


class SemanticDifference(nn.Module):
    """Features of both images, depth by depth, and their pixels → `DifferencePyramid`.

    `null_spread` holds the null statistics: one number per depth and channel, stored with the weights; 1/√C (the
    spread of a random unit vector's channel) until they are measured.
    """

    def __init__(
        self, channels: Sequence[int], widths: Sequence[int], token_width: int, match_radius: Sequence[int]
    ) -> None:
        super().__init__()
        self.match_radius = tuple(match_radius)
        self.project = nn.ModuleList(
            nn.Conv2d(2 * count + 2, width, 1, bias=False) for count, width in zip(channels, widths, strict=True)
        )
        self.to_tokens = nn.ModuleList(nn.Conv2d(width, token_width, 1, bias=False) for width in widths)
        for depth, count in enumerate(channels):
            self.register_buffer(f"null_spread_{depth}", torch.full((count,), count**-0.5))

    def null_spread(self, depth: int) -> Tensor:
        """(C_d,) the spread of each channel's difference under a round trip of an unedited image."""
        spread: Tensor = getattr(self, f"null_spread_{depth}")
        return spread

    def forward(
        self, original: Sequence[Tensor], edited: Sequence[Tensor], pixel_difference: Tensor
    ) -> DifferencePyramid:
        """`pixel_difference`: see `relative_pixel_difference`; its largest channel is averaged onto each grid."""
        grid = (original[-1].shape[-2], original[-1].shape[-1])
        maps, distances = [], []
        tokens: Tensor | None = None
        changed = pixel_difference.abs().amax(1, keepdim=True)
        for depth, (before, after) in enumerate(zip(original, edited, strict=True)):
            signed, distance = self.signed_difference(before, after, depth)
            scaled = _compress(signed / self.null_spread(depth).view(1, -1, 1, 1).to(signed.dtype))
            pixels = _pool_to(changed, (before.shape[-2], before.shape[-1])).to(scaled.dtype)
            evidence = F.silu(self.project[depth](torch.cat([scaled, scaled.abs(), 4 * distance, pixels], 1)))
            part = self.to_tokens[depth](_pool_to(evidence, grid))
            tokens = part if tokens is None else tokens + part
            maps.append(evidence)
            distances.append(distance)
        assert tokens is not None
        return DifferencePyramid(maps, tokens.flatten(2).transpose(1, 2), distances, grid)

    def signed_difference(self, original: Tensor, edited: Tensor, depth: int) -> tuple[Tensor, Tensor]:
        """Edited minus best-matching original, of L2-normalised features, and their cosine distance.

        Returns:
            (B, C, h, w) and (B, 1, h, w).
        """
        # in bfloat16 the stay margin would be lost to rounding, and equal tokens would be apart by a hundredth
        before, after = F.normalize(original.float(), dim=1), F.normalize(edited.float(), dim=1)
        matched, distance = best_match(before, after, self.match_radius[depth])
        return after - matched, distance


def _cosine_distance(first: Tensor, second: Tensor) -> Tensor:
    """1 − cosine of unit vectors, as ½‖a − b‖²: the same number, but without rounding error where they are equal."""
    return (first - second).square().sum(1, keepdim=True) / 2


def _compress(values: Tensor) -> Tensor:
    """x/√(1 + |x|): near zero unchanged, so noise keeps its unit; far out it grows as a root, so nothing saturates."""
    return values * torch.rsqrt(1 + values.abs())


def _pool_to(maps: Tensor, grid: tuple[int, int]) -> Tensor:
    """The mean over equal squares, `grid` (rows, columns) of them; their side is the ratio of two strides."""
    side = int(maps.shape[-1]) // int(grid[1])  # a number, not a part of an exported graph: it is the same at any size
    return maps if side == 1 else F.avg_pool2d(maps, side)


@torch.no_grad()
def measure_null_statistics(
    difference: SemanticDifference, features: Sequence[tuple[Sequence[Tensor], Sequence[Tensor]]]
) -> None:
    """Set `null_spread` from unedited images against their own round trips.

    Args:
        features: for each batch, the features of the images and of their round trips, depth by depth.

    The spread is the root mean square of each channel's signed difference, floored at a tenth of the depth's mean so
    that a dead channel cannot blow up.
    """
    for depth in range(len(difference.match_radius)):
        square_sum, count = torch.zeros_like(difference.null_spread(depth)), 0
        for before, after in features:
            signed, _ = difference.signed_difference(before[depth].float(), after[depth].float(), depth)
            square_sum += signed.square().sum((0, 2, 3))
            count += signed.numel() // signed.shape[1]
        spread = (square_sum / max(count, 1)).sqrt()
        difference.null_spread(depth).copy_(spread.clamp_min(0.1 * spread.mean().clamp_min(1e-6)))
