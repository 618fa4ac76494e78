"""The training log: means over an interval, and a resumed run takes the place of what was logged past its start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from sigmask.training.training_log import TrainingLog


def _entries(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_means_over_each_interval(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path / "log.jsonl", done=0, steps=5, every=2)
    for step, value in enumerate((1.0, 3.0, 5.0, 9.0, 4.0), start=1):
        log.add(step, {"mask": torch.tensor(value)})
    assert [(entry["step"], entry["mask"]) for entry in _entries(tmp_path / "log.jsonl")] == [
        (2, 2.0),
        (4, 7.0),
        (5, 4.0),
    ]


def test_seconds_per_step_count_from_when_the_log_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter((300.0, 302.0, 306.0))
    monkeypatch.setattr("sigmask.training.training_log.time.monotonic", lambda: next(times))
    log = TrainingLog(tmp_path / "log.jsonl", done=4, steps=6, every=1)
    for step in (5, 6):
        log.add(step, {})
    assert [entry["seconds_per_step"] for entry in _entries(tmp_path / "log.jsonl")] == [2.0, 3.0]


def test_resumed_run_replaces_later_entries(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 2, "mask": 2.0}\n{"step": 4, "mask": 7.0}\n', encoding="utf-8")
    log = TrainingLog(path, done=2, steps=4, every=2)
    log.add(3, {"mask": torch.tensor(1.0)})
    log.add(4, {"mask": torch.tensor(2.0)})
    assert [(entry["step"], entry["mask"]) for entry in _entries(path)] == [(2, 2.0), (4, 1.5)]


def test_half_a_line_of_a_run_that_was_killed_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 2, "mask": 1.0}\n{"step": 4, "ma', encoding="utf-8")
    TrainingLog(path, done=4, steps=6, every=2)
    assert _entries(path) == [{"step": 2, "mask": 1.0}]
