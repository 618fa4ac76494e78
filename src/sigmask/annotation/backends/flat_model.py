"""The model as exporters want it: tensors in, tensors out, and nothing else."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from sigmask.annotation.backends.backend import OUTPUTS
from sigmask.instruction.instruction_arrays import NO_INSTRUCTION
from sigmask.instruction.named_concepts import MAX_CONCEPTS
from sigmask.instruction.picture_side import NOWHERE
from sigmask.models.instruction_batch import InstructionBatch
from sigmask.models.locator import Locator


class FlatModel(nn.Module):
    """`INPUTS` → `OUTPUTS`; images (2, B, H, W, 3) uint8, the rest as in `InstructionArrays`. Any B, H and W."""

    def __init__(self, model: Locator) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        images: Tensor,
        concepts: Tensor,
        on_original: Tensor,
        known: Tensor,
        kept: Tensor,
        location: Tensor,
        action: Tensor,
    ) -> tuple[Tensor, ...]:
        pixels = images.permute(0, 1, 4, 2, 3).float() / 255
        instruction = InstructionBatch(concepts, on_original, known, kept, location, action)
        output = self.model(pixels[0], pixels[1], instruction)
        return tuple(getattr(output, name) for name in OUTPUTS)

    def example(self) -> tuple[Tensor, ...]:
        """Inputs to trace with."""
        config = self.model.config
        multiple = self.model.backbone.size_multiple
        side = max(multiple, config.long_side // multiple // 2 * multiple)
        known = torch.ones(2, MAX_CONCEPTS, dtype=torch.bool)
        return (
            torch.arange(4 * side * 2 * side * 3).remainder(251).to(torch.uint8).view(2, 2, side, 2 * side, 3),
            torch.ones(2, MAX_CONCEPTS, config.text_dimension),
            known,
            known,
            ~known,
            torch.ones(2, MAX_CONCEPTS, len(NOWHERE)),
            torch.full((2,), NO_INSTRUCTION),
        )


@contextlib.contextmanager
def tracing() -> Iterator[None]:
    """No gradients, and no warning of each Python comparison: tests compare what is traced with the model."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
