"""Instructions as tensors; see `instruction.instruction_arrays`, which says what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from sigmask.instruction.instruction_arrays import NO_INSTRUCTION, InstructionArrays, encode_lists, instruction_arrays
from sigmask.instruction.picture_side import NOWHERE
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.types import EditTuple


@dataclass(frozen=True, slots=True)
class InstructionBatch:
    """The fields of `InstructionArrays`, as tensors on one device."""

    concepts: Tensor
    on_original: Tensor
    known: Tensor
    kept: Tensor
    location: Tensor
    action: Tensor

    @classmethod
    def of(cls, arrays: InstructionArrays) -> InstructionBatch:
        """The same on the CPU, without a copy."""
        return cls(*(torch.from_numpy(getattr(arrays, field.name)) for field in fields(cls)))

    def to(self, device: torch.device | str) -> InstructionBatch:
        """The same batch on another device."""
        return InstructionBatch(*(getattr(self, field.name).to(device) for field in fields(self)))

    def without_location(self) -> InstructionBatch:
        """The same of which no side is said: for crops, whose sides are not the picture's."""
        return replace(self, location=torch.zeros_like(self.location))


def collate_instructions(edits: Sequence[Sequence[EditTuple]], encoder: TextEncoder) -> InstructionBatch:
    """The tuples of B instructions as tensors; see `instruction_arrays`."""
    return InstructionBatch.of(instruction_arrays(edits, encoder))


def name_batch(names: Sequence[Sequence[str]], encoder: TextEncoder, *, slots: int) -> InstructionBatch:
    """B lists of names, each to be sought on the original image; nothing is said of them. At most `slots` a list."""
    return encoded_name_batch(torch.from_numpy(encode_lists(names, encoder, slots)))


def encoded_name_batch(vectors: Tensor) -> InstructionBatch:
    """`name_batch` of names that are encoded already: (B, slots, T), zeros where there is no name or it is unknown."""
    known = vectors.abs().sum(-1) > 0
    action = torch.full((len(vectors),), NO_INSTRUCTION, dtype=torch.int64)
    location = torch.zeros(*known.shape, len(NOWHERE))
    return InstructionBatch(vectors, torch.ones_like(known), known, torch.zeros_like(known), location, action)
