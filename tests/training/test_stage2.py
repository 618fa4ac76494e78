"""Stage II: every part is a switch, the teacher follows, a killed run goes on as if nothing had been."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from sigmask.config import load_config
from sigmask.errors import CorpusError
from sigmask.models.pretrained import save_pretrained
from sigmask.training import stage2
from sigmask.training.stage2 import Stage2Config, confidence_at, run_stage2, view_mix
from sigmask.training.stage2_views import Triples, UnlabelledViews, read_unlabelled
from sigmask.training.view import ViewMix
from sigmask.types import EditPair
from tests.drawing import draw_pair
from tests.drawn_corpora import write_table_corpus
from tests.models.random_locator import random_locator
from tests.training.tiny_corpus import write_tiny_corpus

CONFIGS = sorted((Path(__file__).resolve().parents[2] / "configs").glob("*stage2*.yaml"))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Stage I corpus, unlabelled pairs and first weights."""
    root = tmp_path_factory.mktemp("stage2")
    write_tiny_corpus(root / "corpus")
    rng = np.random.default_rng(2)
    write_table_corpus(root / "unlabelled", [draw_pair(rng, 72, 96) for _ in range(3)])
    save_pretrained(random_locator(), root / "start")
    return root


def _config(material: Path, output: Path, **changes: Any) -> Stage2Config:
    settings: dict[str, Any] = {
        "corpus": material / "corpus",
        "unlabelled": str(material / "unlabelled" / "pairs.jsonl"),
        "output": output,
        "initial": str(material / "start"),
        "steps": 4,
        "batch": 2,
        "unlabelled_batch": 1,
        "triple_batch": 1,
        "crop": 64,
        "warmup": 1,
        "bfloat16": False,
        "workers": 0,
        "threads": 1,
        "log_every": 1,
        "checkpoint_every": 2,
    }
    return Stage2Config(**(settings | changes))


def _logged(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


SELF_TRAINING = {"self_training", "teacher_area", "student_area", "teacher_quality", "sure", "guard_open"}
CODES = {"reconstruction", "swap", "covariance", "vanishing"}


@pytest.mark.parametrize(
    ("switches", "absent"),
    [({}, set()), ({"self_training": False}, SELF_TRAINING), ({"disentanglement": False}, CODES)],
)
def test_every_part_is_a_switch(material: Path, tmp_path: Path, switches: dict[str, bool], absent: set[str]) -> None:
    run_stage2(_config(material, tmp_path / "out", steps=2, **switches))
    (first, _) = _logged(tmp_path / "out")
    assert (SELF_TRAINING | CODES) - set(first) == absent
    assert {"total", "mask", "iou"} <= set(first)
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_calibration_and_null_pairs_are_shares_of_the_views(material: Path, tmp_path: Path) -> None:
    mix = ViewMix(null=0.2, round_trip=0.6)
    off = view_mix(_config(material, tmp_path, mix=mix, calibration=False, null_pairs=False))
    assert (off.null, off.round_trip) == (0.0, 0.0)
    assert view_mix(_config(material, tmp_path, mix=mix)) == mix


def test_an_interrupted_run_equals_an_unbroken_one(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_stage2(_config(material, tmp_path / "whole"))
    broken = _config(material, tmp_path / "broken")
    original, count = stage2.stage2_losses, 0

    def killed(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(stage2, "stage2_losses", killed)
    with pytest.raises(KeyboardInterrupt):
        run_stage2(broken)
    monkeypatch.setattr(stage2, "stage2_losses", original)
    run_stage2(broken)
    first, second = load_file(whole / "model.safetensors"), load_file(broken.output / "model.safetensors")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [entry["step"] for entry in _logged(broken.output)] == [1, 2, 3, 4]


def test_the_teacher_is_believed_more_and_more(material: Path, tmp_path: Path) -> None:
    config = _config(material, tmp_path, steps=11, believed=(0.5, 0.9))
    assert [confidence_at(step, config).share for step in (0, 5, 10)] == pytest.approx([0.5, 0.7, 0.9])


def test_views_that_are_changed_nearly_everywhere_teach_nothing(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage2, "pair_weight", torch.ones_like)
    monkeypatch.setattr(stage2, "self_training_loss", lambda logits, teacher, weight, confidence: weight.sum())
    for largest, counts in ((1.0, True), (-1.0, False)):  # of any view more than -1 is marked
        run_stage2(_config(material, tmp_path / str(counts), steps=1, largest_area=largest))
        (only,) = _logged(tmp_path / str(counts))
        assert (only["self_training"] > 0) == counts


def test_a_frozen_joint_space_stays(material: Path, tmp_path: Path) -> None:
    run_stage2(_config(material, tmp_path / "out", steps=2, grounding_frozen=True))
    before, after = (load_file(folder / "model.safetensors") for folder in (material / "start", tmp_path / "out"))
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert moved and not any(name.startswith(("grounding.", "backbone.")) for name in moved)


def test_two_views_show_the_same_crop(rng: np.random.Generator) -> None:
    pair = draw_pair(rng, 80, 100)
    views = UnlabelledViews([pair], crop=64, seed=0, positions=range(6))
    differences = []
    for index in range(len(views)):
        view = views[index]
        assert view.weak_edited.shape == (3, 64, 64)
        differences.append(float((view.weak_edited.float() - view.strong_edited.float()).abs().mean()))
        assert torch.equal(view.weak_edited, views[index].weak_edited)
    assert max(differences) < 40  # not another place
    assert sum(difference > 0 for difference in differences) >= 3  # a draw may disturb nothing


def test_a_triple_has_the_edit_and_the_noise_apart(material: Path) -> None:
    triple = Triples(material / "corpus", crop=64, seed=0, positions=range(1))[0]
    outside = triple.region < 0.5
    changed = (triple.clean.float() - triple.original.float()).abs().amax(0)
    assert changed[~outside].mean() > changed[outside].mean()
    noise = (triple.null.float() - triple.original.float()).abs()
    assert 0 < noise.mean() < 10


def test_a_bad_mask_costs_no_unlabelled_pair(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    drawn = [draw_pair(rng, 72, 96) for _ in range(2)]
    table = write_table_corpus(tmp_path, drawn)
    (tmp_path / "mask" / f"{drawn[0].sample_id}.png").write_bytes(b"no picture")
    assert [pair.sample_id for pair in read_unlabelled(table)] == [pair.sample_id for pair in drawn]


def test_unlabelled_pairs_are_any_corpus(material: Path) -> None:
    pairs = read_unlabelled(material / "unlabelled" / "pairs.jsonl")
    assert len(pairs) == 3 and all(isinstance(pair, EditPair) and pair.mask is None for pair in pairs)
    with pytest.raises(CorpusError, match="none could be read"):
        UnlabelledViews([], crop=64, seed=0, positions=range(1))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_config_loads(path: Path) -> None:
    config = load_config(path, Stage2Config)
    assert config.crop % (28 if "dinov2" in config.initial else 32) == 0
