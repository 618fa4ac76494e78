"""Decoder: full resolution from any grid, and the same answer for every pair of equal images."""

from __future__ import annotations

import pytest
import torch

from sigmask.models.mask_decoder import MaskDecoder, ShallowPath
from sigmask.models.semantic_difference import relative_pixel_difference


def _relative(original: torch.Tensor, edited: torch.Tensor) -> torch.Tensor:
    return relative_pixel_difference(original, edited, torch.tensor(2 / 255))


def _decoder(finer: int, **blocks: int) -> MaskDecoder:
    torch.manual_seed(0)
    return MaskDecoder(8, (6, 4)[:finer], (5, 3)[:finer], (12, 10, 7), shallow_width=4, **blocks).eval()


def _looked_around(decoder: MaskDecoder, seed: int = 1) -> MaskDecoder:
    """With blocks that do something, as trained ones do."""
    torch.manual_seed(seed)
    for block in (*decoder.outline, *decoder.context):
        torch.nn.init.normal_(block.contract.weight)
    if decoder.shown is not None:
        torch.nn.init.normal_(decoder.shown.content.weight)
    for stage in decoder.stages:
        if stage.original is not None:
            torch.nn.init.normal_(stage.original.weight)
    return decoder


def _shown(height: int, width: int, finer: int = 2) -> list[torch.Tensor]:
    """What two pictures show: features on the tokens' grid, and at so many finer depths."""
    depths = ((9, 16), (5, 8), (3, 4))[: finer + 1]
    return [torch.randn(2, channels, height // stride, width // stride) for channels, stride in depths]


@pytest.mark.parametrize("finer", [0, 1, 2])
@pytest.mark.parametrize("size", [(64, 96), (96, 64), (32, 32)])
def test_logits_have_the_images_size(finer: int, size: tuple[int, int]) -> None:
    height, width = size
    grid = (height // 16, width // 16)
    skips = [torch.randn(2, channels, height // stride, width // stride) for channels, stride in ((6, 8), (4, 4))]
    shown = _shown(height, width, finer), _shown(height, width, finer)
    tokens, prior = torch.randn(2, grid[0] * grid[1], 8), torch.rand(2, grid[0] * grid[1])
    pictures = torch.rand(2, 2, 3, height, width)
    for grid_width in (0, 9):
        decoder = _decoder(finer, grid_width=grid_width)
        logits, maps = decoder(tokens, prior, grid, skips[:finer], *shown, *pictures, _relative(*pictures))
        assert tuple(logits.shape) == (2, height, width)
        assert tuple(maps.shape) == (2, 7, height // 2, width // 2)


def test_equal_images_get_the_same_answer_whatever_they_show() -> None:
    grid, tokens, prior = (4, 6), torch.zeros(2, 24, 8), torch.zeros(2, 24)
    skips = [torch.zeros(2, 6, 8, 12), torch.zeros(2, 4, 16, 24)]
    shown = _shown(64, 96)  # two pictures that have nothing in common
    picture = torch.rand(2, 3, 64, 96)
    decoder = _looked_around(_decoder(2, outline_blocks=1, context_blocks=2, grid_width=9))
    logits, _ = decoder(tokens, prior, grid, skips, shown, shown, picture, picture, _relative(picture, picture))
    assert torch.equal(logits[0], logits[1])


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_what_the_original_shows_matters_where_something_differs(depth: int) -> None:
    tokens, prior = torch.randn(2, 24, 8), torch.rand(2, 24)
    skips = [torch.randn(2, 6, 8, 12), torch.randn(2, 4, 16, 24)]
    before, after = _shown(64, 96), _shown(64, 96)
    other = [torch.randn_like(part) if place == depth else part for place, part in enumerate(before)]
    pictures = torch.rand(2, 2, 3, 64, 96)
    for grid_width, matters in ((0, False), (9, True)):
        decoder = _looked_around(_decoder(2, grid_width=grid_width))
        answers = [
            decoder(tokens, prior, (4, 6), skips, each, after, *pictures, _relative(*pictures))[0]
            for each in (before, other)
        ]
        assert torch.equal(*answers) is not matters


def test_each_context_block_looks_24_pixels_further() -> None:
    grid, tokens, prior = (1, 32), torch.zeros(1, 32, 8), torch.zeros(1, 32)  # 16 × 512 pixels
    changed = tokens.clone()
    changed[:, 16] = 1.0

    def reach(blocks: int) -> int:
        decoder = _looked_around(_decoder(0, context_blocks=blocks))
        picture = torch.rand(1, 3, 16, 512, generator=torch.Generator().manual_seed(3))
        same = picture, picture, _relative(picture, picture)
        with torch.no_grad():
            before, after = (decoder(each, prior, grid, [], [], [], *same)[0] for each in (tokens, changed))
        return int((before != after).any(1)[0].nonzero().max())

    assert [reach(1) - reach(0), reach(2) - reach(0)] == [24, 48]  # 3 places of 8 pixels


def test_the_shallow_path_is_zero_for_equal_images_and_not_for_others() -> None:
    torch.manual_seed(0)
    path = ShallowPath(4)
    picture = torch.rand(1, 3, 16, 16)
    same = path(picture, picture, _relative(picture, picture))
    assert tuple(same.shape) == (1, 4, 8, 8)
    assert torch.equal(same, torch.zeros_like(same))
    edited = picture.clone()
    edited[:, :, :2, :2] = 1 - edited[:, :, :2, :2]
    changed = path(picture, edited, _relative(picture, edited)).abs().amax(1)[0] > 0
    assert changed[0, 0]
    assert not changed[3:, 3:].any()
