"""Checkpoints: everything comes back, and a damaged or foreign one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from sigmask.errors import WeightsError
from sigmask.training.checkpoint import checkpoint_step, learned_settings, load_checkpoint, save_checkpoint
from sigmask.training.ema import MovingAverage
from sigmask.training.stage1 import Stage1Config


class _Run:
    def __init__(self, width: int = 3) -> None:
        self.model = nn.Linear(width, 2)
        self.average = MovingAverage(self.model, 0.9)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=0.1)

    def step(self) -> None:
        self.optimiser.zero_grad()
        self.model(torch.randn(4, self.model.in_features)).square().mean().backward()
        self.optimiser.step()
        self.average.update(self.model)

    def save(self, path: Path, step: int) -> None:
        save_checkpoint(path, step, self.model, self.average, self.optimiser)

    def load(self, path: Path) -> int:
        return load_checkpoint(path, self.model, self.average, self.optimiser)


def test_a_run_goes_on_from_a_checkpoint_as_if_nothing_had_happened(tmp_path: Path) -> None:
    run = _Run()
    run.step()
    run.save(tmp_path / "checkpoint.pt", 1)
    run.step()
    torch.manual_seed(99)
    resumed = _Run()
    assert resumed.load(tmp_path / "checkpoint.pt") == 1
    resumed.step()
    assert torch.equal(resumed.model.weight, run.model.weight)
    assert torch.equal(resumed.average.average.weight, run.average.average.weight)
    assert resumed.average.steps == run.average.steps == 2
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "checkpoint.pt"
    _Run().save(path, 1)
    content = path.read_bytes()
    path.write_bytes({"cut": content[: len(content) // 2], "noise": b"no checkpoint at all", "empty": b""}[damage])
    with pytest.raises(WeightsError, match="not a checkpoint of this training"):
        _Run().load(path)
    assert checkpoint_step(path) == 0


def test_one_flipped_byte_of_a_weight_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    run = _Run()
    run.save(path, 1)
    content = bytearray(path.read_bytes())
    content[content.index(run.model.weight.detach().numpy().tobytes()) + 2] ^= 64
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"checkpoint\.pt is not .* \(it is damaged: .*\); .* or remove it"):
        _Run().load(path)


def test_a_run_that_is_to_be_longer_is_told_the_way(tmp_path: Path) -> None:
    run = _Run()
    first = {"steps": "100", "batch": "8", "positions_offset": "40"}
    save_checkpoint(tmp_path / "c.pt", 1, run.model, run.average, run.optimiser, first)
    with pytest.raises(WeightsError, match=f"initial: {tmp_path}, and positions_offset: 840 "):
        load_checkpoint(tmp_path / "c.pt", run.model, run.average, run.optimiser, first | {"steps": "200"})
    with pytest.raises(WeightsError) as other:
        load_checkpoint(tmp_path / "c.pt", run.model, run.average, run.optimiser, first | {"batch": "9"})
    assert "initial" not in str(other.value)


def test_the_step_is_read_without_a_model(tmp_path: Path) -> None:
    _Run().save(tmp_path / "checkpoint.pt", 17)
    assert checkpoint_step(tmp_path / "checkpoint.pt") == 17
    assert checkpoint_step(tmp_path / "none.pt") == 0


def test_a_run_with_other_settings_is_refused(tmp_path: Path) -> None:
    run = _Run()
    save_checkpoint(tmp_path / "c.pt", 1, run.model, run.average, run.optimiser, {"seed": "1", "model.heads": "4"})
    assert (
        load_checkpoint(tmp_path / "c.pt", run.model, run.average, run.optimiser, {"seed": "1", "model.heads": "4"})
        == 1
    )
    other = _Run(width=4)  # of another shape: what differs is said before tensors are looked at
    with pytest.raises(WeightsError, match=r"other settings \(seed: 1 there, 2 now; model.heads: 4 there, none now\)"):
        load_checkpoint(tmp_path / "c.pt", other.model, other.average, other.optimiser, {"seed": "2"})


def test_only_what_decides_the_result_is_in_the_settings() -> None:
    first = Stage1Config(corpus=Path("c"), output=Path("a"))
    same = Stage1Config(corpus=Path("c"), output=Path("b"), threads=7)
    assert learned_settings(first) == learned_settings(same)
    longer = learned_settings(Stage1Config(corpus=Path("c"), output=Path("a"), steps=9))
    assert longer == learned_settings(first) | {"steps": "9"}
    assert longer["loss.prior"] == "0.3"


def test_another_models_checkpoint_is_refused(tmp_path: Path) -> None:
    _Run(width=4).save(tmp_path / "checkpoint.pt", 1)
    with pytest.raises(WeightsError, match="give another output folder, or remove it"):
        _Run(width=3).load(tmp_path / "checkpoint.pt")
