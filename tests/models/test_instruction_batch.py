"""Instructions as tensors: which concept goes where, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from sigmask.models.instruction_batch import ACTIONS, MAX_CONCEPTS, NO_INSTRUCTION, collate_instructions
from sigmask.types import Action, EditTuple


class _LengthEncoder:
    """A phrase's vector is (its length, 1), or zero for "???"."""

    name = "length"
    dimension = 2

    def encode(self, phrases: Sequence[str]) -> np.ndarray:
        return np.array([[0, 0] if phrase == "???" else [len(phrase), 1] for phrase in phrases], np.float32)


def test_concepts_actions_and_sides_are_laid_out_in_order() -> None:
    batch = collate_instructions(
        [
            (EditTuple("cat", "tiger", Action.REPLACE),),
            (),
            (EditTuple(None, "???", Action.ADD), EditTuple("red car", None, Action.REMOVE)),
        ],
        _LengthEncoder(),
    )
    assert batch.action.tolist() == [ACTIONS.index(Action.REPLACE), NO_INSTRUCTION, ACTIONS.index(Action.ADD)]
    assert batch.known.tolist() == [[True, True, False, False], [False] * 4, [False, True, False, False]]
    assert batch.on_original[0, :2].tolist() == [True, False]
    assert batch.on_original[2, :2].tolist() == [False, True]
    assert batch.concepts[0, :2, 0].tolist() == [3, 5]
    assert batch.concepts[2, 1, 0] == 7
    assert not batch.concepts[1].any()


def test_concepts_past_the_fourth_are_left_out() -> None:
    edits = tuple(EditTuple("a" * length, None, Action.REMOVE) for length in range(1, 7))
    batch = collate_instructions([edits], _LengthEncoder())
    assert batch.concepts[0, :, 0].tolist() == [1, 2, 3, 4]
    assert batch.known.shape == (1, MAX_CONCEPTS)


def test_moving_to_a_device_keeps_all_four_tensors() -> None:
    batch = collate_instructions([(EditTuple("cat", None, Action.REMOVE),)], _LengthEncoder())
    moved = batch.to("cpu")
    for name in ("concepts", "on_original", "known", "action"):
        assert torch.equal(getattr(moved, name), getattr(batch, name))
