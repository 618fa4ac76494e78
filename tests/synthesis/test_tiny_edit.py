from __future__ import annotations

import numpy as np
import pytest

from sigmask.synthesis import edit as edit_module
from sigmask.synthesis.edit import make_edit
from sigmask.synthesis.photos import PhotoLibrary, random_view
from sigmask.synthesis.tiny_edit import LARGEST, edit_little


def test_every_edit_covers_at_most_a_hundredth(library: PhotoLibrary) -> None:
    rng = np.random.default_rng(7)
    actions, made = set(), 0
    for _ in range(25):
        edit = edit_little(random_view(library.random(rng), rng, 256), library, rng)
        if edit is not None:
            made += 1
            actions.add(edit.action)
            assert 0.001 <= edit.mask.mean() <= LARGEST
            assert edit.family == "tiny"
    assert made >= 15 and len(actions) >= 2


@pytest.mark.parametrize("share", ["SIDE_EFFECT_SHARE", "SECOND_EDIT_SHARE"])
def test_a_second_change_leaves_it_tiny(library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch, share: str) -> None:
    for name in ("SIDE_EFFECT_SHARE", "SECOND_EDIT_SHARE"):
        monkeypatch.setattr(edit_module, name, float(name == share))
    rng = np.random.default_rng(7)
    assert max(make_edit(library, rng, size=192, weights={"tiny": 1.0}).mask.mean() for _ in range(12)) <= LARGEST
