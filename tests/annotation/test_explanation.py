"""Explanations: the same mask as the annotator's, every step on the edited image's grid."""

from __future__ import annotations

import numpy as np
import pytest

from sigmask.annotation import annotator as of_annotator
from sigmask.annotation.annotator import Annotator
from sigmask.annotation.explanation import Explanation, explain
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.types import Action, EditPair, EditTuple
from tests.drawing import draw_photo
from tests.models.random_locator import random_locator


@pytest.fixture(scope="module")
def annotator() -> Annotator:
    return Annotator.of_model(random_locator("tiny"), StaticTextEncoder.from_package(), name="random")


def _maps(explanation: Explanation) -> list[np.ndarray]:
    concepts = [concept.map for concept in explanation.concepts if concept.map is not None]
    return [*concepts, explanation.pixel_difference, *explanation.distances, explanation.refined_prior]


def test_every_step_lies_on_the_edited_images_grid(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[3]
    explanation = explain(annotator, pair.original, pair.edited, "replace the dog with a cat on the left")
    assert [(concept.concept, concept.on_original) for concept in explanation.concepts] == [
        ("dog", True),
        ("cat", False),
    ]
    assert len(explanation.distances) == len(annotator.model.backbone.strides)
    for values in _maps(explanation):
        assert values.shape == pair.edited.shape[:2]
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
    assert explanation.original.shape == explanation.edited.shape == pair.edited.shape


def test_it_explains_the_mask_that_the_annotator_makes(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    explained = explain(annotator, pair.original, pair.edited, pair.instruction).annotation
    made = annotator(pair.original, pair.edited, pair.instruction)
    assert np.array_equal(explained.mask, made.mask)
    assert np.array_equal(explained.prior, made.prior)


def test_it_keeps_the_bound_under_which_masks_are_given_up(drawn_pairs: list[EditPair]) -> None:
    encoder = StaticTextEncoder.from_package()
    careful = Annotator.of_model(random_locator("tiny"), encoder, name="careful", least_quality=0.9)
    assert explain(careful, drawn_pairs[0].original, drawn_pairs[0].edited).least_quality == 0.9


def test_a_concepts_map_is_tilted_to_the_side_that_is_named(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    plain, left = (
        explain(annotator, pair.original, pair.edited, f"remove the {side}dog").concepts[0].map
        for side in ("", "left ")
    )
    assert plain is not None and left is not None
    half = plain.shape[1] // 2
    assert left[:, : half // 2].mean() > plain[:, : half // 2].mean()
    assert left[:, -half // 2 :].mean() < plain[:, -half // 2 :].mean()


def test_equal_images_show_no_difference_at_any_step(annotator: Annotator, rng: np.random.Generator) -> None:
    image = draw_photo(rng, 64, 96)
    explanation = explain(annotator, image, image, "remove the dog")
    assert not explanation.pixel_difference.any()
    assert not any(distance.any() for distance in explanation.distances)
    assert not explanation.refined_prior.any()
    assert not explanation.annotation.mask.any()


def test_a_word_that_is_not_known_has_no_map(annotator: Annotator, drawn_pairs: list[EditPair]) -> None:
    pair = drawn_pairs[0]
    explanation = explain(annotator, pair.original, pair.edited, "remove the zxqvbn")
    assert [(concept.concept, concept.map) for concept in explanation.concepts] == [("zxqvbn", None)]


@pytest.mark.parametrize(
    ("instruction", "leans"),
    [
        ("remove the dog on the left", [True]),
        ("replace the dog on the left with a cat", [True, True]),
        ("remove the dog", [False]),
        ("remove the zxqvbn on the left", [False]),  # a word that is not known
        ("remove the dog on the left and make it a watercolor painting", [False, False]),  # a style is everywhere
    ],
)
def test_the_prior_leans_only_where_a_map_was_tilted_towards_a_side(
    annotator: Annotator, drawn_pairs: list[EditPair], instruction: str, leans: list[bool]
) -> None:
    explanation = explain(annotator, drawn_pairs[0].original, drawn_pairs[0].edited, instruction)
    assert [concept.leans for concept in explanation.concepts] == leans


def test_the_prior_does_not_lean_to_what_stays(
    annotator: Annotator, drawn_pairs: list[EditPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prior counts it as everything but itself, wherever a later edit of it says that it is."""
    stays = EditTuple("dog", "beach", Action.BACKGROUND)
    monkeypatch.setattr(of_annotator, "parse", lambda _: (stays, EditTuple("dog", "cat", Action.REPLACE, (), "left")))
    explanation = explain(annotator, drawn_pairs[0].original, drawn_pairs[0].edited, "so")
    assert [(each.concept, each.leans) for each in explanation.concepts] == [
        ("dog", False),
        ("beach", False),
        ("dog", False),
        ("cat", True),
    ]
