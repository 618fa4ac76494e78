"""Null under round trips: areas by hand, the same draws for every autoencoder, and what training saw."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from sigmask.annotation.doubtful import DOUBTFUL
from sigmask.errors import ConfigError, CorpusError, SigmaskError
from sigmask.evaluation.baselines import tuning
from sigmask.evaluation.null_round_trips import PERTURBATIONS, main, measure_null, null_table
from sigmask.synthesis.named_view import is_held_out
from sigmask.synthesis.photos import PhotoEntry
from sigmask.synthesis.small_autoencoder import SmallAutoencoder
from sigmask.types import Annotation, EditPair, Scope
from tests.drawing import draw_photo


class Brightened:
    """Gives back every pixel so many grey levels brighter."""

    stride = 1

    def __init__(self, levels: int) -> None:
        self.levels = levels

    def encoder(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels

    def decoder(self, latent: torch.Tensor) -> torch.Tensor:
        return latent + self.levels / 255


class Marker:
    """Marks the first `difference` pixels of a row: as many as the first pixel is brighter by; remembers its pairs."""

    name = fingerprint = "marker"

    def __init__(self, *flags: str) -> None:
        self.flags = flags
        self.pairs: list[EditPair] = []

    def prepare(self, pair: EditPair) -> EditPair:
        self.pairs.append(pair)
        return pair

    def infer(self, prepared: Sequence[EditPair]) -> list[Annotation]:
        (pair,) = prepared
        mask = np.zeros(pair.edited.shape[:2], bool)
        mask[0, : int(pair.edited[0, 0, 0]) - int(pair.original[0, 0, 0])] = True
        grey = np.zeros(mask.shape, np.float32)
        return [Annotation(mask, grey, grey, 0.5, Scope.LOCAL, flags=self.flags)]


PHOTOS = [np.full((40, 50, 3), 100, np.uint8), np.full((20, 50, 3), 100, np.uint8)]  # 2,000 and 1,000 pixels


def test_the_marked_share_is_of_pixels_and_of_pairs_over_a_thousandth() -> None:
    """Two pixels are exactly a thousandth of the first picture, which is not more than that, and 0.2 % of the other."""
    first = next(measure_null(Marker(), PHOTOS, [("two", Brightened(2))]))
    assert (first.autoencoder, first.perturbation, first.seen, first.pairs) == ("two", "round trip alone", None, 2)
    assert first.marked == pytest.approx((0.001 + 0.002) / 2)
    assert first.marked_pairs == 0.5
    assert first.psnr == pytest.approx(20 * np.log10(255 / 2))
    assert first.given_up == 0


def test_masks_that_were_given_up_are_counted() -> None:
    assert next(measure_null(Marker(DOUBTFUL), PHOTOS, [("two", Brightened(2))])).given_up == 1


def test_every_autoencoder_meets_the_same_draws() -> None:
    marker = Marker()
    photos = [draw_photo(np.random.default_rng(3), 48, 64)]
    found = list(measure_null(marker, photos, [("one", Brightened(3)), ("again", Brightened(3))], seen=["one"]))
    assert [(each.autoencoder, each.seen) for each in found] == [("one", True)] * 6 + [("again", False)] * 6
    assert [each.perturbation for each in found] == [*PERTURBATIONS] * 2
    first, second = marker.pairs[:6], marker.pairs[6:]
    assert all(np.array_equal(one.edited, two.edited) for one, two in zip(first, second, strict=True))
    assert len({one.edited.tobytes() for one in first}) == 6  # each perturbation is another one
    assert all(pair.instruction is None for pair in marker.pairs)


def test_what_training_saw_is_a_column_only_where_somebody_says() -> None:
    (plain, *_) = measure_null(Marker(), PHOTOS, [("two", Brightened(2))])
    (told, *_) = measure_null(Marker(), PHOTOS, [("two", Brightened(2))], seen=[])
    assert null_table([plain])[2] == "| two | round trip alone | 2 | 42.1 | 0.15 | 50.0 | 0.0 |"
    assert null_table([told])[2] == "| two | no | round trip alone | 2 | 42.1 | 0.15 | 50.0 | 0.0 |"


def test_each_instruction_is_said_of_the_same_pictures() -> None:
    marker = Marker()
    said = ["remove the dog", None]
    chosen = ["tone drift", "shift of up to 2 px"]
    photos = [draw_photo(np.random.default_rng(3), 48, 64)]
    found = list(measure_null(marker, photos, [("one", Brightened(3))], perturbations=chosen, instructions=said))
    assert [(each.perturbation, each.instruction) for each in found] == [
        (name, text) for name in chosen for text in said
    ]
    assert [pair.instruction for pair in marker.pairs] == said * 2
    assert np.array_equal(marker.pairs[0].edited, marker.pairs[1].edited)
    # the draws of a perturbation are its own, whatever is measured beside it
    among_all = Marker()
    list(measure_null(among_all, photos, [("one", Brightened(3))]))
    assert np.array_equal(marker.pairs[0].edited, among_all.pairs[[*PERTURBATIONS].index(chosen[0])].edited)
    assert null_table(found)[2].startswith("| one | tone drift | remove the dog | 1 |")
    assert null_table(found)[3].startswith("| one | tone drift | nothing | 1 |")


def test_the_command_measures_a_tiny_autoencoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    weights = tmp_path / "vae2.safetensors"
    SmallAutoencoder(2, width=8).save(weights)
    for place in range(3):
        cv2.imwrite(str(tmp_path / f"{place}.png"), draw_photo(np.random.default_rng(place), 64, 80))
    main("tiny", tmp_path, [str(weights)], seen=["vae2"], limit=2, json_file=tmp_path / "null.json")
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| vae2 | yes |")]
    figures = json.loads((tmp_path / "null.json").read_text(encoding="utf-8"))
    assert len(rows) == len(figures) == len(PERTURBATIONS)
    assert all(each["pairs"] == 2 and 0 <= each["marked"] <= 1 and each["seen"] is True for each in figures)


def test_only_held_out_photographs_where_that_is_asked(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(40)]
    trained = [name for name in names if not is_held_out(PhotoEntry(Path(name), ""))]
    cv2.imwrite(str(tmp_path / trained[0]), PHOTOS[0])
    with pytest.raises(CorpusError, match="expected photographs of the held-out tenth below"):
        main("tiny", tmp_path, held_out=True)


def test_an_autoencoder_that_is_not_measured_cannot_have_been_seen(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown autoencoder 'vae5'.*Known: vae16, vae4"):
        main("tiny", tmp_path, seen=["vae5"])


def test_what_cannot_be_measured_or_written_is_told_first(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown perturbation 'round trip'.*Did you mean 'round trip alone'"):
        main("tiny", tmp_path, perturbations=["round trip"])
    with pytest.raises(SigmaskError, match="there is no folder"):
        main("tiny", tmp_path, json_file=tmp_path / "nowhere" / "null.json")


@pytest.mark.parametrize(
    ("command", "arguments"), [(main, ["tiny", "--photos", "nowhere"]), (tuning.main, ["--shared", "nowhere"])]
)
def test_a_seed_is_no_less_than_zero(command: Callable[..., None], arguments: list[str]) -> None:
    tool = typer.Typer()
    tool.command()(command)
    result = CliRunner().invoke(tool, [*arguments, "--seed", "-1"])
    assert result.exit_code == 2 and "Invalid value for '--seed'" in result.output
