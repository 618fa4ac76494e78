"""Instructions as arrays: what the parser and the text encoder said, padded to one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sigmask.instruction.named_concepts import AS_NOTHING_SAID, MAX_CONCEPTS, sought_concepts
from sigmask.instruction.picture_side import NOWHERE, picture_side
from sigmask.instruction.text_encoder import EmbeddingArray, TextEncoder
from sigmask.types import Action, EditTuple, MaskArray

ACTIONS: tuple[Action, ...] = tuple(Action)
NO_INSTRUCTION = len(ACTIONS)
"""The action index of a pair that has no instruction at all."""


@dataclass(frozen=True, slots=True)
class InstructionArrays:
    """B instructions with at most K concepts each.

    Attributes:
        concepts: (B, K, T) float32, one text vector per concept, L2-normalised; zeros where there is none.
        on_original: (B, K) bool, True where the concept is to be sought on the original image, else on the edited.
        known: (B, K) bool, True where there is a concept and the encoder knows it.
        kept: (B, K) bool, True where the concept is what stays: the subject before a background that is replaced.
        location: (B, K, 4) float32 in [-1, 1], the side of the picture on which the concept lies, as
            `picture_side` gives it; zeros where none is said.
        action: (B,) int64 index into `ACTIONS`, or `NO_INSTRUCTION`.
    """

    concepts: EmbeddingArray
    on_original: MaskArray
    known: MaskArray
    kept: MaskArray
    location: EmbeddingArray
    action: npt.NDArray[np.int64]


def instruction_arrays(edits: Sequence[Sequence[EditTuple]], encoder: TextEncoder) -> InstructionArrays:
    """Turn the tuples of B instructions into arrays; concepts past the fourth are left out.

    The action of the first tuple stands for the instruction, but a change of style, since it changes everything, for
    all of it. Edits that are `AS_NOTHING_SAID` are left out, and an instruction of nothing else counts as none. Both
    are our choice (`docs/decisions/0016-what-says-nothing.md`).
    """
    edits = [[edit for edit in tuples if edit.action not in AS_NOTHING_SAID] for tuples in edits]
    named = [sought_concepts(tuples) for tuples in edits]
    on_original, kept = (np.zeros((len(edits), MAX_CONCEPTS), dtype=bool) for _ in range(2))
    location = np.zeros((len(edits), MAX_CONCEPTS, len(NOWHERE)), dtype=np.float32)
    action = np.full(len(edits), NO_INSTRUCTION, dtype=np.int64)
    for row, tuples in enumerate(edits):
        if tuples:
            said = [edit.action for edit in tuples]
            action[row] = ACTIONS.index(Action.STYLE if Action.STYLE in said else said[0])
        for slot, concept in enumerate(named[row]):
            on_original[row, slot], kept[row, slot] = concept.on_original, concept.stays
            location[row, slot] = picture_side(concept.edit)
    vectors = encode_lists([[concept.phrase for concept in concepts] for concepts in named], encoder, MAX_CONCEPTS)
    known = np.asarray(np.abs(vectors).sum(-1) > 0, dtype=bool)
    return InstructionArrays(vectors, on_original, known, kept, location, action)


def encode_lists(phrases: Sequence[Sequence[str]], encoder: TextEncoder, slots: int) -> EmbeddingArray:
    """(B, slots, T) vectors of B lists of at most `slots` phrases, zeros where there is none or it is unknown."""
    vectors = np.zeros((len(phrases), slots, encoder.dimension), dtype=np.float32)
    if flat := [phrase for group in phrases for phrase in group]:
        found = iter(encoder.encode(flat))
        for row, group in enumerate(phrases):
            for slot in range(len(group)):
                vectors[row, slot] = next(found)
    return vectors
