"""Probes find what a code holds and nothing that it does not, on pairs that they were not fitted on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import ConfigError, SigmaskError
from sigmask.evaluation.code_separation import (
    _COLOURS,
    _MARGIN,
    CODES,
    QUESTIONS,
    Tokens,
    _principal_axes,
    codes_of,
    draw_codes,
    main,
    probe_accuracies,
)
from sigmask.types import EditPair
from tests.drawing import draw_photo
from tests.models.random_locator import random_locator

pytest.importorskip("sklearn", reason="needs scikit-learn (extra train)")


def tokens(pairs: int = 12, each: int = 20) -> Tokens:
    """The edit code's first number says whether a token is edited, the noise code's second one whether it came back."""
    rng = np.random.default_rng(0)
    count = pairs * each
    edited, round_trip = rng.random(count) < 0.5, rng.random(count) < 0.5
    edit, noise = (rng.normal(size=(count, 3)).astype(np.float32) for _ in range(2))
    edit[:, 0] += 8 * edited
    noise[:, 1] += 8 * round_trip
    return Tokens(edit, noise, edited, round_trip, np.repeat(np.arange(pairs), each))


def test_each_code_answers_its_own_question_and_guesses_at_the_other() -> None:
    found = probe_accuracies(tokens())
    assert found[CODES[0], QUESTIONS[0]] > 0.97
    assert found[CODES[1], QUESTIONS[1]] > 0.97
    assert 0.3 < found[CODES[0], QUESTIONS[1]] < 0.7
    assert 0.3 < found[CODES[1], QUESTIONS[0]] < 0.7


def test_a_probe_is_not_asked_about_pairs_that_it_was_fitted_on() -> None:
    known = tokens(pairs=9)
    # the last third of the pairs contradicts the others
    contrary = dataclasses.replace(known, edited=known.edited ^ (known.pair >= 6))
    assert probe_accuracies(contrary)[CODES[0], QUESTIONS[0]] < 0.03


def test_two_pairs_are_too_few() -> None:
    with pytest.raises(ConfigError, match="at least three pairs"):
        probe_accuracies(tokens(pairs=2))


def test_tokens_of_one_kind_alone_are_refused() -> None:
    known = tokens()
    without = dataclasses.replace(known, round_trip=np.zeros_like(known.round_trip))
    with pytest.raises(ConfigError, match=r"'was there a round trip\?' .* of all 160 it is no: name two benchmarks"):
        probe_accuracies(without)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "codes").touch()
    with pytest.raises(SigmaskError, match=r"must be a folder, and .*codes is a file"):
        main("nowhere", "nowhere", tmp_path / "codes")


def test_as_many_edited_tokens_as_others_of_every_pair() -> None:
    rng = np.random.default_rng(1)
    clean, noisy = [], []
    for number in range(2):
        original = draw_photo(rng, 128, 128)
        mask = np.zeros((128, 128), bool)
        mask[:64, :64] = True
        edited = np.where(mask[:, :, None], 255 - original, original)
        clean.append(EditPair(str(number), original, edited, mask=mask))
        noisy.append(EditPair(str(number), original, np.minimum(edited, 240) + np.uint8(8), mask=mask))
    found = codes_of(random_locator("tiny"), clean, noisy)
    for number in range(2):
        for round_trip in (False, True):
            here = (found.pair == number) & (found.round_trip == round_trip)
            assert here.sum() == 2 * found.edited[here].sum() > 0
    assert len(found.edit) == len(found.noise) == len(found.pair)
    assert np.isfinite(found.edit).all() and found.edit.any()


def test_the_picture_has_a_panel_for_each_code_and_question() -> None:
    picture = draw_codes(tokens())
    assert picture.dtype == np.uint8
    half = picture.shape[0] // 2, picture.shape[1] // 2
    panels = [picture[y : y + half[0], x : x + half[1]] for y in (0, half[0]) for x in (0, half[1])]
    assert all((panel < 200).any() and (panel == 255).any() for panel in panels)
    for place, panel in enumerate(panels):
        above = panel[:_MARGIN].reshape(-1, 3)  # where no token is drawn
        assert all((above == colour).all(1).any() for colour in _COLOURS[place % 2])


def test_the_axes_are_those_of_all_tokens_and_not_of_the_first_pairs() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(scale=0.1, size=(8000, 3)).astype(np.float32)
    values[:4000, 0] += rng.normal(size=4000)  # the first half varies along one axis, the second far more along another
    values[4000:, 2] += 20 * rng.normal(size=4000)
    places = _principal_axes(values)
    assert abs(np.corrcoef(places[:, 0], values[:, 2])[0, 1]) > 0.95
    np.testing.assert_array_equal(places, _principal_axes(values))
