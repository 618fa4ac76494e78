"""Null statistics measured on one's own pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from sigmask.annotation.annotator import Annotator
from sigmask.errors import CorpusError, WeightsError
from sigmask.models.pretrained import load_model
from sigmask.models.weights_folder import find_weights
from sigmask.training.null_calibration import calibrate, main
from sigmask.types import ImageArray
from tests.drawing import draw_photo
from tests.models.random_locator import random_locator

PHOTOS = [draw_photo(np.random.default_rng(seed), 96, 128) for seed in range(3)]


def _darker(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return np.asarray(image * 0.5, np.uint8)


def _the_same(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return image


def test_more_noise_makes_a_wider_spread() -> None:
    model = random_locator("tiny")
    calibrate(model, PHOTOS, [_darker], np.random.default_rng(0))
    wide = [model.semantic_difference.null_spread(depth).clone() for depth in range(3)]
    ratios = calibrate(model, PHOTOS, [_the_same], np.random.default_rng(0))
    narrow = [model.semantic_difference.null_spread(depth) for depth in range(3)]
    assert all(float(spread.max()) <= 1e-6 for spread in narrow)  # a tenth of the floor's floor: nothing differs
    assert all(ratio < 1e-3 for ratio in ratios)
    assert all(float(spread.min()) > 1e-6 for spread in wide)


def test_round_trips_may_be_disturbed_besides() -> None:
    model = random_locator("tiny")
    calibrate(model, PHOTOS, [_the_same], np.random.default_rng(0), perturbed=1.0)
    assert all(float(model.semantic_difference.null_spread(depth).max()) > 1e-6 for depth in range(3))


def test_the_command_writes_weights_that_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos").mkdir()
    for place, photo in enumerate(PHOTOS):
        cv2.imwrite(str(tmp_path / "photos" / f"{place}.png"), photo)
    main(tmp_path / "photos", tmp_path / "own")
    assert "spread of 3 photographs, new ÷ old" in capsys.readouterr().out
    before, after = load_model(find_weights("tiny")), load_model(tmp_path / "own")
    changed = {name for name, value in before.state_dict().items() if not torch.equal(value, after.state_dict()[name])}
    assert changed == {f"semantic_difference.null_spread_{depth}" for depth in range(3)}
    Annotator.from_pretrained(str(tmp_path / "own"), backend="torch")


def test_a_folder_without_photographs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="expected photographs below"):
        main(tmp_path, tmp_path / "own")


def test_weights_that_are_there_are_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(WeightsError, match=r"holds weights already.*--overwrite"):
        main(tmp_path, tmp_path)
    with pytest.raises(CorpusError, match="expected photographs below"):
        main(tmp_path, tmp_path, overwrite=True)
