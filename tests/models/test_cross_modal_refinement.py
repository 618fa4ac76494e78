"""Refinement: no evidence, no answer, whatever the instruction says."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.models.cross_modal_refinement import CrossModalRefinement, RefinementBlock

_WIDTH, _GRID = 16, (3, 4)


def _refinement() -> CrossModalRefinement:
    torch.manual_seed(0)
    return CrossModalRefinement(_WIDTH, heads=2, blocks=2)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), level=st.floats(0, 1), scale=st.floats(0.01, 100))
def test_no_difference_stays_none_and_the_prior_fades(seed: int, level: float, scale: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    concept = scale * torch.randn(2, 3, _WIDTH, generator=generator)
    valid = torch.tensor([[True, False, True], [False, False, True]])
    nothing = torch.zeros(2, 12, _WIDTH)
    refined, _, prior = _refinement()(nothing, concept, valid, torch.full((2, 12), level), _GRID)
    assert torch.equal(refined, nothing)
    assert torch.equal(prior, torch.zeros(2, 12))


def test_the_prior_fades_only_where_there_is_no_evidence() -> None:
    generator = torch.Generator().manual_seed(1)
    difference = torch.zeros(1, 12, _WIDTH)
    difference[:, 0] = 5 * torch.randn(_WIDTH, generator=generator)
    concept = torch.randn(1, 3, _WIDTH, generator=generator)
    block = _refinement().blocks[0]
    _, _, prior = block(difference, concept, torch.ones(1, 3, dtype=torch.bool), torch.full((1, 12), 0.5), _GRID)
    assert prior[0, 0] > 0.05
    assert prior[0, 3] == 0  # out of reach of the local 5×5 mixing
    assert prior[0, 11] < prior[0, 0]


def test_concepts_that_are_not_there_have_no_say() -> None:
    generator = torch.Generator().manual_seed(2)
    difference = torch.randn(1, 12, _WIDTH, generator=generator)
    concept = torch.randn(1, 3, _WIDTH, generator=generator)
    other = concept.clone()
    other[:, 1] = 100.0
    valid, prior = torch.tensor([[True, False, True]]), torch.rand(1, 12, generator=generator)
    refined, _, refined_prior = _refinement()(difference, concept, valid, prior, _GRID)
    again, _, prior_again = _refinement()(difference, other, valid, prior, _GRID)
    torch.testing.assert_close(refined, again)
    torch.testing.assert_close(refined_prior, prior_again)


def test_the_instruction_changes_evidence_that_is_there() -> None:
    generator = torch.Generator().manual_seed(3)
    difference = torch.randn(1, 12, _WIDTH, generator=generator)
    valid, prior = torch.ones(1, 3, dtype=torch.bool), torch.full((1, 12), 0.9)
    one, other = (
        _refinement()(difference, 3 * torch.randn(1, 3, _WIDTH, generator=generator), valid, prior, _GRID)
        for _ in range(2)
    )
    assert not torch.allclose(one[0], other[0])


def test_a_sure_prior_can_still_be_doubted_in_half_precision() -> None:
    generator = torch.Generator().manual_seed(4)
    difference = torch.randn(1, 12, _WIDTH, generator=generator)
    told = (difference, difference[:, :1], torch.ones(1, 1, dtype=torch.bool))
    sure = torch.ones(1, 12)
    refinement = _refinement().eval()
    for block in refinement.blocks:
        block.support.weight.data = -6 * torch.eye(_WIDTH)  # evidence that speaks against the words
    with torch.no_grad():
        _, _, exact = refinement(*told, sure, _GRID)
        with torch.autocast("cpu", torch.bfloat16):
            _, _, halved = refinement(*told, sure.bfloat16(), _GRID)
    assert exact[0, 0] < 0.1
    torch.testing.assert_close(halved, exact, atol=0.1, rtol=0)


@torch.no_grad()
def _block_of_attention_alone() -> RefinementBlock:
    """A block that mixes nothing between neighbours, so that what its two attentions do can be worked out."""
    torch.manual_seed(0)
    block = RefinementBlock(_WIDTH, heads=2)
    block.contract.weight.zero_()
    return block


@torch.no_grad()
def test_the_instruction_amplifies_only_where_the_prior_points() -> None:
    generator = torch.Generator().manual_seed(4)
    difference, concept = (torch.randn(1, count, _WIDTH, generator=generator) for count in (12, 3))
    prior = torch.zeros(1, 12)
    prior[:, 6:] = 0.9
    refined, _, _ = _block_of_attention_alone()(difference, concept, torch.ones(1, 3, dtype=torch.bool), prior, _GRID)
    assert torch.equal(refined[:, :6], difference[:, :6])
    assert (refined[:, 6:] - difference[:, 6:]).abs().amax(-1).min() > 0.01


@torch.no_grad()
def test_what_a_concept_takes_from_a_token_is_weighed_by_the_prior() -> None:
    """Where no key is nearer than another, softmax(log p) is p / Σ p."""
    generator = torch.Generator().manual_seed(5)
    difference, concept = (torch.randn(1, count, _WIDTH, generator=generator) for count in (12, 3))
    block = _block_of_attention_alone()
    block.amplify.weight.zero_()
    block.amplify.bias.zero_()  # the difference stays as it is
    block.visual_key_value.weight[:_WIDTH].zero_()
    prior = torch.linspace(0.01, 0.99, 12)[None]
    _, taken, _ = block(difference, concept, torch.ones(1, 3, dtype=torch.bool), prior, _GRID)
    values = difference @ block.visual_key_value.weight[_WIDTH:].T
    mean = (prior[..., None] * values).sum(1, keepdim=True) / prior.sum()
    torch.testing.assert_close(taken - concept, block.absorb(mean).expand_as(concept), rtol=1e-4, atol=1e-5)
