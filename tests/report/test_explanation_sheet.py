"""The explanation's picture: a panel per step, whatever the instruction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sigmask.annotation.annotator import NOT_UNDERSTOOD
from sigmask.annotation.doubtful import DOUBTFUL
from sigmask.annotation.explanation import ConceptMap, Explanation
from sigmask.instruction.named_concepts import named_concepts
from sigmask.report import explanation_sheet
from sigmask.report.explanation_sheet import describe_explanation, draw_explanation
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


@pytest.mark.parametrize("number", [1, 4])
def test_no_title_runs_into_the_next(rng: np.random.Generator, number: int) -> None:
    concept = ConceptMap("a most übergroße Löwe of a very long name indeed", True, None)
    sheet = np.asarray(draw_explanation(_explanation(rng, (concept,) * number), "told " * 60))
    assert (sheet[:, -10:] == 255).all()
    between = sheet[-3 * 232 :, 10:].reshape(3, 232, 4, 310, 3)[:, :22, :, 300:]
    assert (between == 255).all()


def test_very_flat_pictures_leave_room_for_why_there_is_none(rng: np.random.Generator) -> None:
    wide = np.zeros((4, 900), np.float32)
    picture = rng.integers(0, 256, (*wide.shape, 3), dtype=np.uint8)
    annotation = Annotation(wide > 0, wide, wide, 0.9, Scope.NONE)
    concept = ConceptMap("dog", True, None)
    flat = Explanation(picture, picture, (concept,), wide, (wide,), wide, annotation)
    sheet = np.asarray(draw_explanation(flat, None))
    # nine panels in three rows, the third: its box of 300 × 64 is grey, or dark where letters are, and nowhere white
    box = sheet[-3 * 96 + 22 :][:64, 10 + 2 * 310 :][:, :300]
    assert (box < 255).all()
    assert (box < 200).any()


def _with_edits(rng: np.random.Generator, *edits: EditTuple) -> Explanation:
    named = [concept for edit in edits for concept in named_concepts([edit])][:4]
    found = np.ones((60, 90), np.float32)
    explanation = _explanation(rng, tuple(ConceptMap(*each, found, leans=each[0] == "left dog") for each in named))
    return replace(explanation, annotation=replace(explanation.annotation, edit=edits))


def test_concepts_past_the_fourth_are_said() -> None:
    rng = np.random.default_rng(0)
    edits = [EditTuple(None, name, Action.ADD) for name in ("hat", "scarf", "ball", "kite", "猫", "dog")]
    lines = describe_explanation(_with_edits(rng, *edits), "add  them\nall")
    assert lines[:2] == ["told: add them all", "understood: add: hat"]
    assert lines[7] == 'not looked for: "猫", "dog"; the model takes 4 concepts'
    assert len(lines) == 9
    few = describe_explanation(_with_edits(rng, *edits[:4]), "add")
    assert not any(line.startswith("not looked for") for line in few)


def test_what_is_not_looked_for_does_not_lean() -> None:
    edits = [EditTuple("left dog", None, Action.REMOVE, location="left")] * 5
    lines = describe_explanation(_with_edits(np.random.default_rng(0), *edits), "remove them")
    assert [line.endswith("left (the prior leans there)") for line in lines[1:6]] == [True] * 4 + [False]


def test_each_edit_is_told_of_its_own_concepts() -> None:
    silent = EditTuple("whole picture", None, Action.RESTORATION, location="left")
    two = EditTuple("left dog", "cat", Action.REPLACE, location="left")
    one = EditTuple(None, "hat", Action.ADD, location="left")
    lines = describe_explanation(_with_edits(np.random.default_rng(0), silent, two, one), "so")
    assert [line.endswith("left (the prior leans there)") for line in lines[1:4]] == [False, True, False]


def test_a_heading_of_hundreds_of_edits_is_cut_and_says_so(rng: np.random.Generator) -> None:
    few, many = (
        _with_edits(rng, *[EditTuple(None, f"thing {number}", Action.ADD) for number in range(count)])
        for count in (14, 300)
    )
    assert len(describe_explanation(many, "add")) > 300
    heights = [draw_explanation(explanation, "add").size[1] for explanation in (few, many)]
    assert abs(heights[0] - heights[1]) < 100


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (
            EditTuple("left dog", None, Action.REMOVE, location="left"),
            "understood: remove: left dog, where: left (the prior leans there)",
        ),
        (
            EditTuple("dog", None, Action.REMOVE, location="left"),
            "understood: remove: dog, where: left (the prior is not told where)",
        ),
        (
            EditTuple("dog", "dog", Action.ATTRIBUTE, ("red", "wooden"), "second from the left"),
            "understood: attribute: dog → dog, attributes: red, wooden, "
            "where: second from the left (the prior is not told where)",
        ),
        (EditTuple("dog", "cat", Action.REPLACE), "understood: replace: dog → cat"),
        (EditTuple(None, "un chat", Action.UNKNOWN), "not understood: un chat"),
        (EditTuple("text", "text", Action.TEXT, quoted_text="Öl"), "understood: text: text → text, text: Öl"),
    ],
)
def test_an_edit_is_a_line(rng: np.random.Generator, edit: EditTuple, line: str) -> None:
    assert describe_explanation(_with_edits(rng, edit), "so")[1] == line


def test_where_no_edit_is_asked_for_it_says_so(rng: np.random.Generator) -> None:
    assert describe_explanation(_with_edits(rng), "change nothing")[1] == "understood: no edit is asked for"
    assert describe_explanation(_with_edits(rng), None)[0] == "told: nothing"
    assert len(describe_explanation(_with_edits(rng), " ")) == 2


def test_flat_maps_are_drawn_too(rng: np.random.Generator) -> None:
    explanation = _explanation(rng, ())
    flat = np.zeros((60, 90), np.float32)
    still = Explanation(explanation.original, explanation.edited, (), flat, (flat,), flat, explanation.annotation)
    assert draw_explanation(still, None).size[0] > 0


def _titles(explanation: Explanation, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands above the panels, before it is cut to their width."""
    titles: list[str] = []

    def noted(text: str, size: int, width: int) -> str:
        titles.append(text)
        return text

    monkeypatch.setattr(explanation_sheet, "cut_to_width", noted)
    draw_explanation(explanation, "so")
    return titles


@pytest.mark.parametrize(
    ("flags", "quality", "title"),
    [
        ((DOUBTFUL,), 0.18, "mask: given up (expected IoU 0.18 < 0.25)"),
        ((DOUBTFUL,), 0.2499, "mask: given up (expected IoU 0.24 < 0.25)"),
        ((), 0.18, "mask: empty"),
    ],
)
def test_an_empty_mask_says_why(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], quality: float, title: str
) -> None:
    explanation = _explanation(rng, ())
    annotation = explanation.annotation
    assert _titles(explanation, monkeypatch)[-1] == "mask"
    empty = replace(annotation, mask=np.zeros_like(annotation.mask), flags=flags, quality=quality)
    assert _titles(replace(explanation, annotation=empty, least_quality=0.25), monkeypatch)[-1] == title


@pytest.mark.parametrize(
    ("level", "title"),
    [
        (0.49, "prior 0.00 to 0.49: found nowhere, not believed"),
        (0.6, "prior 0.00 to 0.60: hardly found, half believed"),
        (0.71, "prior 0.00 to 0.71: where the words point"),
    ],
)
def test_a_prior_that_is_dark_everywhere_points_nowhere(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, level: float, title: str
) -> None:
    dark = np.zeros((60, 90), np.float32)
    dark[20, 30] = level
    explanation = _explanation(rng, (ConceptMap("dog", True, dark),))
    explanation = replace(explanation, annotation=replace(explanation.annotation, prior=dark))
    assert _titles(explanation, monkeypatch)[3] == title


def test_titles_say_what_the_colours_are_worth(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    full, spotted = np.ones((60, 90), np.float32), np.full((60, 90), 0.25, np.float32)
    spotted[0, 0] = 1.5  # one bright pixel does not set the scale
    concept = ConceptMap("dog", True, full)
    explanation = replace(
        _explanation(rng, (concept,)),
        pixel_difference=np.arcsinh(8 * spotted),
        distances=(spotted,),
        refined_prior=full,
    )
    explanation = replace(explanation, annotation=replace(explanation.annotation, prior=full))
    assert _titles(explanation, monkeypatch)[3:7] == [
        "prior 1.00 to 1.00: where the words point",
        "pixel difference / noise level: 2.0",
        "feature distance, depth 1: 0.250",
        "refined prior 1.00 to 1.00: after the evidence",
    ]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (NOT_UNDERSTOOD, "the instruction was not understood"),
        ("aspect_mismatch", "aspect mismatch"),
        (DOUBTFUL, "doubtful"),
    ],
)
def test_flags_are_told_in_words(rng: np.random.Generator, flag: str, words: str) -> None:
    explanation = _explanation(rng, ())
    explanation = replace(explanation, annotation=replace(explanation.annotation, flags=("resized", flag)))
    assert describe_explanation(explanation, "so")[-1].endswith(f", resized, {words}")


@pytest.mark.parametrize("on_original", [True, False])
def test_a_concepts_map_lies_on_the_image_on_which_it_was_sought(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, on_original: bool
) -> None:
    explanation = _explanation(rng, (ConceptMap("dog", on_original, np.ones((60, 90), np.float32)),))
    explanation = replace(explanation, original=np.full_like(explanation.edited, 7))
    drawn: list[np.ndarray] = []
    heat = explanation_sheet.heat
    monkeypatch.setattr(explanation_sheet, "heat", lambda image, map_: drawn.append(image) or heat(image, map_))
    draw_explanation(explanation, "so")
    assert np.array_equal(drawn[0], explanation.original if on_original else explanation.edited)
