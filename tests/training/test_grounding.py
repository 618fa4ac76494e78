"""Grounding alone: what is asked of a view, which losses look at it, and that nothing but the grounding moves."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sigmask.errors import ConfigError, SigmaskError
from sigmask.models.locator import Locator
from sigmask.models.pretrained import load_locator, save_pretrained
from sigmask.training.grounding import (
    GroundingConfig,
    GroundingWeights,
    Learner,
    Words,
    grounding_losses,
    run_grounding,
)
from sigmask.training.grounding_views import GroundedView
from tests.models.random_locator import random_locator, small_config
from tests.synthesis.drawn_library import write_library

VECTORS = {name: torch.nn.functional.one_hot(torch.tensor(place), 128).float() for place, name in enumerate("abc")}


def view(coverage: dict[str, torch.Tensor], label: str | None = None, uncertain: str = "") -> GroundedView:
    channels = random_locator("tiny").backbone.channels[-1]
    return GroundedView(torch.ones(channels, 2, 2).half(), coverage, frozenset(uncertain), label)


def losses_of(*views: GroundedView, taught: torch.Tensor | None = None) -> dict[str, float]:
    learner = Learner(random_locator("tiny").grounding)
    words = Words(VECTORS, ("a", "b", "c"), taught)
    found = grounding_losses(learner, views, words, np.random.default_rng(0), GroundingWeights(0.5, 0.25, 0.1))
    return {name: loss.item() for name, loss in found.items()}


def test_each_kind_of_view_has_its_losses() -> None:
    left = torch.tensor([1.0, 0.0, 1.0, 0.0])
    only_places = losses_of(view({"a": left, "b": 1 - left}, uncertain="c"))
    assert only_places["place"] > 0 and only_places["presence"] == only_places["absence"] == 0
    named = losses_of(view({}, label="b"))
    assert named["presence"] > 0 and named["place"] == named["absence"] == 0
    empty = losses_of(view({}))
    assert empty["absence"] > 0 and empty["place"] == empty["presence"] == 0
    together = losses_of(view({"a": left}), view({}, label="b"))
    expected = together["place"] + 0.5 * together["presence"] + 0.25 * together["absence"]
    assert together["total"] == pytest.approx(expected)


def test_a_name_that_was_left_out_is_never_asked_for() -> None:
    unknown = losses_of(view({"d": torch.ones(4)}, label="e"))
    assert unknown["place"] == unknown["presence"] == unknown["absence"] == 0


def test_a_classifiers_names_count_where_there_are_any() -> None:
    channels = random_locator("tiny").backbone.channels[-1]
    said = torch.tensor([0.75, 0.25])[:, None, None].half()
    named = GroundedView(torch.ones(channels, 2, 2).half(), {}, frozenset(), "b", said)
    alone = losses_of(view({}, label="b"))
    taught = losses_of(named, taught=torch.stack([VECTORS["a"], VECTORS["b"]]))
    assert taught["total"] == pytest.approx(alone["total"] + 0.1 * taught["naming"])


def _config(folder: Path, start: Locator | None = None, **changed: Any) -> GroundingConfig:
    write_library(folder / "photos", photographs=2)
    save_pretrained(random_locator("tiny") if start is None else start, folder / "start")
    return GroundingConfig(
        photos=folder / "photos",
        output=folder / "out",
        initial=str(folder / "start"),
        views=1,
        size=64,
        steps=2,
        batch=2,
        warmup=1,
        threads=1,
        **changed,
    )


def test_deeper_grounding_keeps_what_is_not_the_joint_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled: list[torch.nn.Module] = []
    monkeypatch.setattr("sigmask.training.grounding.load_deeper_stages", filled.append)
    shallow = Locator(dataclasses.replace(small_config("tiny"), deeper_grounding=False))
    run_grounding(_config(tmp_path, shallow, deeper=True, joint_width=24))
    before, after = load_locator(str(tmp_path / "start"))[0], load_locator(str(tmp_path / "out"))[0]
    assert len(filled) == 1 and after.config.deeper_grounding and after.config.joint_width == 24
    kept = {name: value for name, value in before.state_dict().items() if not name.startswith("grounding.")}
    assert all(torch.equal(value, after.state_dict()[name]) for name, value in kept.items())
    assert after.grounding.deeper is not None


def test_only_the_grounding_moves(tmp_path: Path) -> None:
    run_grounding(_config(tmp_path))
    before, after = load_locator(str(tmp_path / "start"))[0], load_locator(str(tmp_path / "out"))[0]
    moved = {name for name, value in after.state_dict().items() if not torch.equal(value, before.state_dict()[name])}
    assert moved and all(name.startswith("grounding.") for name in moved)
    assert len((tmp_path / "out" / "grounding.jsonl").read_text().splitlines()) == 1


def test_a_size_that_does_not_fit_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'size': expected a multiple of 32 pixels"):
        run_grounding(dataclasses.replace(_config(tmp_path), size=72))
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(SigmaskError, match="diverged: the loss of step 2 is nan"):
        run_grounding(_config(tmp_path, learning_rate=1e30))


def test_a_device_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="device: 'cuda:63' cannot be used here"):
        run_grounding(_config(tmp_path, device="cuda:63"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_grounds_too(tmp_path: Path) -> None:
    run_grounding(_config(tmp_path, device="auto"))
    assert (tmp_path / "out" / "model.safetensors").is_file()
