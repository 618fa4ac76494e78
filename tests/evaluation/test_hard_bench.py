"""The hard bench: weak edits, distractors that are real changes, strong noise, and a table that reads back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import BadReason
from sigmask.evaluation import hard_bench
from sigmask.evaluation.benchmark import load_benchmark, side_effect_of
from sigmask.evaluation.hard_bench import SMALL_AREAS, STRENGTHS, make_hard, write_hard_bench
from sigmask.types import BadSample, EditPair, ImageArray


def unchanged(image: ImageArray, rng: np.random.Generator, noise: float) -> ImageArray:
    return image


def drawn(seed: int = 0) -> EditPair:
    rng = np.random.default_rng(seed)
    original = rng.integers(60, 120, (96, 128, 3)).astype(np.uint8)
    mask = np.zeros((96, 128), bool)
    mask[10:40, 10:40] = True
    edited = original.copy()
    edited[mask] += 100
    return EditPair(f"pair {seed}", original, edited, "add a cat", "add", mask=mask)


def test_only_a_share_of_the_change_is_left_and_the_mask_holds_every_change() -> None:
    with_distractors = made_small = 0
    for seed in range(12):
        pair = drawn(seed)
        hard = make_hard(pair, unchanged, np.random.default_rng(seed))
        assert hard.pair.mask is not None and pair.mask is not None
        assert np.array_equal(hard.pair.original, pair.original)
        nothing = np.zeros_like(pair.mask)
        others = nothing if hard.side_effect is None else hard.side_effect
        assert not (others & ~hard.pair.mask).any()  # a distractor is a change too
        kept = hard.pair.mask & ~others
        assert not (kept & ~pair.mask).any() and not (others & pair.mask).any()
        with_distractors += bool(others.any())
        made_small += int(kept.sum()) < int(pair.mask.sum())
        assert kept.mean() > 0.8 * SMALL_AREAS[0]
        # contrast between mask and surroundings: up to STRENGTHS of the 100 levels that it was, give or take the tone
        change = hard.pair.edited.astype(float) - hard.pair.original
        contrast = change[kept].mean() - change[~hard.pair.mask].mean()
        assert 0.45 * 100 * STRENGTHS[0] < contrast < 1.5 * 100 * STRENGTHS[1]
    assert 3 <= with_distractors <= 11
    assert 3 <= made_small <= 9


def test_the_picture_is_made_noisy_and_soft_and_saved_as_a_poor_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    noises: list[float] = []
    soft: list[ImageArray] = []

    def noted(image: ImageArray, rng: np.random.Generator, noise: float) -> ImageArray:
        noises.append(noise)
        return image

    def saved(image: ImageArray, quality: int) -> ImageArray:
        assert quality == 60
        soft.append(image)
        return image

    monkeypatch.setattr(hard_bench, "through_jpeg", saved)
    for seed in range(12):
        make_hard(drawn(seed), noted, np.random.default_rng(seed))
    assert 0.4 <= min(noises) < 0.5 < 0.6 < max(noises) <= 0.7
    # a Gaussian of 0.7 pixels leaves about 0.4 of the spread of white noise; the drift of the tone hardly changes it
    corner = np.s_[-30:, -30:]
    for seed, image in enumerate(soft):
        assert 0.25 < image[corner].std((0, 1)).mean() / drawn(seed).original[corner].std((0, 1)).mean() < 0.6


def test_a_pair_of_a_seed_is_always_the_same() -> None:
    first, second = (make_hard(drawn(), unchanged, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first.pair.edited, second.pair.edited)


def test_what_cannot_be_made_hard_is_told(tmp_path: Path) -> None:
    empty = dataclasses.replace(drawn(), sample_id="empty", mask=np.zeros((96, 128), bool))
    small = dataclasses.replace(drawn(), sample_id="small", original=np.zeros((48, 64, 3), np.uint8))
    torn = BadSample("torn", BadReason.TRUNCATED, "cut short")
    bad = write_hard_bench([torn, empty, small, drawn()], unchanged, tmp_path)
    assert [each.sample_id for each in bad] == ["torn", "empty", "small"]
    assert len(list(load_benchmark(tmp_path / "pairs.jsonl").read())) == 1


def test_the_table_reads_back_with_its_side_effects(tmp_path: Path) -> None:
    made = [make_hard(drawn(seed), unchanged, np.random.default_rng((3, seed))) for seed in range(6)]
    assert write_hard_bench([drawn(seed) for seed in range(6)], unchanged, tmp_path, seed=3) == []
    read = list(load_benchmark(tmp_path / "pairs.jsonl").read())
    assert any(hard.side_effect is not None for hard in made)
    for hard, pair in zip(made, read, strict=True):
        assert isinstance(pair, EditPair) and pair.mask is not None and hard.pair.mask is not None
        assert pair.instruction == "add a cat" and pair.sample_id == hard.pair.sample_id
        assert np.array_equal(pair.mask, hard.pair.mask) and np.array_equal(pair.edited, hard.pair.edited)
        expected = hard.side_effect
        assert (side_effect_of(pair) is None) == (expected is None)
        assert expected is None or np.array_equal(side_effect_of(pair), expected)
