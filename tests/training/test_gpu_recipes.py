"""The GPU recipes: each loads, and steps through both stages with a small random backbone of the same class."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from sigmask.config import load_config
from sigmask.data.corpus_registry import known_corpora
from sigmask.training.stage1 import Stage1Config, run_stage1
from sigmask.training.stage2 import Stage2Config, run_stage2
from tests.drawing import draw_pair
from tests.drawn_corpora import write_table_corpus
from tests.models.small_vit import SMALL_VIT
from tests.training.tiny_corpus import write_random_backbone, write_tiny_corpus

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
SMALL = {"steps": 2, "batch": 2, "crop": 64, "device": "cpu", "workers": 0, "log_every": 1, "checkpoint_every": 2}


@pytest.mark.parametrize("size", ["small", "base", "large"])
def test_a_recipe_steps_through_both_stages(size: str, tmp_path: Path) -> None:
    first = load_config(CONFIGS / f"dinov2_{size}_stage1.yaml", Stage1Config)
    second = load_config(CONFIGS / f"dinov2_{size}_stage2.yaml", Stage2Config)
    assert first.model.backbone == f"dinov2-{size}" and first.backbone_learning_rate == 0
    assert second.corpus == first.corpus and second.initial == str(first.output)
    corpus = write_tiny_corpus(tmp_path / "corpus")
    model = dataclasses.replace(
        first.model, backbone=SMALL_VIT, long_side=64, difference_widths=first.model.difference_widths[:3]
    )
    weights = write_random_backbone(tmp_path / "vit.safetensors")
    output = tmp_path / "stage1"
    run_stage1(dataclasses.replace(first, **SMALL, corpus=corpus, output=output, model=model, backbone_weights=weights))
    rng = np.random.default_rng(2)
    unlabelled = write_table_corpus(tmp_path / "unlabelled", [draw_pair(rng, 72, 96) for _ in range(3)])
    changes = {"unlabelled": str(unlabelled), "initial": str(output), "unlabelled_batch": 1, "triple_batch": 1}
    run_stage2(dataclasses.replace(second, **SMALL, **changes, corpus=corpus, output=tmp_path / "stage2"))
    last = json.loads((tmp_path / "stage2" / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert last["step"] == 2
    assert all(np.isfinite(value) for value in last.values())
    assert (tmp_path / "stage2" / "model.safetensors").is_file()


@pytest.mark.parametrize("size", ["small", "base", "large"])
def test_the_unlabelled_corpus_is_one_that_streams(size: str) -> None:
    source = load_config(CONFIGS / f"dinov2_{size}_stage2.yaml", Stage2Config).unlabelled
    assert source.removeprefix("hf:") in {corpus.hub for corpus in known_corpora() if corpus.streams}
