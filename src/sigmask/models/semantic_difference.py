"""Semantic differencing: where two images differ in meaning, not in pixels.

SIGMA subtracts frozen dense features. How it is done here (several depths, best match in a small window, null
statistics) is our choice. A token of the edited image is compared with the most similar token of the original within
a small window, since editors shift things by a pixel or two. Each channel of the difference is divided by its spread
under a round trip of an unedited image (the null statistics), so that one unit means "as much as noise makes". With
`null_textures`, that spread is another one where the original is flat than where it is textured.
Beside the features stands how much the pixels differ, in units of what they differ by elsewhere in the pair: where an
editor left the rest of the picture alone, a difference of a few grey levels is a change too.

Everything here maps a zero difference to zero: no bias, no normalisation. The empty mask of an unedited
pair rests on that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_STAY_MARGIN = 1e-3  # in cosine: a neighbour must be better by this much than the token in place
_GREY_LEVEL = 1 / 255
_NOISE_STEP = 4
_FLATTEST, _TEXTURE_RATIO = 1.0, 4.0
"""Texture levels stand at 1, 4, 16, … grey levels between neighbouring pixels. Our choice."""
_PLACES_TO_TELL = 0.5
"""A texture level of fewer places in all has no spread of its own."""


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


def texture_shares(picture: Tensor, grid: tuple[int, int], levels: int) -> Tensor:
    """(B, L, h, w): how much of each texture level there is at each place; the levels of a place sum to 1.

    A place's texture is the mean absolute difference of neighbouring pixels in it, in grey levels. Between two levels
    (1, 4, 16, … grey levels) it counts to both, in proportion to its logarithm; below the first and above the last it
    is of that one.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        grid: (rows, columns) that divide H and W.
        levels: L, at least 2.
    """
    grey = picture.float().mean(1, keepdim=True)
    right = F.pad((grey[..., 1:] - grey[..., :-1]).abs(), (0, 1))
    down = F.pad((grey[..., 1:, :] - grey[..., :-1, :]).abs(), (0, 0, 0, 1))
    texture = _pool_to((right + down) / (2 * _GREY_LEVEL), grid)
    place = (texture / _FLATTEST).clamp(1.0, _TEXTURE_RATIO ** (levels - 1)).log() / math.log(_TEXTURE_RATIO)
    level = torch.arange(levels, device=picture.device, dtype=place.dtype).view(1, -1, 1, 1)
    return (1 - (place - level).abs()).clamp_min(0)


class SemanticDifference(nn.Module):
    """Features of both images, depth by depth, and their pixels → `DifferencePyramid`.

    `null_spread` holds the null statistics: one number per depth and channel, and with `null_textures` > 1 per texture
    level too, stored with the weights; 1/√C (the spread of a random unit vector's channel) until they are measured.
    """

    def __init__(
        self,
        channels: Sequence[int],
        widths: Sequence[int],
        token_width: int,
        match_radius: Sequence[int],
        null_textures: int = 1,
    ) -> None:
        super().__init__()
        self.match_radius = tuple(match_radius)
        self.null_textures = null_textures
        self.project = nn.ModuleList(
            nn.Conv2d(2 * count + 2, width, 1, bias=False) for count, width in zip(channels, widths, strict=True)
        )
        self.to_tokens = nn.ModuleList(nn.Conv2d(width, token_width, 1, bias=False) for width in widths)
        for depth, count in enumerate(channels):
            shape = (count,) if null_textures == 1 else (null_textures, count)
            self.register_buffer(f"null_spread_{depth}", torch.full(shape, count**-0.5))

    def null_spread(self, depth: int) -> Tensor:
        """(C_d,) or (L, C_d): the spread of each channel's difference under a round trip of an unedited image."""
        spread: Tensor = getattr(self, f"null_spread_{depth}")
        return spread

    def spread_at(self, depth: int, picture: Tensor, grid: tuple[int, int]) -> Tensor:
        """(1, C_d, 1, 1) or (B, C_d, h, w): the spread that noise has at each place of `picture` (B, 3, H, W)."""
        spread = self.null_spread(depth)
        if self.null_textures == 1:
            return spread.view(1, -1, 1, 1)
        shares = texture_shares(picture, grid, self.null_textures)
        return F.conv2d(shares, spread.square().float().t()[:, :, None, None]).sqrt()

    def forward(
        self, original: Sequence[Tensor], edited: Sequence[Tensor], pixel_difference: Tensor, picture: Tensor
    ) -> DifferencePyramid:
        """Features of both images, depth by depth, to what differs.

        Args:
            pixel_difference: see `relative_pixel_difference`; its largest channel is averaged onto each grid.
            picture: (B, 3, H, W) in [0, 1], the original, of which the texture counts.
        """
        grid = (original[-1].shape[-2], original[-1].shape[-1])
        maps, distances = [], []
        tokens: Tensor | None = None
        changed = pixel_difference.abs().amax(1, keepdim=True)
        for depth, (before, after) in enumerate(zip(original, edited, strict=True)):
            signed, distance = self.signed_difference(before, after, depth)
            of_depth = (before.shape[-2], before.shape[-1])
            scaled = _compress(signed / self.spread_at(depth, picture, of_depth).to(signed.dtype))
            pixels = _pool_to(changed, of_depth).to(scaled.dtype)
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
    difference: SemanticDifference,
    features: Sequence[tuple[Sequence[Tensor], Sequence[Tensor]]],
    pictures: Sequence[Tensor],
) -> None:
    """Set `null_spread` from unedited images against their own round trips.

    Args:
        features: for each batch, the features of the images and of their round trips, depth by depth.
        pictures: for each batch, the images (B, 3, H, W) in [0, 1].

    The spread is the root mean square of each channel's signed difference, over the places of each texture level, and
    floored at a tenth of the depth's mean so that a dead channel cannot blow up. A level that no place is of takes the
    spread over all places.
    """
    levels = difference.null_textures
    for depth in range(len(difference.match_radius)):
        spread = difference.null_spread(depth)
        sums, counts = spread.new_zeros(levels, spread.shape[-1]), spread.new_zeros(levels, 1)
        for (before, after), picture in zip(features, pictures, strict=True):
            signed, _ = difference.signed_difference(before[depth].float(), after[depth].float(), depth)
            grid = (signed.shape[-2], signed.shape[-1])
            shares = texture_shares(picture, grid, levels) if levels > 1 else torch.ones_like(signed[:, :1])
            sums += torch.einsum("blhw,bchw->lc", shares, signed.square())
            counts += shares.sum((0, 2, 3))[:, None]
        overall = (sums.sum(0) / counts.sum().clamp_min(1)).sqrt()
        measured = torch.where(counts >= _PLACES_TO_TELL, (sums / counts.clamp_min(1)).sqrt(), overall)
        floored = measured.clamp_min(0.1 * overall.mean().clamp_min(1e-6))
        spread.copy_(floored.view_as(spread))
