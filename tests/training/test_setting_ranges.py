"""Settings out of their range are told with their key, before anything is loaded or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigmask.config import load_config
from sigmask.errors import ConfigError
from sigmask.training.grounding import GroundingConfig
from sigmask.training.setting_ranges import require_fitting_side
from sigmask.training.stage1 import Stage1Config
from sigmask.training.stage2 import Stage2Config
from tests.models.random_locator import random_locator

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
STAGES = {"tiny_stage1": Stage1Config, "tiny_stage2": Stage2Config, "tiny_grounding": GroundingConfig}


@pytest.mark.parametrize(
    ("stages", "override", "key"),
    [
        ("12g", "steps=-3", "steps"),
        ("12g", "batch=0", "batch"),
        ("12g", "log_every=0", "log_every"),
        ("12g", "threads=0", "threads"),
        ("12g", "warmup=-1", "warmup"),
        ("12g", "seed=-1", "seed"),
        ("12g", "learning_rate=0", "learning_rate"),
        ("12g", "learning_rate=.nan", "learning_rate"),
        ("12g", "weight_decay=-0.1", "weight_decay"),
        ("12", "crop=-32", "crop"),
        ("12", "ema_decay=2", "ema_decay"),
        ("12", "workers=-1", "workers"),
        ("12", "checkpoint_every=0", "checkpoint_every"),
        ("12", "backbone_learning_rate=-1e-4", "backbone_learning_rate"),
        ("12", "loss.prior=-1", "loss.prior"),
        ("12", "mix.null=1.2", "mix.null"),
        ("1", "new_share=-0.1", "new_share"),
        ("1", "cached_views=-1", "cached_views"),
        ("1", "positions_offset=-8", "positions_offset"),
        ("1", "outline_blocks=-1", "outline_blocks"),
        ("2", "believed=[0.9, 2.0]", "believed.1"),
        ("2", "believed=[0.9, 0.1]", "believed"),
        ("2", "largest_area=1.5", "largest_area"),
        ("2", "unlabelled_batch=0", "unlabelled_batch"),
        ("2", "unlabelled_pairs=0", "unlabelled_pairs"),
        ("2", "weights.swap=.inf", "weights.swap"),
        ("g", "views=0", "views"),
        ("g", "smallest_view=0", "smallest_view"),
        ("g", "pasted=1.1", "pasted"),
        ("g", "joint_width=0", "joint_width"),
        ("g", "loss.naming=-1", "loss.naming"),
    ],
)
def test_a_value_out_of_range_is_told_with_its_key(stages: str, override: str, key: str) -> None:
    for name, config in STAGES.items():
        if name.removeprefix("tiny_").removeprefix("stage")[0] in stages:
            with pytest.raises(ConfigError, match=f"{name}.yaml: '{key}': expected "):
                load_config(CONFIGS / f"{name}.yaml", config, (override,))


@pytest.mark.parametrize(("side", "nearest"), [(100, 96), (8, 32), (113, 128)])
def test_a_side_that_the_backbone_cannot_take_is_refused(side: int, nearest: int) -> None:
    backbone = random_locator("tiny").backbone
    with pytest.raises(ConfigError, match=f"'crop': expected a multiple of 32 .* got {side}; set crop={nearest}$"):
        require_fitting_side("crop", side, backbone)
    require_fitting_side("crop", nearest, backbone)
