"""The whole model: two images and an instruction in, mask logits, prior, quality and scope out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sigmask.errors import ConfigError
from sigmask.models.backbone import Backbone, deeper_stages
from sigmask.models.content_affinity import AffinityBlock, shown_at
from sigmask.models.cross_modal_refinement import CrossModalRefinement
from sigmask.models.grounding import Grounding, InstructionGrounding, believed_prior
from sigmask.models.heads import CodeHead, QualityHead, ScopeHead
from sigmask.models.instruction_batch import InstructionBatch
from sigmask.models.locator_config import LocatorConfig
from sigmask.models.mask_decoder import MaskDecoder
from sigmask.models.semantic_difference import (
    DifferencePyramid,
    SemanticDifference,
    noise_level,
    relative_pixel_difference,
)


@dataclass(frozen=True, slots=True)
class LocatorOutput:
    """What the model says of a batch.

    Attributes:
        mask_logits: (B, H, W).
        prior: (B, h, w) in [0, 1], as the instruction alone gives it.
        refined_prior: (B, h, w) in [0, 1], after the evidence had its say.
        quality_logits: (B,), the sigmoid is the expected IoU.
        scope_logits: (B, 3), in the order of `types.SCOPES`.
        edit_code, noise_code: (B, N, code_width).
        grounding, difference: the parts, for losses and explanations.
    """

    mask_logits: Tensor
    prior: Tensor
    refined_prior: Tensor
    quality_logits: Tensor
    scope_logits: Tensor
    edit_code: Tensor
    noise_code: Tensor
    grounding: Grounding
    difference: DifferencePyramid


class Locator(nn.Module):
    """Backbone → semantic difference → grounding → refinement → decoder and heads."""

    def __init__(self, config: LocatorConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config.backbone)
        channels, strides = self.backbone.channels, self.backbone.strides
        if len(config.difference_widths) != len(channels):
            raise ConfigError(
                f"difference_widths must have one number for each of the {len(channels)} depths of backbone "
                f"'{config.backbone}', got {len(config.difference_widths)}: {config.difference_widths}"
            )
        finer = [depth for depth, stride in enumerate(strides) if stride < strides[-1]][::-1]
        self.finer_depths = tuple(finer)
        self.semantic_difference = SemanticDifference(
            channels,
            config.difference_widths,
            config.token_width,
            self.backbone.spec.match_radius,
            config.null_textures,
        )
        self.grounding = InstructionGrounding(
            channels[-1],
            config.text_dimension,
            config.joint_width,
            config.token_width,
            *(deeper_stages(config.backbone) if config.deeper_grounding else (None, 0)),
        )
        self.refinement = CrossModalRefinement(config.token_width, config.heads, config.blocks)
        self.affinity = nn.ModuleList(
            AffinityBlock(config.token_width, 2 * config.joint_width, config.heads)
            for _ in range(config.affinity_blocks)
        )
        self.decoder = MaskDecoder(
            config.token_width,
            [config.difference_widths[depth] for depth in finer],
            [channels[depth] for depth in finer],
            config.decoder_widths,
            config.shallow_width,
            config.outline_blocks,
            config.context_blocks,
            channels[-1] if config.original_content else 0,
        )
        self.quality = QualityHead(config.decoder_widths[-1])
        self.scope = ScopeHead(config.token_width)
        self.codes = CodeHead(config.token_width, config.code_width)

    def freeze_trunk(self) -> None:
        """No gradient for the backbone, nor for the stages of it that grounding has for itself."""
        self.backbone.freeze()
        if self.grounding.deeper is not None:
            self.grounding.deeper.requires_grad_(False)

    def forward(
        self, original: Tensor, edited: Tensor, instruction: InstructionBatch, noise: Tensor | None = None
    ) -> LocatorOutput:
        """`original`, `edited`: (B, 3, H, W) in [0, 1], of a size that the backbone takes; `noise` as in `locate`."""
        before, after = self.features(original, edited)
        return self.locate(before, after, original, edited, instruction, noise)

    def difference_and_codes(
        self, original: Tensor, edited: Tensor, noise: Tensor | None = None
    ) -> tuple[DifferencePyramid, Tensor, Tensor]:
        """The difference of two images with its edit and noise codes, and nothing behind; `noise` as in `locate`."""
        before, after = self.features(original, edited)
        noise = noise_level(original, edited) if noise is None else noise
        pixels = relative_pixel_difference(original, edited, noise)
        difference = self.semantic_difference(before, after, pixels, original)
        return difference, *self.codes(difference.tokens)

    def features(self, original: Tensor, edited: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Both images' features, in one pass through the backbone."""
        halves = [depth.chunk(2) for depth in self.backbone(torch.cat([original, edited]))]
        return [before for before, _ in halves], [after for _, after in halves]

    def locate(
        self,
        original_features: list[Tensor],
        edited_features: list[Tensor],
        original: Tensor,
        edited: Tensor,
        instruction: InstructionBatch,
        noise: Tensor | None = None,
    ) -> LocatorOutput:
        """The same from features that are already there.

        Args:
            noise: (B, 1, 1, 1), the pairs' own noise level; measured on the images if None. Trainings, which show
                crops, know it of the whole picture.
        """
        noise = noise_level(original, edited) if noise is None else noise
        pixels = relative_pixel_difference(original, edited, noise)
        difference = self.semantic_difference(original_features, edited_features, pixels, original)
        grounding = self.grounding(original_features[-1], edited_features[-1], instruction)
        tokens, _, refined_prior = self.refinement(
            difference.tokens,
            grounding.concept,
            grounding.concept_valid,
            believed_prior(grounding.prior),
            difference.grid,
        )
        if len(self.affinity):
            shown = shown_at(grounding.joint)
            for block in self.affinity:
                tokens = block(tokens, shown, refined_prior, difference.grid)
        mask_logits, maps = self.decoder(
            tokens,
            refined_prior,
            difference.grid,
            [difference.maps[depth] for depth in self.finer_depths],
            [original_features[-1], *(original_features[depth] for depth in self.finer_depths)],
            [edited_features[-1], *(edited_features[depth] for depth in self.finer_depths)],
            original,
            edited,
            pixels,
        )
        edit_code, noise_code = self.codes(difference.tokens)
        return LocatorOutput(
            mask_logits=mask_logits,
            prior=grounding.prior.unflatten(1, difference.grid),
            refined_prior=refined_prior.unflatten(1, difference.grid),
            quality_logits=self.quality.logits(maps, mask_logits),
            scope_logits=self.scope(tokens),
            edit_code=edit_code,
            noise_code=noise_code,
            grounding=grounding,
            difference=difference,
        )
