"""Mask decoder: from difference tokens to logits at full resolution.

Two paths (our choice). The semantic path climbs from the coarsest grid to half resolution and decides *whether*
something changed. The shallow path sees both images' pixels and their difference, in units of the pair's own noise,
and decides *where exactly* the boundary runs. Whatever carries image content is multiplied by a bias-free
function of a difference, so that two equal images give the same, empty answer whatever they show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_FOLD = 2
_LOGIT_AT_FIRST = -2.0  # a pixel in eight or so is changed


class MaskDecoder(nn.Module):
    """Difference tokens, finer difference maps, finer features and pixels → `mask_logits (B, H, W)`.

    Args:
        token_width: D of the refined tokens.
        skip_widths: channels of the difference maps at depths finer than the tokens' grid, coarsest first.
        feature_widths: channels of the edited image's features at those depths, coarsest first.
        widths: channels of the three stages on the way up.
        shallow_width: channels of the full-resolution path.
        outline_blocks: further looks at that path, at half resolution.
        context_blocks: looks over a wide neighbourhood after the first stage, since noise that hides a change at one
            place seldom hides it all around.
        grid_width: channels of both images' features on the tokens' grid, which it sees then, and the original's finer
            ones too: what is removed or replaced ends where the thing ended that the original shows. 0: neither.
    """

    def __init__(
        self,
        token_width: int,
        skip_widths: Sequence[int],
        feature_widths: Sequence[int],
        widths: Sequence[int] = (64, 40, 24),
        shallow_width: int = 16,
        outline_blocks: int = 0,
        context_blocks: int = 0,
        grid_width: int = 0,
    ) -> None:
        super().__init__()
        self.enter = nn.Conv2d(token_width + 1, widths[0], 1)
        self.shown = _ShownWhereChanged(token_width, grid_width, widths[0]) if grid_width else None
        padded_skips = [*skip_widths, *([0] * (len(widths) - len(skip_widths)))]
        padded_features = [*feature_widths, *([0] * (len(widths) - len(feature_widths)))]
        incoming = [widths[0], *widths[:-1]]
        self.stages = nn.ModuleList(
            _Stage(entry, skip, feature, shallow_width if last else 0, width, sees_original=grid_width > 0)
            for entry, skip, feature, width, last in zip(
                incoming, padded_skips, padded_features, widths, (False, False, True), strict=True
            )
        )
        self.shallow = ShallowPath(shallow_width)
        self.outline = nn.ModuleList(
            CorrectingBlock(widths[-1], shallow_width, side=5, expansion=2) for _ in range(outline_blocks)
        )
        self.context = nn.ModuleList(CorrectingBlock(widths[0], side=7, expansion=3) for _ in range(context_blocks))
        self.leave = nn.Conv2d(widths[-1], _FOLD**2, 3, padding=1)
        nn.init.zeros_(cast(Tensor, self.enter.bias))  # without a difference the answer is "no" from the first step on
        nn.init.constant_(cast(Tensor, self.leave.bias), _LOGIT_AT_FIRST)

    def forward(
        self,
        tokens: Tensor,
        prior: Tensor,
        grid: tuple[int, int],
        skips: Sequence[Tensor],
        original_features: Sequence[Tensor],
        edited_features: Sequence[Tensor],
        original: Tensor,
        edited: Tensor,
        pixel_difference: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Logits (B, H, W) and the last stage's maps (B, widths[-1], H/2, W/2), which the heads look at.

        Args:
            tokens, prior: (B, N, D) and (B, N) from the refinement.
            skips: coarsest first, one per finer depth (none for a plain ViT).
            original_features, edited_features: those on the tokens' grid, then coarsest first, one per finer depth.
            original, edited: (B, 3, H, W) in [0, 1].
            pixel_difference: (B, 3, H, W), in units of the pair's own noise (`relative_pixel_difference`).
        """
        entry = torch.cat([tokens, prior[..., None].to(tokens.dtype)], -1).transpose(1, 2)
        x = self.enter(torch.unflatten(entry, 2, grid))
        if self.shown is not None:
            change = torch.unflatten(tokens.transpose(1, 2), 2, grid)
            x = x + self.shown(change, torch.cat([original_features[0], edited_features[0]], 1))
        x = F.relu(x)
        half = (original.shape[-2] // _FOLD, original.shape[-1] // _FOLD)
        sizes = [*(tuple(skip.shape[-2:]) for skip in skips)]
        while len(sizes) < len(self.stages):
            last = len(sizes) == len(self.stages) - 1
            previous = sizes[-1] if sizes else grid
            sizes.append(half if last else (2 * previous[0], 2 * previous[1]))
        shallow = self.shallow(original, edited, pixel_difference)
        for index, stage in enumerate(self.stages):
            skip = skips[index] if index < len(skips) else None
            seen = (original_features[index + 1], edited_features[index + 1]) if index < len(skips) else None
            x = stage(x, sizes[index], skip, seen, shallow if index == len(self.stages) - 1 else None)
            if index == 0:
                for block in self.context:
                    x = block(x)
        for block in self.outline:
            x = block(x, shallow)
        return F.pixel_shuffle(self.leave(x), _FOLD)[:, 0], x


class ShallowPath(nn.Module):
    """Pixels of both images, folded 2×2 into channels → (B, width, H/2, W/2), zero where the images are equal."""

    def __init__(self, width: int) -> None:
        super().__init__()
        folded = 3 * _FOLD**2
        self.content = nn.Conv2d(2 * folded, width, 3, padding=1)
        self.change = nn.Conv2d(2 * folded, width, 3, padding=1, bias=False)

    def forward(self, original: Tensor, edited: Tensor, pixel_difference: Tensor) -> Tensor:
        before, after = F.pixel_unshuffle(original, _FOLD), F.pixel_unshuffle(edited, _FOLD)
        change = self.change(torch.cat([F.pixel_unshuffle(pixel_difference, _FOLD), 4 * (after - before)], 1))
        content = self.content(torch.cat([before, after], 1))
        guided: Tensor = F.silu(change) + torch.tanh(change) * content
        return guided


class CorrectingBlock(nn.Module):
    """Maps (B, width, h, w), and beside them (B, beside, h, w), → the same maps, corrected: a residual block of a
    depthwise convolution of `side` × `side` and two pointwise ones (our choice).

    It adds nothing until it is trained, so that weights without it can go on with it.
    """

    def __init__(self, width: int, beside: int = 0, *, side: int, expansion: int) -> None:
        super().__init__()
        seen = width + beside
        self.look = nn.Conv2d(seen, seen, side, padding=side // 2, groups=seen, bias=False)
        self.norm = nn.BatchNorm2d(seen)
        self.expand = nn.Conv2d(seen, expansion * width, 1)
        self.contract = nn.Conv2d(expansion * width, width, 1, bias=False)
        nn.init.zeros_(self.contract.weight)

    def forward(self, x: Tensor, beside: Tensor | None = None) -> Tensor:
        looked = self.norm(self.look(x if beside is None else torch.cat([x, beside], 1)))
        corrected: Tensor = x + self.contract(F.relu(self.expand(looked)))
        return corrected


class _ShownWhereChanged(nn.Module):
    """What both images show, where tokens say that something changed. It adds nothing until it is trained."""

    def __init__(self, token_width: int, grid_width: int, width: int) -> None:
        super().__init__()
        self.gate = nn.Conv2d(token_width, width, 1, bias=False)
        self.content = nn.Conv2d(2 * grid_width, width, 1)
        nn.init.zeros_(self.content.weight)
        nn.init.zeros_(cast(Tensor, self.content.bias))

    def forward(self, change: Tensor, shown: Tensor) -> Tensor:
        seen: Tensor = torch.tanh(self.gate(change)) * self.content(shown)
        return seen


class _Stage(nn.Module):
    def __init__(
        self, incoming: int, skip: int, feature: int, shallow: int, width: int, *, sees_original: bool = False
    ) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(incoming, width, 1, bias=False)
        self.gate = nn.Conv2d(skip, width, 1, bias=False) if skip else None
        self.content = nn.Conv2d(feature, width, 1) if feature else None
        self.original = nn.Conv2d(feature, width, 1, bias=False) if feature and sees_original else None
        if self.original is not None:
            nn.init.zeros_(self.original.weight)  # it adds nothing until it is trained
        self.fuse = nn.Conv2d(width + skip + (width if skip else 0) + shallow, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(
        self,
        x: Tensor,
        size: tuple[int, int],
        skip: Tensor | None,
        seen: tuple[Tensor, Tensor] | None,
        shallow: Tensor | None,
    ) -> Tensor:
        parts = [F.interpolate(self.reduce(x), size=size, mode="bilinear", align_corners=False)]
        if skip is not None and self.gate is not None and self.content is not None:
            assert seen is not None
            content = self.content(seen[1])
            if self.original is not None:
                content = content + self.original(seen[0])
            parts += [skip, torch.tanh(self.gate(skip)) * content]
        if shallow is not None:
            parts.append(shallow)
        mixed: Tensor = F.relu(self.norm(self.fuse(torch.cat(parts, 1))))
        return mixed
