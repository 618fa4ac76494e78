"""Instructions as tensors: what the parser and the text encoder said, padded to one shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sigmask.instruction.named_concepts import MAX_CONCEPTS, named_concepts
from sigmask.instruction.text_encoder import TextEncoder
from sigmask.types import Action, EditTuple

ACTIONS: tuple[Action, ...] = tuple(Action)
_SURROUNDINGS = re.compile(
    r"\b(back ?ground|backdrop|surrounding|scene|scenery|setting|sky|wall|environment)s?$|^(the )?back ?ground ",
    re.IGNORECASE,
)
"""What a phrase ends in that names the place around a subject; "wall clock" names a subject."""
NO_INSTRUCTION = len(ACTIONS)
"""The action index of a pair that has no instruction at all."""


@dataclass(frozen=True, slots=True)
class InstructionBatch:
    """B instructions with at most K concepts each.

    Attributes:
        concepts: (B, K, T) float, one text vector per concept, L2-normalised; zeros where there is none.
        on_original: (B, K) bool, True where the concept is to be sought on the original image, else on the edited.
        known: (B, K) bool, True where there is a concept and the encoder knows it.
        kept: (B, K) bool, True where the concept is what stays: the subject before a background that is replaced.
        action: (B,) int64 index into `ACTIONS`, or `NO_INSTRUCTION`.
    """

    concepts: Tensor
    on_original: Tensor
    known: Tensor
    kept: Tensor
    action: Tensor

    def to(self, device: torch.device | str) -> InstructionBatch:
        """The same batch on another device."""
        return InstructionBatch(
            self.concepts.to(device),
            self.on_original.to(device),
            self.known.to(device),
            self.kept.to(device),
            self.action.to(device),
        )


def collate_instructions(edits: Sequence[Sequence[EditTuple]], encoder: TextEncoder) -> InstructionBatch:
    """Turn the tuples of B instructions into tensors; concepts past the fourth are left out.

    The action of the first tuple stands for the instruction (our choice: most have one).
    """
    named = [named_concepts(tuples) for tuples in edits]
    on_original, kept = (torch.zeros(len(edits), MAX_CONCEPTS, dtype=torch.bool) for _ in range(2))
    action = torch.full((len(edits),), NO_INSTRUCTION, dtype=torch.int64)
    for row, tuples in enumerate(edits):
        if tuples:
            action[row] = ACTIONS.index(tuples[0].action)
        for slot, (phrase, sought_on_original) in enumerate(named[row]):
            on_original[row, slot] = sought_on_original
            kept[row, slot] = sought_on_original and _stays(tuples, phrase)
    concepts, known = _encoded([[phrase for phrase, _ in concepts] for concepts in named], encoder, MAX_CONCEPTS)
    return InstructionBatch(concepts, on_original, known, kept, action)


def name_batch(names: Sequence[Sequence[str]], encoder: TextEncoder, *, slots: int) -> InstructionBatch:
    """B lists of names, each to be sought on the original image; nothing is said of them. At most `slots` a list."""
    return encoded_name_batch(_encoded(names, encoder, slots)[0])


def encoded_name_batch(vectors: Tensor) -> InstructionBatch:
    """`name_batch` of names that are encoded already: (B, slots, T), zeros where there is no name or it is unknown."""
    known = vectors.abs().sum(-1) > 0
    action = torch.full((len(vectors),), NO_INSTRUCTION, dtype=torch.int64)
    return InstructionBatch(vectors, torch.ones_like(known), known, torch.zeros_like(known), action)


def _encoded(phrases: Sequence[Sequence[str]], encoder: TextEncoder, slots: int) -> tuple[Tensor, Tensor]:
    """(B, slots, T) vectors of B lists of phrases, zeros where there is none, and (B, slots) which are known."""
    vectors = torch.zeros(len(phrases), slots, encoder.dimension)
    if flat := [phrase for group in phrases for phrase in group]:
        found = iter(torch.from_numpy(np.ascontiguousarray(encoder.encode(flat), dtype=np.float32)))
        for row, group in enumerate(phrases):
            for slot in range(len(group)):
                vectors[row, slot] = next(found)
    return vectors, vectors.abs().sum(-1) > 0


def _stays(tuples: Sequence[EditTuple], phrase: str) -> bool:
    """Whether `phrase` is the subject of a change of background: "the dog's background", but not "the background"."""
    of_background = any(edit.action is Action.BACKGROUND and edit.original_concept == phrase for edit in tuples)
    return of_background and _SURROUNDINGS.search(phrase.strip()) is None
