"""The ablation: every row trained with its switches, measured told and untold, nothing done twice."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sigmask.cli import ablation
from sigmask.cli.ablation import ROWS, AblationConfig, run_ablation
from sigmask.config import load_config
from sigmask.errors import ConfigError, CorpusError, SigmaskError, WeightsError
from sigmask.models import weights_folder
from sigmask.models.pretrained import save_pretrained
from sigmask.training import stage2
from sigmask.training.stage2 import Stage2Config
from tests.drawing import draw_pair
from tests.drawn_corpora import write_table_corpus
from tests.models.random_locator import random_locator
from tests.training.tiny_corpus import write_tiny_corpus


def _config(root: Path, rows: tuple[str, ...]) -> AblationConfig:
    write_tiny_corpus(root / "corpus")
    save_pretrained(random_locator(), root / "start")
    rng = np.random.default_rng(2)
    table = write_table_corpus(root / "bench", [draw_pair(rng, 64, 96) for _ in range(2)])
    base = Stage2Config(
        corpus=root / "corpus",
        unlabelled=str(table),
        initial=str(root / "start"),
        steps=1,
        batch=1,
        unlabelled_batch=1,
        triple_batch=1,
        crop=64,
        warmup=1,
        bfloat16=False,
        workers=0,
        threads=1,
    )
    return AblationConfig(base=base, output=root / "out", benchmarks=(str(table),), seeds=(0, 1), rows=rows)


def test_rows_are_trained_and_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = _config(tmp_path, ("Stage I only", "+ null pairs", "all"))
    seen: list[Stage2Config] = []
    train = ablation.run_stage2

    def noted(run: Stage2Config) -> Path:
        seen.append(run)
        return train(run)

    monkeypatch.setattr(ablation, "run_stage2", noted)
    page = run_ablation(config)
    assert [(run.self_training, run.disentanglement, run.seed) for run in seen] == [
        (False, False, 0),
        (False, False, 1),
        (True, True, 0),
        (True, True, 1),
    ]
    assert len({run.output for run in seen}) == 4
    lines = page.splitlines()
    assert sum(line.startswith("| Stage I only |") for line in lines) == 2
    assert sum(line.startswith("| all |") and "±" in line for line in lines) == 2
    assert (tmp_path / "out" / "ablation.md").read_text() == page
    assert run_ablation(config) == page


def test_it_tells_what_starts_what_ends_and_what_is_skipped(tmp_path: Path) -> None:
    config = _config(tmp_path, ("Stage I only", "all"))
    told: list[str] = []
    run_ablation(config, told.append)
    timeless = [re.sub(r"\d+ s\b", "N s", line) for line in told]
    of_one = ["measuring on {} starts", "measured in N s"]
    both = ["with the instruction", "told nothing"]
    assert timeless[0] == "Stage I only: nothing to train"
    assert timeless[5:9] == [
        "all, seed 0: training starts at step 0 of 1",
        "all, seed 0: trained in N s",
        "all, seed 1: training starts at step 0 of 1",
        "all, seed 1: trained in N s",
    ]
    assert timeless[9:] == [
        f"all, seed {seed}, {how}: {what.format('bench')}" for seed in (0, 1) for how in both for what in of_one
    ]
    again: list[str] = []
    run_ablation(config, again.append)
    assert [line for line in again if "seed" in line] == [
        "all, seed 0: training skipped, finished",
        "all, seed 1: training skipped, finished",
        *(f"all, seed {seed}, {how}: measuring skipped, 1 kept" for seed in (0, 1) for how in both),
    ]


def test_a_finished_run_reads_no_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = _config(tmp_path, ("all",))
    run_ablation(config)
    monkeypatch.setattr(stage2, "read_unlabelled", lambda *_: pytest.fail("a finished run read its pairs again"))
    run_ablation(config)


def test_a_base_without_a_part_still_has_it_in_the_rows_that_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _config(tmp_path, ("all", "+ null pairs"))
    base = dataclasses.replace(config.base, self_training=False, calibration=False)
    seen: list[tuple[bool, bool]] = []

    def noted(run: Stage2Config) -> Path:
        seen.append((run.self_training, run.calibration))
        return tmp_path / "start"

    monkeypatch.setattr(ablation, "run_stage2", noted)
    run_ablation(dataclasses.replace(config, base=base, seeds=(0,)))
    assert seen == [(True, True), (False, True)]


def test_a_benchmark_that_is_not_there_is_told_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablation, "run_stage2", lambda _: pytest.fail("it trained"))
    config = dataclasses.replace(_config(tmp_path, ("all",)), benchmarks=("nowhere",))
    with pytest.raises(CorpusError, match="unknown benchmark 'nowhere'"):
        run_ablation(config)


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"unlabelled": "nowhere.jsonl"}, CorpusError, "nowhere.jsonl"),
        ({"unlabelled": None}, ConfigError, "'unlabelled' is required for self-training"),
        ({"corpus": Path("nowhere")}, CorpusError, r"expected pair-\*.npz in nowhere"),
        ({"crop": 65}, ConfigError, r"'base.crop': .* set base.crop=64"),
        ({"codes_only": True}, ConfigError, "'codes_only' trains the code head"),
        ({"initial": "runs/nowhere"}, WeightsError, r"^base.initial: there is no folder 'runs/nowhere'.*_clean.yaml'$"),
    ],
)
def test_what_a_row_needs_is_told_before_the_first_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], error: type[SigmaskError], told: str
) -> None:
    monkeypatch.setattr(ablation, "run_stage2", lambda _: pytest.fail("it trained"))
    monkeypatch.setattr(weights_folder, "_download", _unreachable)
    config = _config(tmp_path, ("nothing added", "all"))
    with pytest.raises(error, match=told):
        run_ablation(dataclasses.replace(config, base=dataclasses.replace(config.base, **changes)))
    assert not (tmp_path / "out").exists()


def _unreachable(*_: object) -> Path:
    raise WeightsError("the Hub cannot be reached\nat all")


def test_unlabelled_pairs_are_not_asked_for_where_no_row_uses_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ablation, "run_stage2", lambda _: tmp_path / "start")
    config = _config(tmp_path, ("+ null pairs",))
    run_ablation(dataclasses.replace(config, base=dataclasses.replace(config.base, unlabelled=None)))


def test_the_page_names_the_weights_and_the_command(tmp_path: Path) -> None:
    page = run_ablation(_config(tmp_path, ("Stage I only",)), command="sigmask train ablate a.yaml")
    digest = weights_folder.weights_hash(tmp_path / "start")[:8]
    assert f"Every row starts from `start ({digest})`; written by `sigmask train ablate a.yaml`." in page.splitlines()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ('rows=["+ everything"]', "'rows.0': expected one of 'Stage I only', .*, got '\\+ everything'"),
        ("rows=[]", "'rows': expected a list of one or more"),
        ("rows=[all, all]", "'rows': expected a list of one or more, each of them once"),
        ("seeds=[]", "'seeds': expected a list of one or more"),
        ("seeds=[0, 0]", "'seeds': expected a list of one or more, each of them once"),
        ("benchmarks=[]", "'benchmarks': expected a list of one or more"),
        ("benchmarks=[inpainting, null]", "'benchmarks.1': expected a name or a path .*\"null\""),
        ("limit=0", "'limit': expected greater than or equal to 1"),
        ("base.steps=0", "'base.steps': expected greater than or equal to 1"),
    ],
)
def test_what_cannot_be_measured_is_refused_at_once(override: str, told: str) -> None:
    path = Path(__file__).resolve().parents[2] / "configs" / "ablation.yaml"
    with pytest.raises(ConfigError, match=told):
        load_config(path, AblationConfig, (override,))


def test_the_shipped_file_loads_and_names_rows_that_exist() -> None:
    path = Path(__file__).resolve().parents[2] / "configs" / "ablation.yaml"
    assert set(load_config(path, AblationConfig).rows) <= set(ROWS)
