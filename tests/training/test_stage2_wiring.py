"""Stage II puts its parts together as it says: who sees which view, what counts, and where each loss looks."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.models.pretrained import save_pretrained
from sigmask.training import stage2, stage2_views
from sigmask.training.area_guard import AreaGuard
from sigmask.training.stage2 import Stage2Config, run_stage2, stage2_losses
from sigmask.training.view import ViewMix
from sigmask.types import Action, EditTuple
from tests.drawing import draw_pair
from tests.drawn_corpora import write_table_corpus
from tests.models.random_locator import random_locator
from tests.training.tiny_corpus import write_tiny_corpus

CONFIG = Stage2Config(Path("corpus"), bfloat16=False, believed=(1.0, 1.0))
EDIT = (EditTuple("dog", None, Action.REMOVE),)
WEAK, STRONG = 0.25, 0.75
NOISE = {"weak": 0.125, "strong": 0.375}


class _Seer:
    """A model that marks the left half, and remembers what it was shown and told."""

    def __init__(self, quality: float = 10.0, marked: int = 4) -> None:
        self.quality, self.marked = quality, marked
        self.shown: list[tuple[float, float]] = []
        self.noise: list[float] = []
        self.told: list[bool] = []

    def __call__(self, original: Tensor, edited: Tensor, instruction: Any, noise: Tensor) -> SimpleNamespace:
        self.shown.append((float(original.mean()), float(edited.mean())))
        self.noise.append(float(noise))
        self.told.append(bool(instruction.known.any()))
        logits = torch.full((len(original), 8, 8), -5.0)
        logits[:, :, : self.marked] = 5.0
        return SimpleNamespace(mask_logits=logits, quality_logits=torch.full((len(original),), self.quality))


def _unlabelled() -> dict[str, Any]:
    views = {"weak": WEAK, "strong": STRONG}
    images = {f"{how}_{what}": torch.full((1, 3, 8, 8), value) for how, value in views.items() for what in
              ("original", "edited")}  # fmt: skip
    noise = {f"{how}_noise": torch.full((1, 1, 1, 1), value) for how, value in NOISE.items()}
    return images | noise | {"edits": [EDIT], "displacement": torch.zeros(1, 2, 8, 8)}


def _self_train(
    config: Stage2Config = CONFIG,
    teacher: _Seer | None = None,
    guard: AreaGuard | None = None,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Any:
    student = SimpleNamespace(model=_Seer(marked=2), guard=guard or AreaGuard())
    teacher = teacher or _Seer()
    batch = _unlabelled()
    batch["displacement"] += torch.tensor(shift)[:, None, None]
    found = stage2._self_training(student, teacher, batch, StaticTextEncoder.from_package(), config, 0)  # type: ignore[arg-type]
    return found, student.model, teacher


def test_the_teacher_sees_the_weak_view_and_the_student_the_strong_one() -> None:
    found, student, teacher = _self_train()
    assert (teacher.shown, student.shown) == ([(WEAK, WEAK)], [(STRONG, STRONG)])
    assert (teacher.told, student.told) == ([True], [True])
    assert float(found["self_training"]) > 0


def test_each_is_told_the_whole_pictures_noise_of_its_own_view() -> None:
    _, student, teacher = _self_train()
    assert (teacher.noise, student.noise) == ([NOISE["weak"]], [NOISE["strong"]])


def test_what_the_teacher_marks_moves_with_the_edited_picture() -> None:
    """It marks columns 0 to 3 and the student 0 and 1; shown what lay two to the right, that is just right."""
    apart, _, _ = _self_train()
    right, _, _ = _self_train(shift=(2.0, 0.0))
    ends, _, _ = _self_train(shift=(0.0, 2.0))  # its rows are all alike
    sure = math.log1p(math.exp(-5.0))  # of every pixel: the student's logits are ±5
    assert float(right["self_training"]) == pytest.approx(sure, rel=1e-5)
    assert float(apart["self_training"]) == pytest.approx((sure + (sure + sure + 5.0) / 2) / 2, rel=1e-2)
    assert float(ends["self_training"]) == pytest.approx(float(apart["self_training"]), rel=1e-5)


def test_without_instruction_neither_is_told_anything() -> None:
    _, student, teacher = _self_train(replace(CONFIG, instruction=False))
    assert (teacher.told, student.told) == ([False], [False])


def test_a_teacher_that_expects_a_bad_mask_teaches_nothing() -> None:
    assert float(_self_train(teacher=_Seer(quality=-10.0))[0]["self_training"]) == 0


def test_a_closed_guard_stops_the_teaching() -> None:
    guard = AreaGuard(window=1, factor=1.1)
    guard.add(0.05)  # normal: a twentieth; the teacher marks a half
    found, _, _ = _self_train(guard=guard)
    assert float(found["guard_open"]) == 0
    assert float(found["self_training"]) == 0


@pytest.mark.parametrize(("largest", "counts"), [(0.5, True), (0.4, False)])
def test_views_that_are_changed_nearly_everywhere_teach_nothing(largest: float, counts: bool) -> None:
    found, _, _ = _self_train(replace(CONFIG, largest_area=largest))  # the teacher marks a half
    assert (float(found["self_training"]) > 0) == counts


def test_the_guard_hears_only_of_views_that_teach() -> None:
    guard = AreaGuard()
    _self_train(teacher=_Seer(marked=8), guard=guard)  # all of it: over `largest_area`
    assert int(guard.count) == 0
    _self_train(guard=guard)
    assert (int(guard.count), guard.mean) == (1, 0.5)


def test_each_energy_is_compared_with_what_is_seen_where_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """One token is touched, three are not; the pictures are 1 (clean), 2 (null) and 3 (noisy) times some code."""
    sees = {"clean": 1.0, "null": 2.0, "noisy": 3.0}
    compared: list[tuple[float, float, list[float] | None]] = []
    vanishing: list[tuple[list[float], list[float]]] = []

    def look(_original: Tensor, edited: Tensor, noise: Tensor) -> tuple[Any, Tensor, Tensor]:
        value = float(edited.flatten()[0])
        assert float(noise) == value / 8
        pyramid = SimpleNamespace(distances=[torch.full((1, 1, 2, 2), value)], grid=(2, 2))
        return pyramid, torch.full((1, 4, 1), 10 * value), torch.full((1, 4, 1), 100 * value)

    class Energy:
        def edit(self, code: Tensor) -> Tensor:
            return code

        def noise(self, code: Tensor) -> Tensor:
            return code

        def __call__(self, edit: Tensor, noise: Tensor) -> Tensor:
            return edit + noise

    def distance(predicted: Tensor, seen: Tensor, weight: Tensor | None = None) -> Tensor:
        where = None if weight is None else weight.flatten().tolist()
        compared.append((float(predicted.flatten()[0]), float(seen.flatten()[0]), where))
        return torch.zeros(())

    def vanish(energy: Tensor, unedited: Tensor) -> Tensor:
        vanishing.append((energy[:, 0, 0].tolist(), unedited.sum(1).tolist()))
        return torch.zeros(())

    monkeypatch.setattr(stage2, "energy_distance", distance)
    monkeypatch.setattr(stage2, "vanishing_edit", vanish)
    region = torch.zeros(1, 8, 8)
    region[:, :3, :3] = 1  # the first of 2 × 2 tokens
    batch = {name: torch.full((1, 3, 8, 8), value) for name, value in sees.items()}
    noise = {name: torch.full((1, 1, 1, 1), value / 8) for name, value in sees.items()}
    batch |= {"original": torch.zeros(1, 3, 8, 8), "region": region, "noise": noise}
    student = SimpleNamespace(model=SimpleNamespace(difference_and_codes=look), energy=Energy())
    stage2._disentanglement(student, batch, CONFIG)  # type: ignore[arg-type]
    untouched = [0.0, 1.0, 1.0, 1.0]
    assert compared == [
        (330.0, 3.0, None),  # both codes of the noisy pair explain it
        (110.0, 1.0, None),  # and those of the clean pair that one
        (300.0, 3.0, untouched),  # outside the edit the noise code alone does
        (200.0, 2.0, None),  # and of a null pair everywhere
        (210.0, 3.0, None),  # swapped: the clean pair's edit with the null pair's noise
    ]
    assert vanishing == [([10.0, 20.0, 30.0], [3.0, 4.0, 3.0])]


def test_the_adversary_knows_which_tokens_are_edited_and_went_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four tokens the first is touched in part, the second as a whole."""
    asked: list[dict[str, Any]] = []

    def adversary(edit_code: Tensor, noise_code: Tensor, **of_tokens: Tensor) -> Tensor:
        asked.append({name: value.int().tolist() for name, value in of_tokens.items()})
        return (edit_code - noise_code).sum()

    monkeypatch.setattr(stage2, "code_adversary", adversary)
    region = torch.zeros(1, 8, 8)
    region[:, :4, 2:] = 1
    model = SimpleNamespace(codes=torch.nn.Linear(1, 2, bias=False))
    tokens = torch.ones(1, 4, 1, dtype=torch.bfloat16, requires_grad=True)  # as they come of mixed precision
    split = model.codes
    model.codes = lambda given: split(given).chunk(2, -1)
    loss = stage2._adversary(model, [SimpleNamespace(grid=(2, 2), tokens=tokens)] * 3, region)  # type: ignore[arg-type, list-item]
    loss.backward()
    assert asked == [
        {
            "edited": [[0, 1, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]],
            "round_trip": [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]],
            "known": [[0, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 1]],
        }
    ]
    assert tokens.grad is None and split.weight.grad is not None  # the head learns, the tokens do not


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stage2")
    write_tiny_corpus(root / "corpus")
    write_table_corpus(root / "unlabelled", [draw_pair(np.random.default_rng(2), 72, 96) for _ in range(2)])
    save_pretrained(random_locator(), root / "start")
    return root


def _config(material: Path, output: Path, **changes: Any) -> Stage2Config:
    return Stage2Config(
        corpus=material / "corpus", unlabelled=str(material / "unlabelled" / "pairs.jsonl"), output=output,
        **{"initial": str(material / "start"), "steps": 2, "batch": 2, "unlabelled_batch": 1, "triple_batch": 1,
           "crop": 64, "warmup": 1, "bfloat16": False, "workers": 0, "threads": 1, **changes},
    )  # fmt: skip


def test_statistics_of_normalisation_stay_and_its_scale_learns(material: Path, tmp_path: Path) -> None:
    run_stage2(_config(material, tmp_path / "out", ema_decay=0.0))
    before, after = (load_file(folder / "model.safetensors") for folder in (material / "start", tmp_path / "out"))
    statistics = [name for name in before if name.endswith(("running_mean", "running_var"))]
    assert statistics and all(torch.equal(before[name], after[name]) for name in statistics)
    scales = [name.replace("running_mean", "weight") for name in statistics if name.endswith("running_mean")]
    assert any(not torch.equal(before[name], after[name]) for name in scales if name.startswith("decoder"))


def test_what_is_kept_is_the_moving_average(material: Path, tmp_path: Path) -> None:
    start = load_file(material / "start" / "model.safetensors")
    moved = {}
    for decay in (0.0, 1.0):
        kept = load_file(run_stage2(_config(material, tmp_path / str(decay), ema_decay=decay)) / "model.safetensors")
        moved[decay] = any(not torch.equal(start[name], kept[name]) for name in start)
    assert moved == {0.0: True, 1.0: False}


def test_the_switches_reach_the_views(material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ViewMix] = []
    views = stage2.Stage1Views

    def watched(*arguments: Any, mix: ViewMix, **named: Any) -> Any:
        seen.append(mix)
        return views(*arguments, mix=mix, **named)

    monkeypatch.setattr(stage2, "Stage1Views", watched)
    off = {"self_training": False, "disentanglement": False, "calibration": False, "null_pairs": False}
    run_stage2(_config(material, tmp_path / "out", steps=1, **off))
    assert [(mix.round_trip, mix.null) for mix in seen] == [(0.0, 0.0)]


def test_without_instruction_supervised_views_are_not_told_either(
    material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []

    def watched(_model: Any, batch: dict[str, Any], *_: Any, **__: Any) -> dict[str, Tensor]:
        told.append((batch["edits"], bool(batch["located"].any()), batch["scene_names"]))
        return {"total": torch.zeros(())}

    monkeypatch.setattr(stage2, "training_losses", watched)
    config = _config(material, tmp_path, self_training=False, disentanglement=False, instruction=False)
    batch = {"edits": [EDIT], "located": torch.ones(1, 4, dtype=torch.bool), "scene_names": [("dog",)]}
    stage2_losses(SimpleNamespace(model=None), None, {"supervised": batch}, None, config, 0)  # type: ignore[arg-type]
    assert told == [([()], False, [()])]


def test_unlabelled_pairs_are_registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write_table_corpus(tmp_path, [draw_pair(np.random.default_rng(2), 72, 96)])
    black = np.zeros((72, 96, 3), np.uint8)
    monkeypatch.setattr(stage2_views, "bring_onto_edited", lambda original, edited: (black, ()))
    (pair,) = stage2_views.read_unlabelled(table)
    assert not pair.original.any()
