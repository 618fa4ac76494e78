"""A Stage I corpus of drawn pairs, as `sigmask.synthesis.stage1_corpus` lays it out, and random backbone weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from safetensors.torch import save_file

from sigmask.instruction.named_concepts import named_concepts
from sigmask.instruction.parser import parse
from tests.drawing import draw_pair


def drawn_record(
    rng: np.random.Generator,
    instruction: str = "add a lamp",
    *,
    height: int = 80,
    width: int = 96,
    family: str = "addition",
) -> dict[str, Any]:
    """One pair with all round trips, which here are a little noise."""
    pair = draw_pair(rng, height, width)
    assert pair.mask is not None
    concepts = named_concepts(parse(instruction))

    def noisy(image: np.ndarray) -> np.ndarray:
        return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)

    return {
        "original": pair.original,
        "edited": pair.edited,
        "edited_round_trip": noisy(pair.edited),
        "original_round_trip": noisy(pair.original),
        "mask": pair.mask,
        "region": pair.mask,
        "concept_regions": np.stack([pair.mask] * len(concepts)),
        "scene_regions": np.stack([pair.mask]),
        "meta": json.dumps(
            {
                "instruction": instruction,
                "edit": [asdict(part) for part in parse(instruction)],
                "located": [True] * len(concepts),
                "scene": ["car"],
                "uncertain": ["dog"],
                "named": True,
                "action": parse(instruction)[0].action,
                "family": family,
            }
        ),
    }


def write_tiny_corpus(folder: Path) -> Path:
    """Three pairs, which differ in what was added."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(5)
    for index, added in enumerate(("lamp", "boat", "hat")):
        np.savez(folder / f"pair-00-{index:06d}.npz", **drawn_record(rng, f"add a {added}"))
    return folder


def write_random_backbone(path: Path) -> Path:
    """Random weights of `SMALL_VIT`, so that no published ones are needed."""
    torch.manual_seed(3)
    save_file(timm.create_model("test_vit", pretrained=False, num_classes=0).state_dict(), path)
    return path
