"""The ablation: every row trained with its switches, measured told and untold, nothing done twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sigmask.cli import ablation
from sigmask.cli.ablation import ROWS, AblationConfig, run_ablation
from sigmask.config import load_config
from sigmask.models.pretrained import save_pretrained
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
        output=root / "unused",
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


def test_the_shipped_file_loads_and_names_rows_that_exist() -> None:
    path = Path(__file__).resolve().parents[2] / "configs" / "ablation.yaml"
    assert set(load_config(path, AblationConfig).rows) <= set(ROWS)
