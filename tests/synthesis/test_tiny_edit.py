from __future__ import annotations

import numpy as np

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
