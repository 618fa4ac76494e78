"""The whole model with random weights: shapes, cached features, and equal images."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from sigmask.errors import ConfigError
from sigmask.instruction.instruction_arrays import ACTIONS
from sigmask.models.locator import Locator
from sigmask.types import Action
from tests.models.random_locator import (
    no_instruction,
    random_instruction,
    random_locator,
    repeat_instruction,
    small_config,
    with_affinity,
)
from tests.models.small_vit import SMALL_VIT


@pytest.mark.parametrize("backbone", ["tiny", SMALL_VIT])
def test_every_output_has_its_shape(backbone: str) -> None:
    model = random_locator(backbone)
    pictures = torch.rand(2, 2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        output = model(*pictures, no_instruction(2))
    assert tuple(output.mask_logits.shape) == (2, 64, 96)
    assert tuple(output.prior.shape) == tuple(output.refined_prior.shape) == (2, 4, 6)
    assert tuple(output.quality_logits.shape) == (2,)
    assert tuple(output.scope_logits.shape) == (2, 3)
    assert tuple(output.edit_code.shape) == tuple(output.noise_code.shape) == (2, 24, 8)
    assert output.mask_logits.isfinite().all()
    assert torch.equal(output.prior, torch.full((2, 4, 6), 0.5))


@pytest.mark.parametrize("backbone", ["tiny", SMALL_VIT])
def test_locating_from_cached_features_is_the_same(backbone: str) -> None:
    model = random_locator(backbone)
    original, edited = torch.rand(2, 2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    instruction = repeat_instruction(random_instruction(ACTIONS.index(Action.REMOVE)), 2)
    with torch.inference_mode():
        whole = model(original, edited, instruction)
        cached = model.locate(model.backbone(original), model.backbone(edited), original, edited, instruction)
    torch.testing.assert_close(cached.mask_logits, whole.mask_logits, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(cached.refined_prior, whole.refined_prior, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(cached.quality_logits, whole.quality_logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("backbone", ["tiny", SMALL_VIT])
def test_equal_images_get_one_answer_for_all_pictures_and_instructions(backbone: str) -> None:
    model = with_affinity(random_locator(backbone))
    generator = torch.Generator().manual_seed(1)
    pictures = torch.rand(2, 1, 3, 64, 96, generator=generator)
    said = [no_instruction(), *(random_instruction(index, concepts=2, seed=index) for index in range(len(ACTIONS)))]
    with torch.inference_mode():
        answers = [model(picture, picture, words) for picture in pictures for words in said]
    for answer in answers[1:]:
        assert torch.equal(answer.mask_logits, answers[0].mask_logits)
        assert torch.equal(answer.refined_prior, torch.zeros_like(answer.refined_prior))


def test_a_width_for_every_depth_is_asked_for() -> None:
    config = dataclasses.replace(small_config(SMALL_VIT), difference_widths=(8, 8))
    with pytest.raises(ConfigError, match="each of the 3 depths of backbone 'vit-test', got 2"):
        Locator(config)


def test_a_frozen_trunk_is_frozen_to_its_end() -> None:
    model = random_locator("tiny")
    model.requires_grad_(True)
    model.freeze_trunk()
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert model.grounding.deeper is not None and any(name.startswith("grounding.join.") for name in trained)
    assert not any(name.startswith(("backbone.", "grounding.deeper.")) for name in trained)


def test_grounding_looks_at_the_last_stages_and_the_mask_does_not_without_words() -> None:
    model = random_locator("tiny")
    original, edited = torch.rand(2, 1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    words = random_instruction(ACTIONS.index(Action.REMOVE))
    with torch.inference_mode():
        silent, said = model(original, edited, no_instruction()), model(original, edited, words)
        assert model.grounding.join is not None
        model.grounding.join.weight.zero_()
        silent_without, said_without = model(original, edited, no_instruction()), model(original, edited, words)
    assert torch.equal(silent.mask_logits, silent_without.mask_logits)
    assert not torch.allclose(said.prior, said_without.prior)
