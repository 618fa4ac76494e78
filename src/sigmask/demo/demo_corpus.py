"""Writes the demo's pairs as an ordinary folder corpus, which the ordinary pipeline then reads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from sigmask.demo.edits import DemoEdit, draw_edits
from sigmask.demo.perturbation import disturb_every_pixel

SEED = 7


def write_demo_corpus(root: Path, seed: int = SEED) -> dict[str, DemoEdit]:
    """Draw every edit, perturb each edited picture whole, and write `original/`, `edited/`, `mask/` and
    `instructions.jsonl` below `root`.

    Returns the edits by name, which is the pair's sample id.
    """
    rng = np.random.default_rng(seed)
    edits = {edit.name: edit for edit in draw_edits(rng)}
    for folder in ("original", "edited", "mask"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    lines = []
    for name, edit in edits.items():
        Image.fromarray(edit.original).save(root / "original" / f"{name}.png")
        Image.fromarray(disturb_every_pixel(edit.edited, rng)).save(root / "edited" / f"{name}.png")
        Image.fromarray(edit.mask).save(root / "mask" / f"{name}.png")
        lines.append(json.dumps({"name": name, "instruction": edit.instruction, "edit_type": edit.edit_type}))
    (root / "instructions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return edits
