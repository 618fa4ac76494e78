"""Small locators with random weights, and instructions as tensors, for tests."""

from __future__ import annotations

import torch

from sigmask.instruction.instruction_arrays import NO_INSTRUCTION
from sigmask.instruction.named_concepts import MAX_CONCEPTS
from sigmask.instruction.picture_side import NOWHERE
from sigmask.models.instruction_batch import InstructionBatch
from sigmask.models.locator import Locator
from sigmask.models.locator_config import LocatorConfig
from sigmask.models.pretrained import with_decoder_blocks
from tests.models.small_vit import SMALL_VIT

TEXT_DIMENSION = 128
"""As the embedded text table has it."""


def small_config(backbone: str) -> LocatorConfig:
    return LocatorConfig(
        backbone=backbone,
        long_side=96,
        token_width=32,
        joint_width=16,
        difference_widths=(8, 8, 16),
        decoder_widths=(16, 12, 8),
        shallow_width=4,
        blocks=2,
        heads=2,
        code_width=8,
        text_dimension=TEXT_DIMENSION,
        deeper_grounding=backbone == "tiny",
    )


def random_locator(backbone: str = SMALL_VIT, seed: int = 0) -> Locator:
    """A small locator in evaluation mode; the same for a seed."""
    torch.manual_seed(seed)
    model = Locator(small_config(backbone)).eval()
    model.backbone.freeze()
    return model


def with_affinity(model: Locator) -> Locator:
    """`model` with an affinity block that does hand something on, in evaluation mode."""
    larger = with_decoder_blocks(model, affinity=1).eval().requires_grad_(False)
    torch.nn.init.normal_(larger.affinity[0].hand_on.weight, std=0.3)
    return larger


def random_instruction(action: int, concepts: int = 1, seed: int = 0) -> InstructionBatch:
    """One instruction with `concepts` random concepts, sought on the original image."""
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.zeros(1, MAX_CONCEPTS, TEXT_DIMENSION)
    vectors[:, :concepts] = torch.nn.functional.normalize(
        torch.randn(1, concepts, TEXT_DIMENSION, generator=generator), dim=-1
    )
    known = torch.zeros(1, MAX_CONCEPTS, dtype=torch.bool)
    known[:, :concepts] = True
    nothing, location = torch.zeros_like(known), torch.zeros(1, MAX_CONCEPTS, len(NOWHERE))
    return InstructionBatch(vectors, torch.ones_like(known), known, nothing, location, torch.tensor([action]))


def no_instruction(count: int = 1) -> InstructionBatch:
    """`count` pairs of which nothing is said."""
    nothing = torch.zeros(count, MAX_CONCEPTS, dtype=torch.bool)
    return InstructionBatch(
        torch.zeros(count, MAX_CONCEPTS, TEXT_DIMENSION),
        nothing,
        nothing,
        nothing,
        torch.zeros(count, MAX_CONCEPTS, len(NOWHERE)),
        torch.full((count,), NO_INSTRUCTION),
    )


def repeat_instruction(instruction: InstructionBatch, count: int) -> InstructionBatch:
    """The one instruction, `count` times."""
    return InstructionBatch(
        instruction.concepts.expand(count, -1, -1),
        instruction.on_original.expand(count, -1),
        instruction.known.expand(count, -1),
        instruction.kept.expand(count, -1),
        instruction.location.expand(count, -1, -1),
        instruction.action.expand(count),
    )
