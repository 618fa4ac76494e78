"""The shape of a model, as `config.json` beside its weights gives it. Nothing here needs torch."""

from __future__ import annotations

from dataclasses import dataclass

from sigmask.instruction.text_encoder import STATIC

DECODER_ADDITIONS = ("outline_blocks", "context_blocks", "affinity_blocks", "original_content")
"""Parts that weights may go on with though they were trained without: they add nothing until they are trained."""


@dataclass(frozen=True, slots=True)
class LocatorConfig:
    """The shape of a `Locator`; stored with the weights.

    `long_side` is the size in pixels at which images enter: the longer side, aspect kept. With `deeper_grounding`,
    grounding also sees one more stage of the trunk, which the difference does without. `outline_blocks` are further
    looks of the decoder at the full-resolution path, `context_blocks` ones over a wide neighbourhood on a coarse grid;
    before it `affinity_blocks` let what changed spread over places that show the same thing;
    with `original_content` it sees what the original shows beside what the edited image does, where they differ;
    `null_textures` > 1 keeps the null statistics of so many levels of texture apart. `text_encoder` is "static", the
    word table beside the weights, or "sentence:" and the Hub name or folder of a sentence-transformers model (CLIP's
    text side is one); `text_dimension` is the length of its vectors.
    """

    backbone: str = "tiny"
    long_side: int = 384
    token_width: int = 96
    joint_width: int = 64
    difference_widths: tuple[int, ...] = (24, 40, 96)
    decoder_widths: tuple[int, int, int] = (56, 32, 20)
    shallow_width: int = 12
    outline_blocks: int = 0
    context_blocks: int = 0
    affinity_blocks: int = 0
    original_content: bool = False
    blocks: int = 2
    heads: int = 4
    code_width: int = 32
    text_dimension: int = 128
    deeper_grounding: bool = False
    null_textures: int = 1
    text_encoder: str = STATIC
