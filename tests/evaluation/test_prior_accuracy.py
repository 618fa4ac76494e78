"""Pointing accuracy and mIoU of the prior, by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from sigmask.errors import ConfigError
from sigmask.evaluation import location_accuracy, prior_accuracy
from sigmask.evaluation.prior_accuracy import (
    Pointing,
    accuracy_table,
    at_tokens,
    hit_interval,
    outlined_photos,
    point,
    point_everywhere,
)
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.synthesis.named_view import NamedView, is_held_out, is_left_out
from tests.models.random_locator import random_locator
from tests.synthesis.drawn_library import write_library


def test_the_brightest_token_and_the_overlap() -> None:
    region = np.zeros((8, 8), bool)
    region[:4, :] = True  # the upper row of a 2 × 2 grid
    found = np.array([[0.9, 0.4], [0.8, 0.1]], np.float32)
    pointing = point(found, region, "dog")
    assert pointing == Pointing("dog", True, pytest.approx(1 / 3), 0.5)  # one in common, three in the union
    assert not point(found[::-1], region, "dog").hit


def test_classes_whose_word_is_not_known_are_left_out() -> None:
    region = np.zeros((64, 64), bool)
    region[:20] = True
    view = NamedView(np.full((64, 64, 3), 90, np.uint8), {"dog": region, "zxqvbn": region}, frozenset(), None)
    found = point_everywhere(random_locator("tiny"), StaticTextEncoder.from_package(), [view])
    assert [each.name for each in found] == ["dog"]


def test_the_table_tells_seen_from_left_out() -> None:
    names = [f"name {number}" for number in range(40)]
    left_out = next(name for name in names if is_left_out(name))
    seen = next(name for name in names if not is_left_out(name))
    table = accuracy_table([Pointing(seen, True, 0.5, 0.2), Pointing(left_out, False, 0.1, 0.2)])
    small = accuracy_table([Pointing(seen, False, 0.5, 0.009), Pointing(seen, True, 0.5, 0.01)])
    assert "| · under 1 % of the picture | 1 | 1 | 0.0 | 50.0 | 0.9 |" in small.splitlines()
    assert "| · 1 to 10 % | 1 | 1 | 100.0 | 50.0 | 1.0 |" in small.splitlines()
    lines = table.splitlines()
    assert lines[2:] == [
        "| all | 2 | 2 | 50.0 | 30.0 | 20.0 |",
        "| seen classes | 1 | 1 | 100.0 | 50.0 | 20.0 |",
        "| · 10 % or more | 1 | 1 | 100.0 | 50.0 | 20.0 |",
        "| left-out classes | 1 | 1 | 0.0 | 10.0 | 20.0 |",
    ]


def test_the_interval_draws_photographs_with_all_their_classes() -> None:
    classes = [Pointing("dog", number % 2 == 0, 0.5, 0.2, number) for number in range(20)]
    whole, doubled = hit_interval(classes), hit_interval([*classes, *classes])
    assert whole is not None and whole == doubled  # the same photographs twice say no more
    assert whole.low == pytest.approx(0.3, abs=0.06) and whole.high == pytest.approx(0.7, abs=0.06)
    assert hit_interval(classes[:1] * 9) is None


def test_a_photograph_weighs_by_its_classes() -> None:
    rich = [Pointing("dog", True, 0.5, 0.2, 0)] * 98
    poor = [Pointing("dog", False, 0.5, 0.2, number) for number in (1, 2)]
    assert "| all | 1 | 100 | 98.0 (" in accuracy_table([*rich, *poor])
    interval = hit_interval([*rich, *poor])
    assert interval is not None and 0 <= interval.low < 0.98 <= interval.high <= 1


@pytest.mark.parametrize("main", [prior_accuracy.main, location_accuracy.main])
@pytest.mark.parametrize("size", ["0", "7"])
def test_a_size_too_small_is_told(tmp_path: Path, main: Callable[..., None], size: str) -> None:
    tool = typer.Typer(add_completion=False)
    tool.command()(main)
    result = CliRunner().invoke(tool, ["--photos", str(tmp_path), "--size", size])
    assert result.exit_code == 2 and "--size" in result.output


def test_a_size_that_the_model_cannot_take_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--size: expected a multiple of 32 pixels, as 'tiny' needs, got 40"):
        prior_accuracy.main(tmp_path, size=40)


def test_a_token_stands_for_the_pixel_at_its_centre() -> None:
    region = np.zeros((8, 8), bool)
    region[2, 6] = True  # of 2 × 2 tokens of 4 pixels, the centre of the upper right one
    assert at_tokens(region, np.zeros((2, 2), np.float32)).tolist() == [[False, True], [False, False]]


def test_photographs_with_outlines_are_those_kept_from_training_or_with_learned_the_others(tmp_path: Path) -> None:
    write_library(tmp_path, photographs=40)
    held_out, learned = (outlined_photos(tmp_path, learned=learned) for learned in (False, True))
    assert 0 < len(held_out) < len(learned)
    assert len(held_out) + len(learned) == 40  # the one without polygons is in neither
    assert all(is_held_out(entry) for entry in held_out)
    assert not any(is_held_out(entry) for entry in learned)
