"""Grounding alone: what is asked of a view, which losses look at it, and that nothing but the grounding moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sigmask.models.pretrained import load_locator, save_pretrained
from sigmask.training.grounding import (
    GroundedView,
    GroundingConfig,
    GroundingWeights,
    grounding_losses,
    run_grounding,
)
from tests.models.random_locator import random_locator
from tests.synthesis.drawn_library import write_library

VECTORS = {name: torch.nn.functional.one_hot(torch.tensor(place), 128).float() for place, name in enumerate("abc")}


def view(coverage: dict[str, torch.Tensor], label: str | None = None, uncertain: str = "") -> GroundedView:
    channels = random_locator("tiny").backbone.channels[-1]
    return GroundedView(torch.ones(channels, 2, 2).half(), coverage, frozenset(uncertain), label)


def losses_of(*views: GroundedView) -> dict[str, float]:
    model = random_locator("tiny")
    found = grounding_losses(model, views, VECTORS, "abc", np.random.default_rng(0), GroundingWeights(0.5, 0.25))
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


def test_only_the_grounding_moves(tmp_path: Path) -> None:
    write_library(tmp_path / "photos", photographs=2)
    save_pretrained(random_locator("tiny"), tmp_path / "start")
    config = GroundingConfig(
        photos=tmp_path / "photos",
        output=tmp_path / "out",
        initial=str(tmp_path / "start"),
        views=1,
        size=64,
        steps=2,
        batch=2,
        warmup=1,
        threads=1,
    )
    run_grounding(config)
    before, after = load_locator(str(tmp_path / "start"))[0], load_locator(str(tmp_path / "out"))[0]
    moved = {name for name, value in after.state_dict().items() if not torch.equal(value, before.state_dict()[name])}
    assert moved and all(name.startswith("grounding.") for name in moved)
    assert len((tmp_path / "out" / "grounding.jsonl").read_text().splitlines()) == 1
