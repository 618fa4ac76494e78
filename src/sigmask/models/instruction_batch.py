"""Instructions as tensors: what the parser and the text encoder said, padded to one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigmask.instruction.text_encoder import TextEncoder
from sigmask.types import Action, EditTuple

ACTIONS: tuple[Action, ...] = tuple(Action)
NO_INSTRUCTION = len(ACTIONS)
"""The action index of a pair that has no instruction at all."""
MAX_CONCEPTS = 4


@dataclass(frozen=True, slots=True)
class InstructionBatch:
    """B instructions with at most K concepts each.

    Attributes:
        concepts: (B, K, T) float, one text vector per concept, L2-normalised; zeros where there is none.
        on_original: (B, K) bool, True where the concept is to be sought on the original image, else on the edited.
        known: (B, K) bool, True where there is a concept and the encoder knows it.
        action: (B,) int64 index into `ACTIONS`, or `NO_INSTRUCTION`.
    """

    concepts: Tensor
    on_original: Tensor
    known: Tensor
    action: Tensor

    def to(self, device: torch.device | str) -> InstructionBatch:
        """The same batch on another device."""
        return InstructionBatch(
            self.concepts.to(device), self.on_original.to(device), self.known.to(device), self.action.to(device)
        )


def collate_instructions(edits: Sequence[Sequence[EditTuple]], encoder: TextEncoder) -> InstructionBatch:
    """Turn the tuples of B instructions into tensors; concepts past the fourth are left out.

    The action of the first tuple stands for the instruction (our choice: most have one).
    """
    phrases: list[str] = []
    places: list[tuple[int, int]] = []
    on_original = torch.zeros(len(edits), MAX_CONCEPTS, dtype=torch.bool)
    action = torch.full((len(edits),), NO_INSTRUCTION, dtype=torch.int64)
    for row, tuples in enumerate(edits):
        if tuples:
            action[row] = ACTIONS.index(tuples[0].action)
        for slot, (phrase, sought_on_original) in enumerate(named_concepts(tuples)):
            phrases.append(phrase)
            places.append((row, slot))
            on_original[row, slot] = sought_on_original
    concepts = torch.zeros(len(edits), MAX_CONCEPTS, encoder.dimension)
    if phrases:
        vectors = torch.from_numpy(np.ascontiguousarray(encoder.encode(phrases), dtype=np.float32))
        for (row, slot), vector in zip(places, vectors, strict=True):
            concepts[row, slot] = vector
    return InstructionBatch(concepts, on_original, concepts.abs().sum(-1) > 0, action)


def named_concepts(tuples: Sequence[EditTuple]) -> list[tuple[str, bool]]:
    """The concepts that an instruction names, at most `MAX_CONCEPTS`, each with True if sought on the original."""
    found: list[tuple[str, bool]] = []
    for edit in tuples:
        if edit.original_concept:
            found.append((edit.original_concept, True))
        if edit.edited_concept:
            found.append((edit.edited_concept, False))
    return found[:MAX_CONCEPTS]
