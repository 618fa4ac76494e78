"""Grounding: how an action combines the maps of its concepts, and where a concept is sought."""

from __future__ import annotations

import pytest
import torch

from sigmask.instruction.instruction_arrays import ACTIONS, NO_INSTRUCTION
from sigmask.models.grounding import (
    FOUND,
    LOCATION_STRENGTH,
    UNIFORM,
    InstructionGrounding,
    believed_prior,
    combine_prior,
)
from sigmask.models.instruction_batch import InstructionBatch
from sigmask.types import Action


def _said(action: Action | None, known: tuple[bool, bool]) -> InstructionBatch:
    index = NO_INSTRUCTION if action is None else ACTIONS.index(action)
    flags = torch.tensor([known])
    kept = torch.tensor([[action is Action.BACKGROUND, False]])  # the first concept is a background's subject
    location = torch.zeros(1, 2, 4)
    return InstructionBatch(torch.zeros(1, 2, 4), torch.ones_like(flags), flags, kept, location, torch.tensor([index]))


MAPS = torch.tensor([[[0.1, 0.9, 0.2], [0.3, 0.4, 0.8]]])


@pytest.mark.parametrize(
    ("action", "known", "wanted"),
    [
        (Action.REPLACE, (True, True), [0.3, 0.9, 0.8]),  # the maximum of both concepts
        (Action.REMOVE, (True, False), [0.1, 0.9, 0.2]),  # an unknown concept has no say
        (Action.BACKGROUND, (True, False), [0.9, 0.1, 0.8]),  # all but the subject
        (Action.BACKGROUND, (True, True), [0.9, 0.4, 0.8]),  # and the new place
        (Action.BACKGROUND, (False, False), [UNIFORM] * 3),  # nothing named
        (Action.STYLE, (True, True), [1.0] * 3),
        (Action.UNKNOWN, (False, False), [UNIFORM] * 3),
        (Action.ADD, (False, False), [UNIFORM] * 3),
        (None, (False, False), [UNIFORM] * 3),
    ],
)
def test_the_action_decides_how_the_maps_combine(
    action: Action | None, known: tuple[bool, bool], wanted: list[float]
) -> None:
    torch.testing.assert_close(combine_prior(MAPS, _said(action, known)), torch.tensor([wanted]))


def test_a_prior_that_finds_nothing_is_not_believed() -> None:
    least, sure = FOUND
    half = (least + sure) / 2
    prior = torch.tensor([[0.1, sure, 0.2], [0.0, least, 0.3], [0.2, half, 0.5]])
    wanted = torch.tensor([[0.1, sure, 0.2], [UNIFORM] * 3, [0.35, (half + UNIFORM) / 2, 0.5]])
    torch.testing.assert_close(believed_prior(prior), wanted)


def test_a_concept_is_sought_on_the_image_it_belongs_to() -> None:
    torch.manual_seed(0)
    grounding = InstructionGrounding(channels=6, text_dimension=4, joint_width=8, token_width=10)
    original, edited = torch.randn(1, 6, 3, 4), torch.randn(1, 6, 3, 4)
    concepts = torch.randn(1, 1, 4).expand(1, 2, 4)
    instruction = InstructionBatch(
        concepts,
        torch.tensor([[True, False]]),
        torch.ones(1, 2, dtype=torch.bool),
        torch.zeros(1, 2, dtype=torch.bool),
        torch.zeros(1, 2, 4),
        torch.tensor([0]),
    )
    said = grounding(original, edited, instruction)
    elsewhere = grounding(original, torch.randn(1, 6, 3, 4), instruction)
    assert tuple(said.prior.shape) == (1, 12)
    assert tuple(said.concept.shape) == (1, 3, 10)
    assert said.concept_valid.tolist() == [[True, True, True]]
    # with another edited image, what is sought on the original stays and what is sought on the edited one moves
    torch.testing.assert_close(elsewhere.similarity_logits[0, 0], said.similarity_logits[0, 0])
    assert not torch.allclose(elsewhere.similarity_logits[0, 1], said.similarity_logits[0, 1])
    torch.testing.assert_close(said.prior, torch.sigmoid(said.similarity_logits).amax(1))


def test_the_action_token_is_valid_even_without_an_instruction() -> None:
    grounding = InstructionGrounding(channels=6, text_dimension=4, joint_width=8, token_width=10)
    said = grounding(torch.randn(1, 6, 3, 4), torch.randn(1, 6, 3, 4), _said(None, (False, False)))
    assert said.concept_valid.tolist() == [[False, False, True]]
    torch.testing.assert_close(said.concept[0, 2], grounding.action_token.weight[NO_INSTRUCTION])
    assert torch.equal(said.prior, torch.full((1, 12), UNIFORM))


@pytest.fixture
def bumps(monkeypatch: pytest.MonkeyPatch) -> InstructionGrounding:
    """A grounding that finds a thing at columns 3 and 9 of 13, alike, whatever it is asked for."""
    logits = torch.full((1, 1, 5, 13), -4.0)
    logits[..., 2, 3] = logits[..., 2, 9] = 1.0
    grounding = InstructionGrounding(channels=6, text_dimension=4, joint_width=8, token_width=10)
    monkeypatch.setattr(grounding, "similarity_of", lambda *_: logits.flatten(2))
    return grounding


def _located(side: tuple[float, float, float, float]) -> InstructionBatch:
    one = torch.ones(1, 1, dtype=torch.bool)
    concept = torch.tensor([[[1.0, 0.5, -0.5, 0.2]]])
    action = torch.tensor([ACTIONS.index(Action.REMOVE)])
    return InstructionBatch(concept, one, one, ~one, torch.tensor([[side]]), action)


@torch.inference_mode()
def test_left_and_right_flip_the_maximum_of_two_equal_things(bumps: InstructionGrounding) -> None:
    features = torch.zeros(1, 6, 5, 13)
    plain, left, right = (
        bumps(features, features, _located((across, 0.0, 0.0, 0.0))).prior.reshape(5, 13) for across in (0, -1, 1)
    )
    assert plain[2, 3] == plain[2, 9] == plain.max()
    assert left.argmax() == 2 * 13 + 3
    assert right.argmax() == 2 * 13 + 9
    tilt = LOCATION_STRENGTH * 6 / 13  # the centres of columns 3 and 9 are at x = -6/13 and 6/13
    torch.testing.assert_close(torch.logit(left[2, [3, 9]]), torch.tensor([1 + tilt, 1 - tilt]))


@pytest.mark.parametrize(("ahead", "found"), [(2.0, 3), (4.0, 9)])
@torch.inference_mode()
def test_a_side_outweighs_some_evidence_and_not_all(monkeypatch: pytest.MonkeyPatch, ahead: float, found: int) -> None:
    """Between columns 3 and 9 of 13 the side is worth 2 · 3 · 6/13 = 2.8 logits."""
    logits = torch.full((1, 1, 5, 13), -4.0)
    logits[..., 2, 3], logits[..., 2, 9] = 0.0, ahead
    grounding = InstructionGrounding(channels=6, text_dimension=4, joint_width=8, token_width=10)
    monkeypatch.setattr(grounding, "similarity_of", lambda *_: logits.flatten(2))
    features = torch.zeros(1, 6, 5, 13)
    assert grounding(features, features, _located((-1.0, 0.0, 0.0, 0.0))).prior.argmax() == 2 * 13 + found


@torch.inference_mode()
def test_without_a_location_the_prior_is_that_of_the_similarity_bit_for_bit(bumps: InstructionGrounding) -> None:
    features = torch.zeros(1, 6, 5, 13)
    instruction = _located((0.0, 0.0, 0.0, 0.0))
    said = bumps(features, features, instruction)
    assert torch.equal(said.prior, combine_prior(torch.sigmoid(said.similarity_logits), instruction))
    # what the prior's loss looks at knows no location
    located = bumps(features, features, _located((1.0, 0.0, 0.0, 0.0)))
    assert torch.equal(located.similarity_logits, said.similarity_logits)
    assert not torch.equal(located.concept_maps, said.concept_maps)
