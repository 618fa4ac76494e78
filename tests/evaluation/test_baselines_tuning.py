from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import ConfigError
from sigmask.evaluation.baselines import BASELINES, create_baseline
from sigmask.evaluation.baselines.rival import Baseline, Rival
from sigmask.evaluation.baselines.tuned_values import (
    TunedRival,
    TunedValues,
    tuned_table,
    tuned_values,
    write_tuned_values,
)
from sigmask.evaluation.baselines.tuning import development_split, tune
from sigmask.types import EditPair, MapArray


def test_the_best_threshold_lies_between_the_two_levels() -> None:
    """Noise of up to 12 grey levels, a change of 40: every threshold from 12 to below 40 gives an F1 of 1."""
    found = tune({"absolute-difference": create_baseline("absolute-difference")}, [(_two_levels(12, 40), False)])
    tuned = found["absolute-difference"]
    assert 11.9 <= tuned.threshold < 40
    assert tuned.f1 == tuned.f1_clean == 1.0
    assert tuned.pairs == 1 and len(tuned.split) == 16


def test_one_threshold_for_all_pairs_is_a_compromise() -> None:
    """The noise of the second pair, 60, is above the change of the first, 40. Over both, the mean F1 is highest with
    the threshold between 12 and 40: 1 for the first, and for the second all 100 pixels marked, 2·25 / (100 + 25)."""
    pairs = [(_two_levels(12, 40), False), (_two_levels(60, 200), True)]
    found = tune({"absolute-difference": create_baseline("absolute-difference")}, pairs)
    tuned = found["absolute-difference"]
    assert 11.9 <= tuned.threshold < 40
    assert tuned.f1_clean == 1.0 and tuned.f1_round_trip == pytest.approx(0.4)
    assert tuned.f1 == pytest.approx(0.7)


def test_parameters_are_searched_and_own_thresholds_kept() -> None:
    def score(pair: EditPair, *, gain: float) -> MapArray:
        assert pair.mask is not None
        return np.where(pair.mask, np.float32(gain), np.float32(1.0))

    rival = Rival("stub", "", "", score, 2.0, {"gain": 1.0}, {"gain": (0.5, 1.0, 3.0, 1.5)})
    pairs = [(_two_levels(0, 40), False)]
    tuned = tune({"stub": _untuned(rival)}, pairs)["stub"]
    assert tuned.parameters == {"gain": 3.0} and 1.0 <= tuned.threshold < 3.0 and tuned.f1 == 1.0
    kept = tune({"stub": _untuned(dataclasses.replace(rival, self_thresholding=True))}, pairs)["stub"]
    assert kept.parameters == {"gain": 3.0} and kept.threshold == 2.0


def test_values_come_back_from_their_file(tmp_path: Path) -> None:
    path = tmp_path / "tuned.yaml"
    values = TunedValues(
        rivals={
            "ssim": TunedRival(
                threshold=0.5, parameters={"sigma": 3.0, "block": 5}, f1=0.7, f1_clean=0.8, f1_round_trip=0.6,
                pairs=120, seed=4, split="00ff", weights="none",
            )
        }
    )  # fmt: skip
    write_tuned_values(values, "python -m it --seed 4", path)
    assert tuned_values(path) == values
    assert "# Made by: python -m it --seed 4\n" in path.read_text(encoding="utf-8")
    assert isinstance(tuned_values(path).rivals["ssim"].parameters["block"], int)
    path.write_text("rivals: {ssim: {treshold: 1}}", encoding="utf-8")
    tuned_values.cache_clear()
    with pytest.raises(ConfigError, match="treshold"):
        tuned_values(path)


def test_the_split_is_the_same_each_time_and_half_of_it_is_round_tripped(shared_folder: Path) -> None:
    first, second = (list(development_split(shared_folder, 2, seed=3)) for _ in range(2))
    assert [round_trip for _, round_trip in first] == [False, True]
    for (pair, round_trip), (again, _) in zip(first, second, strict=True):
        assert pair.mask is not None and pair.mask.any() and pair.instruction
        np.testing.assert_array_equal(pair.edited, again.edited)
        untouched = (pair.original == pair.edited).all(axis=2)
        assert (untouched.mean() < 0.5) == round_trip


def test_the_shipped_values_were_made_on_one_split() -> None:
    values = [tuned_values().rivals[name] for name, rival in BASELINES.items() if not rival.needs]
    assert len({(each.split, each.pairs, each.seed) for each in values}) == 1
    assert values[0].pairs >= 100


def test_the_documentation_shows_the_shipped_values() -> None:
    document = Path(__file__).parents[2] / "docs" / "rivals.md"
    assert tuned_table(tuned_values(), BASELINES) in document.read_text(encoding="utf-8")


def _untuned(rival: Rival) -> Baseline:
    return Baseline(rival, rival.threshold, rival.parameters, "test")


def _two_levels(noise: int, change: int) -> EditPair:
    """100 pixels: 25 of the mask differ by `change` grey levels, all others by `noise`."""
    edited = np.full((10, 10, 3), noise, np.uint8)
    mask = np.zeros((10, 10), np.bool_)
    mask[:5, :5] = True
    edited[mask] = change
    return EditPair("", np.zeros((10, 10, 3), np.uint8), edited, mask=mask)
