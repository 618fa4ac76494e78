"""The model card is of the weights it lies beside: whoever changes them measures every figure on it again."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files


def test_the_card_names_the_weights_it_lies_beside() -> None:
    folder = files("sigmask") / "weights" / "tiny"
    named = re.findall(r"SHA-256 `([0-9a-f]{64})`", (folder / "README.md").read_text(encoding="utf-8"))
    assert named == [hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()]
