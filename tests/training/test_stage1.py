"""Stage I: an interrupted run equals an unbroken one, frozen weights stay frozen, shipped configs load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from sigmask.config import load_config
from sigmask.errors import ConfigError, CorpusError, SigmaskError
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.models.locator import Locator
from sigmask.models.pretrained import save_pretrained
from sigmask.training import stage1
from sigmask.training.stage1 import Stage1Config, run_stage1, train, training_losses
from sigmask.training.stage1_views import Stage1Views, collate_views
from sigmask.training.training_log import TrainingLog
from sigmask.training.view import ViewMix
from sigmask.types import Action, EditTuple
from tests.models.random_locator import random_locator, small_config
from tests.models.small_vit import SMALL_VIT
from tests.training.tiny_corpus import write_random_backbone, write_tiny_corpus

CONFIGS = sorted((Path(__file__).resolve().parents[2] / "configs").glob("*stage1*.yaml"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_corpus(tmp_path_factory.mktemp("stage1") / "corpus")


@pytest.fixture(scope="module")
def backbone_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random_backbone(tmp_path_factory.mktemp("backbone") / "vit.safetensors")


def _config(corpus: Path, backbone_weights: Path, output: Path, **changes: Any) -> Stage1Config:
    settings: dict[str, Any] = {
        "corpus": corpus,
        "output": output,
        "model": small_config(SMALL_VIT),
        "backbone_weights": backbone_weights,
        "steps": 4,
        "batch": 2,
        "crop": 64,
        "warmup": 1,
        "bfloat16": False,
        "workers": 0,
        "threads": 1,
        "log_every": 1,
        "checkpoint_every": 2,
    }
    return Stage1Config(**(settings | changes))


def _steps(folder: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("cached_views", [0, 3])
def test_an_interrupted_run_equals_an_unbroken_one(
    corpus: Path, backbone_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached_views: int
) -> None:
    frozen = {"backbone_learning_rate": 0.0, "cached_views": cached_views}
    unbroken = run_stage1(_config(corpus, backbone_weights, tmp_path / "unbroken", **frozen))
    calls = 0

    def interrupted(*arguments: Any, **options: Any) -> dict[str, torch.Tensor]:
        nonlocal calls
        calls += 1
        if calls == 4:  # after the checkpoint of step 2 and one step more
            raise KeyboardInterrupt
        return training_losses(*arguments, **options)

    config = _config(corpus, backbone_weights, tmp_path / "resumed", **frozen)
    with monkeypatch.context() as patch:
        patch.setattr(stage1, "training_losses", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_stage1(config)
    torch.manual_seed(12345)
    run_stage1(config)
    assert _steps(tmp_path / "unbroken") == [1, 2, 3, 4]
    assert _steps(tmp_path / "resumed") == [1, 2, 3, 4]
    whole, resumed = (
        torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (unbroken, tmp_path / "resumed")
    )
    assert whole["step"] == resumed["step"] == 4
    for part in ("model", "average"):
        assert all(torch.equal(value, resumed[part][name]) for name, value in whole[part].items())
    shipped = [(folder / "model.safetensors").read_bytes() for folder in (unbroken, tmp_path / "resumed")]
    assert shipped[0] == shipped[1]


def test_training_moves_the_heads_and_not_a_frozen_backbone(
    corpus: Path, backbone_weights: Path, tmp_path: Path
) -> None:
    config = _config(corpus, backbone_weights, tmp_path / "frozen", steps=1, backbone_learning_rate=0.0)
    run_stage1(config)
    state = torch.load(config.output / "checkpoint.pt", weights_only=True)["model"]
    published = load_file(backbone_weights)
    assert torch.equal(state["backbone.network.model.patch_embed.proj.weight"], published["patch_embed.proj.weight"])
    torch.manual_seed(config.seed)
    start = Locator(config.model).state_dict()
    assert not torch.equal(state["decoder.leave.weight"], start["decoder.leave.weight"])
    assert not torch.equal(state["semantic_difference.null_spread_0"], start["semantic_difference.null_spread_0"])


def test_a_frozen_joint_space_stays_while_the_trunk_is_adapted(
    corpus: Path, backbone_weights: Path, tmp_path: Path
) -> None:
    start, after = (
        run_stage1(_config(corpus, backbone_weights, tmp_path / name, steps=1, **settings))
        for name, settings in (
            ("start", {}),
            ("after", {"initial": str(tmp_path / "start"), "grounding_frozen": True, "backbone_learning_rate": 1e-3}),
        )
    )
    before, now = (load_file(folder / "model.safetensors") for folder in (start, after))
    moved = {name for name, value in now.items() if not torch.equal(value, before[name])}
    assert any(name.startswith("backbone.") for name in moved)
    assert any(name.startswith("decoder.") for name in moved)
    assert not any(name.startswith("grounding.") for name in moved)


@pytest.mark.parametrize(("rate", "receives"), [(0.0, False), (1e-4, True)])
def test_no_frozen_backbone_parameter_gets_a_gradient(
    corpus: Path, backbone_weights: Path, tmp_path: Path, rate: float, receives: bool
) -> None:
    config = _config(corpus, backbone_weights, tmp_path, backbone_learning_rate=rate)
    model, _, _ = stage1._initial_model(config)
    views = Stage1Views(corpus, crop=64, seed=0, positions=range(2), mix=ViewMix(null=0))
    losses = training_losses(
        model,
        collate_views([views[0], views[1]]),
        StaticTextEncoder.from_package(),
        config.loss,
        bfloat16=config.bfloat16,
    )
    losses["total"].backward()
    assert model.backbone.frozen is not receives
    assert any(parameter.grad is not None for parameter in model.backbone.parameters()) is receives
    untouched = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None and not name.startswith(("backbone.", "codes."))
    ]
    assert untouched == []  # the codes are Stage II's
    assert all(value.isfinite().all() for value in losses.values())


def test_a_run_goes_on_from_earlier_weights(corpus: Path, backbone_weights: Path, tmp_path: Path) -> None:
    first = run_stage1(_config(corpus, backbone_weights, tmp_path / "first", steps=1))
    config = _config(corpus, backbone_weights, tmp_path / "second", steps=1, initial=str(first))
    run_stage1(config)
    before, after = load_file(first / "model.safetensors"), load_file(config.output / "model.safetensors")
    assert not torch.equal(before["decoder.leave.weight"], after["decoder.leave.weight"])


def test_a_finished_run_has_nothing_left_to_do(corpus: Path, backbone_weights: Path, tmp_path: Path) -> None:
    config = _config(corpus, backbone_weights, tmp_path, steps=1)
    run_stage1(config)
    before = (tmp_path / "model.safetensors").read_bytes()
    run_stage1(config)
    assert _steps(tmp_path) == [1]
    assert (tmp_path / "model.safetensors").read_bytes() == before


def test_a_run_without_a_corpus_leaves_no_folder(backbone_weights: Path, tmp_path: Path) -> None:
    save_pretrained(random_locator(), tmp_path / "weights")
    with pytest.raises(CorpusError, match="expected pair-"):
        run_stage1(_config(tmp_path / "nowhere", backbone_weights, tmp_path / "run", initial=str(tmp_path / "weights")))
    assert not (tmp_path / "run").exists()


def test_a_kind_that_the_corpus_lacks_leaves_no_folder(corpus: Path, backbone_weights: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="--families text"):
        run_stage1(_config(corpus, backbone_weights, tmp_path / "run", new_kinds=("text",)))
    assert not (tmp_path / "run").exists()


def test_a_crop_that_does_not_fit_leaves_no_folder(corpus: Path, backbone_weights: Path, tmp_path: Path) -> None:
    save_pretrained(random_locator(), tmp_path / "weights")
    for initial in (None, str(tmp_path / "weights")):
        with pytest.raises(ConfigError, match="'crop': expected a multiple of"):
            run_stage1(_config(corpus, backbone_weights, tmp_path / "run", crop=71, initial=initial))
    assert not (tmp_path / "run").exists()


def test_a_run_that_diverges_says_at_which_step(corpus: Path, backbone_weights: Path, tmp_path: Path) -> None:
    with pytest.raises(SigmaskError, match=r"diverged: the loss of step 2 is nan\. Lower the learning rates"):
        run_stage1(_config(corpus, backbone_weights, tmp_path, learning_rate=1e12, backbone_learning_rate=0.0))


def test_the_clock_starts_once_and_after_loading(
    corpus: Path, backbone_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    batches = stage1._batches

    def noted(*arguments: Any) -> Any:
        for batch in batches(*arguments):
            order.append("loaded")
            yield batch

    monkeypatch.setattr(stage1, "_batches", noted)
    make = TrainingLog.__init__
    monkeypatch.setattr(
        TrainingLog, "__init__", lambda *given, **named: (order.append("clock"), make(*given, **named))[1]
    )
    run_stage1(_config(corpus, backbone_weights, tmp_path, steps=2))
    assert order == ["loaded", "clock", "loaded"]


def test_a_worker_tells_what_is_wrong_with_a_pair_in_one_line(backbone_weights: Path, tmp_path: Path) -> None:
    damaged = write_tiny_corpus(tmp_path / "corpus") / "pair-00-000001.npz"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    with pytest.raises(CorpusError) as caught:
        run_stage1(_config(damaged.parent, backbone_weights, tmp_path / "run", workers=1, cached_views=0))
    assert str(caught.value).startswith(f"{damaged} cannot be read") and "\n" not in str(caught.value)


def test_a_yaml_file_trains(corpus: Path, backbone_weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "stage1.yaml"
    path.write_text(
        f"corpus: {corpus}\noutput: {tmp_path / 'run'}\nbackbone_weights: {backbone_weights}\n"
        f"model: {{backbone: {SMALL_VIT}, long_side: 96}}\nsteps: 4\nbatch: 2\ncrop: 64\nworkers: 0\nthreads: 1\n",
        encoding="utf-8",
    )
    folder = train(path, overrides=("steps=1",))
    assert (folder / "model.safetensors").is_file()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_config_loads_and_its_model_can_be_made(path: Path) -> None:
    config = load_config(path, Stage1Config)
    with torch.device("meta"):  # a large backbone's weights would take seconds to draw
        model = Locator(config.model)
    assert config.crop % model.backbone.size_multiple == 0
    assert path.read_text(encoding="utf-8").startswith("#")


def test_there_are_shipped_configs() -> None:
    assert "tiny_stage1" in [path.stem for path in CONFIGS]


def test_crops_are_told_no_side_of_the_picture(corpus: Path, backbone_weights: Path, tmp_path: Path) -> None:
    config = _config(corpus, backbone_weights, tmp_path)
    model, _, _ = stage1._initial_model(config)
    views = Stage1Views(corpus, crop=64, seed=0, positions=range(2), mix=ViewMix(null=0))
    batch = collate_views([views[0], views[1]])

    def loss(location: str | None) -> torch.Tensor:
        edits = [(EditTuple("dog", None, Action.REMOVE, location=location),)] * 2
        encoder = StaticTextEncoder.from_package()
        return training_losses(model, batch | {"edits": edits}, encoder, config.loss, bfloat16=False)["total"]

    model.eval()
    assert torch.equal(loss("on the left"), loss(None))
