from __future__ import annotations

import numpy as np
import pytest

from sigmask.demo.demo_run import difference_mask
from sigmask.demo.edits import DemoEdit, draw_edits
from sigmask.demo.perturbation import disturb_every_pixel
from sigmask.demo.retouching import ellipse, fill_from_around, paste, polygon
from sigmask.evaluation.counts import count_mask
from sigmask.evaluation.pixel_metrics import f1


@pytest.fixture(scope="module")
def edits() -> list[DemoEdit]:
    return list(draw_edits(np.random.default_rng(7)))


def test_the_edits_are_of_six_kinds_and_have_names_of_their_own(edits: list[DemoEdit]) -> None:
    kinds = {edit.edit_type for edit in edits}
    assert kinds >= {"remove", "add", "replace", "attribute", "text", "background"}
    assert len({edit.name for edit in edits}) == len(edits) == 11


def test_the_mask_is_where_the_picture_was_changed_and_nowhere_else(edits: list[DemoEdit]) -> None:
    for edit in edits:
        changed = (edit.original != edit.edited).any(axis=2)
        assert not (changed & ~edit.mask).any(), edit.name
        if edit.name == "refused":
            assert not edit.mask.any()
            continue
        assert 0.01 < edit.mask.mean() < 0.6, edit.name
        assert changed[edit.mask].mean() > 0.98, edit.name


def test_one_seed_gives_one_demo(edits: list[DemoEdit]) -> None:
    again = list(draw_edits(np.random.default_rng(7)))
    assert all(np.array_equal(a.edited, b.edited) for a, b in zip(edits, again, strict=True))


def test_after_the_perturbation_pixel_difference_fails_visibly(edits: list[DemoEdit]) -> None:
    rng = np.random.default_rng(7)
    scores = []
    for edit in edits:
        edited = disturb_every_pixel(edit.edited, rng)
        untouched = ~edit.mask
        assert (edited != edit.edited).any(axis=2)[untouched].mean() > 0.95, edit.name
        difference = difference_mask(edit.original, edited)
        if edit.mask.any():
            scores.append(float(f1(count_mask(difference, edit.mask))))
        else:
            assert difference.mean() > 0.05, "difference marks a picture in which nothing changed"
    assert np.mean(scores) < 0.7


def test_the_perturbation_keeps_the_picture_recognisable(edits: list[DemoEdit]) -> None:
    rng = np.random.default_rng(7)
    for edit in edits:
        error = np.abs(disturb_every_pixel(edit.edited, rng).astype(float) - edit.edited).mean()
        assert error < 26, edit.name  # grey levels


def test_regions_are_where_they_are_put() -> None:
    square = polygon((10, 10, 3), [(2, 3), (5, 3), (5, 6), (2, 6)])
    assert square.sum() == 16
    assert square[3:7, 2:6].all()
    assert ellipse((11, 11), (5, 5), (3, 3))[5, 2:9].all()


def test_filling_takes_the_colour_of_what_is_around() -> None:
    image = np.full((40, 40, 3), 90, np.uint8)
    mask = np.zeros((40, 40), np.bool_)
    mask[15:25, 15:25] = True
    image[mask] = 250
    filled = fill_from_around(image, mask, np.random.default_rng(0), grain=0.0)
    assert np.abs(filled.astype(int) - 90)[17:23, 17:23].max() <= 3
    assert np.array_equal(filled[~mask], image[~mask])


def test_pasting_tells_where() -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    cutout = np.full((4, 6, 3), 200, np.uint8)
    edited, mask = paste(image, cutout, np.ones((4, 6), np.bool_), (10, 5))
    assert mask.sum() == 24
    assert mask[5:9, 10:16].all()
    assert (edited[~mask] == 0).all()
    assert (edited[6:8, 12:14] > 150).all()
