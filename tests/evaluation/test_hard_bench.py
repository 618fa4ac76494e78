"""The hard bench: weak edits, distractors that are real changes, strong noise, and a table that reads back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from sigmask.errors import BadReason, ConfigError
from sigmask.evaluation import hard_bench
from sigmask.evaluation.bench_writer import BenchWriter
from sigmask.evaluation.benchmark import load_benchmark, side_effect_of
from sigmask.evaluation.hard_bench import SMALL_AREAS, STRENGTHS, make_hard, write_hard_bench
from sigmask.synthesis import autoencoders
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
    made = write_hard_bench([torn, empty, small, drawn()], unchanged, tmp_path)
    assert [each.sample_id for each in made.left_out] == ["torn", "empty", "small"]
    assert [each.reason for each in made.left_out[1:]] == [BadReason.BAD_MASK, BadReason.BAD_ROW]
    assert (made.written, made.untold) == (1, 0)
    assert len(list(load_benchmark(tmp_path / "pairs.jsonl").read())) == 1


def test_a_fault_of_ours_is_no_bad_mask(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        write_hard_bench([drawn()], unchanged, tmp_path, seed=-3)


def test_a_folder_with_an_earlier_bench_is_refused(tmp_path: Path) -> None:
    write_hard_bench([drawn()], unchanged, tmp_path)
    with pytest.raises(ConfigError, match="already holds pictures"):
        write_hard_bench([drawn(1)], unchanged, tmp_path)
    (tmp_path / "pairs.jsonl").unlink()  # what a run that was stopped leaves
    with pytest.raises(ConfigError, match="already holds pictures"):
        write_hard_bench([drawn(1)], unchanged, tmp_path)


def _command(*arguments: object) -> Result:
    """The tool's exit code and output; what a user can mend is in `exception`."""
    tool = typer.Typer(add_completion=False)
    tool.command()(hard_bench.main)
    return CliRunner().invoke(tool, [str(each) for each in arguments])


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A benchmark of three pairs with instructions; no autoencoder is loaded."""
    monkeypatch.setattr(hard_bench, "_through_only", lambda _: unchanged)
    writer = BenchWriter(tmp_path / "told")
    for seed in range(3):
        writer.add(drawn(seed))
    return writer.finish()


def test_the_command_counts_what_it_wrote_and_stops_at_the_limit(told: Path, tmp_path: Path) -> None:
    result = _command(told, "-o", tmp_path / "hard", "--autoencoder", ".", "--limit", 2)
    assert result.exit_code == 0, result.output
    assert "pairs.jsonl: 2 pairs; 0 left out" in result.output
    assert len(list((tmp_path / "hard" / "edited").iterdir())) == 2


def test_the_command_fails_where_nothing_is_written(told: Path, tmp_path: Path) -> None:
    for picture in (told.parent / "edited").iterdir():
        picture.write_bytes(b"")
    result = _command(told, "-o", tmp_path / "hard", "--autoencoder", ".")
    assert result.exit_code == 1
    assert "nothing written; 3 left out" in result.output
    assert not (tmp_path / "hard").exists()


def test_a_negative_seed_is_told_as_such(told: Path, tmp_path: Path) -> None:
    result = _command(told, "-o", tmp_path / "hard", "--autoencoder", ".", "--seed", "-3")
    assert result.exit_code == 2 and "--seed" in result.output


def test_a_benchmark_without_instructions_is_refused(told: Path, tmp_path: Path) -> None:
    writer = BenchWriter(tmp_path / "mute")
    writer.add(dataclasses.replace(drawn(), instruction=None))
    result = _command(told, writer.finish(), "-o", tmp_path / "hard", "--autoencoder", ".")
    assert isinstance(result.exception, ConfigError) and "none in mute" in str(result.exception)


def test_one_autoencoder_is_taken_and_several_are_refused() -> None:
    shipped = Path(autoencoders.__file__).parents[1] / "weights" / "autoencoders"
    with pytest.raises(ConfigError, match="got 2: vae16, vae4"):
        hard_bench._through_only(shipped)
    image = np.full((32, 32, 3), 90, np.uint8)
    assert hard_bench._through_only(shipped / "vae16.safetensors")(image, np.random.default_rng(0), 0.1).shape == (
        32,
        32,
        3,
    )


def test_the_table_reads_back_with_its_side_effects(tmp_path: Path) -> None:
    made = [make_hard(drawn(seed), unchanged, np.random.default_rng((3, seed))) for seed in range(6)]
    assert write_hard_bench([drawn(seed) for seed in range(6)], unchanged, tmp_path, seed=3).left_out == []
    read = list(load_benchmark(tmp_path / "pairs.jsonl").read())
    assert any(hard.side_effect is not None for hard in made)
    for hard, pair in zip(made, read, strict=True):
        assert isinstance(pair, EditPair) and pair.mask is not None and hard.pair.mask is not None
        assert pair.instruction == "add a cat" and pair.sample_id == hard.pair.sample_id
        assert np.array_equal(pair.mask, hard.pair.mask) and np.array_equal(pair.edited, hard.pair.edited)
        expected = hard.side_effect
        assert (side_effect_of(pair) is None) == (expected is None)
        assert expected is None or np.array_equal(side_effect_of(pair), expected)
