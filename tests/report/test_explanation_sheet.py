"""The explanation's picture: a panel per step, whatever the instruction."""

from __future__ import annotations

import numpy as np
import pytest

from sigmask.annotation.explanation import ConceptMap, Explanation
from sigmask.report.explanation_sheet import draw_explanation
from sigmask.types import Action, Annotation, EditTuple, Scope


def _explanation(rng: np.random.Generator, concepts: tuple[ConceptMap, ...]) -> Explanation:
    shape = (60, 90)
    picture = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    values = rng.random(shape, dtype=np.float32)
    mask = np.zeros(shape, bool)
    mask[10:30, 20:50] = True
    edit = (EditTuple("dog", "Löwe 猫", Action.REPLACE, location="left"),)
    annotation = Annotation(mask, values, values, 0.9, Scope.LOCAL, edit)
    return Explanation(picture, picture, concepts, values, (values, values), values, annotation)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_there_is_a_panel_for_every_step(rng: np.random.Generator, number: int) -> None:
    shape = (60, 90)
    known = ConceptMap("dog", True, rng.random(shape, dtype=np.float32))
    explanation = _explanation(rng, (known, ConceptMap("zxqvbn", False, None), known)[:number])
    sheet = np.asarray(draw_explanation(explanation, "replace the dog with a Löwe 猫" if number else None))
    # pictures of 300 × 200 under titles of 22, gaps of 10; 9 to 12 of them make three rows of four
    cells = sheet[-3 * 232 :, 10:].reshape(3, 232, 4, 310, 3)
    titled = (cells[:, :22] < 255).any((1, 3, 4))
    # original, edited, prior, pixels, two depths, refined prior, probability, mask; and the concepts
    assert titled.sum() == 9 + number
    assert titled.ravel()[: 9 + number].all()


def test_flat_maps_are_drawn_too(rng: np.random.Generator) -> None:
    explanation = _explanation(rng, ())
    flat = np.zeros((60, 90), np.float32)
    still = Explanation(explanation.original, explanation.edited, (), flat, (flat,), flat, explanation.annotation)
    assert draw_explanation(still, None).size[0] > 0
