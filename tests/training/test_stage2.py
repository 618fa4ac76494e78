"""Stage II: every part is a switch, the teacher follows, a killed run goes on as if nothing had been."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.utils.data import DataLoader

from sigmask.config import load_config
from sigmask.errors import ConfigError, CorpusError, SigmaskError, SigmaskWarning
from sigmask.losses.self_training_loss import moved_along
from sigmask.models.pretrained import save_pretrained
from sigmask.synthesis import perturbation
from sigmask.training import stage2, stage2_views
from sigmask.training.stage1_views import read_record
from sigmask.training.stage2 import Stage2Config, Stage2Weights, confidence_at, run_stage2, view_mix
from sigmask.training.stage2_views import Triples, UnlabelledViews, read_unlabelled
from sigmask.training.view import ViewMix, picture_noise
from sigmask.types import EditPair
from tests.drawing import draw_pair
from tests.drawn_corpora import write_table_corpus
from tests.models.random_locator import random_locator
from tests.training.tiny_corpus import write_tiny_corpus

_FOLDER = Path(__file__).resolve().parents[2] / "configs"
CONFIGS = [*sorted(_FOLDER.glob("*stage2*.yaml")), _FOLDER / "tiny_codes.yaml"]


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
CODES_ONLY = {
    "codes_only": True,
    "calibration": False,
    "null_pairs": False,
    "self_training": False,
    "disentanglement": True,
}
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


def test_the_adversary_is_a_weight(material: Path, tmp_path: Path) -> None:
    totals = {}
    for weight in (0.0, 2.0):
        weights = Stage2Weights(adversary=weight)
        run_stage2(_config(material, tmp_path / str(weight), steps=1, weights=weights, self_training=False))
        (totals[weight],) = _logged(tmp_path / str(weight))
    assert "adversary" not in totals[0.0]
    assert 0 < totals[2.0]["adversary"] <= 1
    assert totals[2.0]["total"] == pytest.approx(totals[0.0]["total"] + 2 * totals[2.0]["adversary"], abs=2e-3)


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


def test_a_frozen_joint_space_stays(material: Path, tmp_path: Path) -> None:
    run_stage2(_config(material, tmp_path / "out", steps=2, grounding_frozen=True))
    before, after = (load_file(folder / "model.safetensors") for folder in (material / "start", tmp_path / "out"))
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert moved and not any(name.startswith(("grounding.", "backbone.")) for name in moved)


def test_the_codes_learn_alone_and_every_mask_stays(material: Path, tmp_path: Path) -> None:
    run_stage2(_config(material, tmp_path / "out", steps=2, learning_rate=0.1, **CODES_ONLY))
    before, after = (load_file(folder / "model.safetensors") for folder in (material / "start", tmp_path / "out"))
    assert {name for name, value in after.items() if not torch.equal(value, before[name])} == {"codes.split.weight"}
    for step in _logged(tmp_path / "out"):
        assert set(step) >= CODES and not {"mask", "self_training"} & set(step)


@pytest.mark.parametrize(
    ("part", "told"),
    [({name: not value}, f"set {name}={str(value).lower()}, or") for name, value in CODES_ONLY.items()][1:],
)
def test_a_part_that_the_codes_alone_would_ignore_is_refused(
    material: Path, tmp_path: Path, part: dict[str, bool], told: str
) -> None:
    with pytest.raises(ConfigError, match=rf"^'codes_only' trains the code head on triples .* {told}"):
        run_stage2(_config(material, tmp_path / "out", **(CODES_ONLY | part)))
    assert not (tmp_path / "out").exists()


def test_self_training_alone_needs_unlabelled_pairs(material: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'unlabelled' is required for self-training"):
        run_stage2(_config(material, tmp_path / "out", unlabelled=None))
    assert not (tmp_path / "out").exists()
    run_stage2(_config(material, tmp_path / "out", steps=1, unlabelled=None, self_training=False))
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_a_file_in_the_place_of_the_folder_is_refused(material: Path, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(SigmaskError, match="out is a file: name another with --set output=FOLDER"):
        run_stage2(_config(material, tmp_path / "out"))


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


def _plain_views(monkeypatch: pytest.MonkeyPatch, sources: Any) -> None:
    """Nothing but a shift is drawn, and it is `sources` of the picture's shape."""
    monkeypatch.setattr(perturbation, "perturb", lambda image, *_: image)
    monkeypatch.setattr(stage2_views, "recompress", lambda image, rng, quality: image)
    monkeypatch.setattr(perturbation, "SHIFT_SHARE", 10.0)
    monkeypatch.setattr(perturbation, "slight_shift", lambda shape, rng: sources(shape))


def _two_right_one_down(shape: tuple[int, int]) -> np.ndarray:
    rows, columns = np.indices(shape, dtype=np.float32)
    return np.stack([columns + 2, rows + 1], -1)


def test_a_displacement_is_scaled_and_mirrored_with_the_crop() -> None:
    displacement = np.full((20, 40, 2), (2.0, 1.0), np.float32)
    plain = stage2_views._Crop((60, 40), (3, 5), 16, flip=False).of_displacement(displacement)
    mirrored = stage2_views._Crop((60, 40), (3, 5), 16, flip=True).of_displacement(displacement)
    assert plain.shape == (2, 16, 16)
    assert plain[0].unique().tolist() == [3.0] and plain[1].unique().tolist() == [2.0]  # 60/40 and 40/20 as large
    assert mirrored[0].unique().tolist() == [-3.0] and mirrored[1].unique().tolist() == [2.0]


def test_a_displacement_is_cut_where_the_crop_is() -> None:
    displacement = np.zeros((20, 40, 2), np.float32)
    displacement[6, 9, 0] = 1.0
    cut = stage2_views._Crop((40, 20), (4, 2), 8, flip=False).of_displacement(displacement)
    assert cut.nonzero().tolist() == [[0, 2, 7]]
    assert stage2_views._Crop((40, 20), (4, 2), 8, flip=True).of_displacement(displacement)[0, 2, 0] == -1.0


def test_the_strong_view_is_shifted_and_says_whereto(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the weak view shows, moved along the displacement, is what the strong view shows, whatever crop is drawn."""
    _plain_views(monkeypatch, _two_right_one_down)
    smooth = cv2.GaussianBlur(draw_pair(np.random.default_rng(4), 80, 100).edited, (0, 0), 2)
    views = UnlabelledViews([EditPair("0", smooth, smooth)], crop=64, seed=0, positions=range(8))
    mirrored = set()
    for view in (views[index] for index in range(8)):
        mirrored.add(bool(view.displacement[0, 0, 0] < 0))
        weak, strong = view.weak_edited.float(), view.strong_edited.float()
        moved = moved_along(weak, view.displacement[None].expand(3, -1, -1, -1))
        inner = (slice(None), slice(6, -6), slice(6, -6))
        assert (moved - strong)[inner].abs().mean() < 1  # grey level
        assert (weak - strong)[inner].abs().mean() > 3 * (moved - strong)[inner].abs().mean()
        assert torch.equal(view.weak_original, view.strong_original)
    assert mirrored == {True, False}


def test_a_view_that_is_not_shifted_has_no_displacement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perturbation, "SHIFT_SHARE", 0.0)
    pair = draw_pair(np.random.default_rng(4), 80, 100)
    assert not UnlabelledViews([pair], crop=64, seed=0, positions=range(1))[0].displacement.any()


def test_the_noise_level_is_the_whole_pictures(monkeypatch: pytest.MonkeyPatch, material: Path) -> None:
    """Of a picture that differs by 50 grey levels in a fifth, the noise is a grey level, whatever the crop shows."""
    _plain_views(monkeypatch, lambda shape: np.stack(np.indices(shape, dtype=np.float32)[::-1], -1))
    original = np.full((128, 320, 3), 100, np.uint8)
    edited = original.copy()
    edited[:, :64] += 50
    views = UnlabelledViews([EditPair("0", original, edited)], crop=64, seed=0, positions=range(12))
    levels = {(view.weak_noise, view.strong_noise) for view in (views[index] for index in range(12))}
    assert len(levels) == 1
    assert levels.pop() == pytest.approx((1 / 255, 1 / 255))
    triple = Triples(material / "corpus", crop=64, seed=0, positions=range(1))[0]
    assert triple.noise["clean"] == pytest.approx(1 / 255)  # drawn without noise
    assert 2 / 255 < triple.noise["null"] < 8 / 255 and 2 / 255 < triple.noise["noisy"] < 8 / 255


def test_only_pairs_with_a_round_trip_of_the_original_are_drawn(material: Path, tmp_path: Path) -> None:
    paths = sorted((material / "corpus").glob("*.npz"))
    for place, path in enumerate(paths):
        record = read_record(path)
        if place != 1:
            del record["original_round_trip"]
        np.savez(tmp_path / path.name, **record)
    triples = Triples(tmp_path, crop=64, seed=0, positions=range(6))
    (kept, whole) = (tmp_path / paths[1].name, read_record(tmp_path / paths[1].name))
    shown = [triples[index] for index in range(6)]
    level = picture_noise(whole["original"], whole["original_round_trip"])
    assert all(triple.noise["null"] == level for triple in shown)
    kept.unlink()
    with pytest.raises(CorpusError, match="expected pairs with a round trip of the original"):
        Triples(tmp_path, crop=64, seed=0, positions=range(1))


def test_workers_change_no_batch(material: Path, tmp_path: Path) -> None:
    alone, helped = (
        list(stage2._batches(_config(material, tmp_path, workers=workers, steps=2), 0)) for workers in (0, 2)
    )
    for first, second in zip(alone, helped, strict=True):
        for name in ("weak_edited", "strong_edited", "displacement", "strong_noise"):
            assert torch.equal(first["unlabelled"][name], second["unlabelled"][name])
        assert torch.equal(first["triples"]["noisy"], second["triples"]["noisy"])


def test_every_loader_has_the_runs_settings(material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = []

    class Watched(DataLoader[Any]):
        def __init__(self, source: Any, batch: int, **named: Any) -> None:
            settings.append((type(source).__name__, named["num_workers"], named["pin_memory"]))
            super().__init__(source, batch, collate_fn=named["collate_fn"])

    monkeypatch.setattr(stage2, "DataLoader", Watched)
    monkeypatch.setattr(stage2, "usable_device", lambda name: torch.device("cuda"))
    next(stage2._batches(_config(material, tmp_path, workers=3), 0))
    assert settings == [("Stage1Views", 3, True), ("UnlabelledViews", 3, True), ("Triples", 3, True)]


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


def test_rows_that_are_left_out_are_told_and_most_of_them_refused(tmp_path: Path) -> None:
    drawn = [draw_pair(np.random.default_rng(seed), 72, 96) for seed in range(4)]
    table = write_table_corpus(tmp_path, [replace(pair, sample_id=str(place)) for place, pair in enumerate(drawn)])
    (tmp_path / "original" / "0.png").unlink()
    (tmp_path / "edited" / "1.png").write_bytes(b"no picture")
    both = r"2 of 4 unlabelled rows of .* cannot be used \(1 missing_file, 1 not_an_image\); the first: .*0\.png"
    with pytest.warns(SigmaskWarning, match=both):
        assert len(read_unlabelled(table)) == 2
    (tmp_path / "original" / "2.png").unlink()
    with pytest.raises(CorpusError, match=r"3 of 4 unlabelled rows .* \(2 missing_file, 1 not_an_image\).*too many"):
        read_unlabelled(table)
    with pytest.raises(CorpusError, match="2 of 2 unlabelled rows"):  # and the rest need not be read
        read_unlabelled(table, limit=1)


def test_columns_that_cannot_be_told_are_not_answered_with_options_alone(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"was": "a.png", "is": "b.png"}\n')
    with pytest.raises(CorpusError, match=r"^unlabelled: .*no such options: give a table whose columns are called"):
        read_unlabelled(tmp_path / "pairs.jsonl")


def test_a_crop_that_does_not_fit_leaves_no_folder(material: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'crop': expected a multiple of"):
        run_stage2(_config(material, tmp_path / "out", crop=71))
    assert not (tmp_path / "out").exists()


def test_unlabelled_pairs_are_any_corpus(material: Path) -> None:
    pairs = read_unlabelled(material / "unlabelled" / "pairs.jsonl")
    assert len(pairs) == 3 and all(isinstance(pair, EditPair) and pair.mask is None for pair in pairs)
    with pytest.raises(CorpusError, match="none could be read"):
        UnlabelledViews([], crop=64, seed=0, positions=range(1))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_config_loads(path: Path) -> None:
    config = load_config(path, Stage2Config)
    assert config.crop % (28 if "dinov2" in config.initial else 32) == 0


def test_without_its_pairs_a_run_leaves_no_folder_behind(material: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    config = replace(_config(material, tmp_path / "out", steps=1), corpus=empty)
    with pytest.raises(CorpusError):
        run_stage2(config)
    assert not config.output.exists()
