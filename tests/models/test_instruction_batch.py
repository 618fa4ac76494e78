"""Instructions as tensors: which concept goes where, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from sigmask.instruction.instruction_arrays import ACTIONS, NO_INSTRUCTION
from sigmask.instruction.named_concepts import MAX_CONCEPTS
from sigmask.models.instruction_batch import collate_instructions, name_batch
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


def test_moving_to_a_device_keeps_all_tensors() -> None:
    batch = collate_instructions([(EditTuple("cat", None, Action.REMOVE),)], _LengthEncoder())
    moved = batch.to("cpu")
    for name in ("concepts", "on_original", "known", "kept", "location", "action"):
        assert torch.equal(getattr(moved, name), getattr(batch, name))


def test_the_subject_before_a_new_background_is_what_stays() -> None:
    batch = collate_instructions(
        [
            (EditTuple("dog", "beach", Action.BACKGROUND),),
            (EditTuple("the background", "beach", Action.BACKGROUND),),
            (EditTuple("dog", "cat", Action.REPLACE),),
            (EditTuple("wall clock", "forest", Action.BACKGROUND),),
            (EditTuple("background of the dog", "forest", Action.BACKGROUND),),
        ],
        _LengthEncoder(),
    )
    subject, nothing = [True, False, False, False], [False] * 4
    assert batch.kept.tolist() == [subject, nothing, nothing, subject, subject]
    assert torch.equal(batch.concepts[4, 0], batch.concepts[0, 0])  # the dog is sought, not its background


def test_names_alone_say_where_to_look_and_nothing_else() -> None:
    batch = name_batch([("cat", "???"), (), ("zebra",)], _LengthEncoder(), slots=3)
    assert batch.known.tolist() == [[True, False, False], [False] * 3, [True, False, False]]
    assert batch.concepts[2, 0].tolist() == [5, 1]
    assert batch.on_original.all()
    assert batch.action.tolist() == [NO_INSTRUCTION] * 3


def test_what_says_nothing_of_where_is_left_out_and_alone_counts_as_no_instruction() -> None:
    added, night = EditTuple(None, "hat", Action.ADD), EditTuple(None, "night", Action.TONE)
    batch = collate_instructions(
        [
            (EditTuple(None, "un chat noir", Action.UNKNOWN),),
            (night, EditTuple(None, None, Action.RESTORATION)),
            (night, added),
            (added, EditTuple("rain", None, Action.RESTORATION)),
            (added,),
        ],
        _LengthEncoder(),
    )
    assert batch.action.tolist() == [NO_INSTRUCTION] * 2 + [ACTIONS.index(Action.ADD)] * 3
    assert batch.known.sum(1).tolist() == [0, 0, 1, 1, 1]
    assert batch.concepts[2].equal(batch.concepts[4]) and batch.concepts[3].equal(batch.concepts[4])


def test_a_location_goes_to_the_concepts_of_its_edit_and_can_be_left_out() -> None:
    batch = collate_instructions(
        [
            (
                EditTuple("cat", "dog", Action.REPLACE, location="on the left"),
                EditTuple("sky", None, Action.TONE, location="at the top"),  # says nothing, and takes no slot
                EditTuple(None, "lamp", Action.ADD, location="in the bottom right corner"),
            ),
            (EditTuple("cat", None, Action.REMOVE, location="on the sofa"),),
        ],
        _LengthEncoder(),
    )
    left, none = [-1.0, 0.0, 0.0, 0.0], [0.0] * 4
    assert batch.location.tolist() == [[left, left, [1.0, 1.0, 0.0, 0.0], none], [none] * 4]
    bare = batch.without_location()
    assert not bare.location.any()
    assert bare.concepts is batch.concepts and bare.known is batch.known


def test_a_change_of_style_stands_for_all_wherever_it_stands() -> None:
    edits = EditTuple(None, "hat", Action.ADD), EditTuple(None, "sketch", Action.STYLE)
    batch = collate_instructions([edits, edits[::-1]], _LengthEncoder())
    assert batch.action.tolist() == [ACTIONS.index(Action.STYLE)] * 2
