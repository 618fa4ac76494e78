from __future__ import annotations

import numpy as np
import pytest

from sigmask.synthesis.photos import PhotoLibrary, random_view
from sigmask.synthesis.text_edit import edit_text


@pytest.mark.parametrize("size", [192, 384])
def test_little_of_a_text_mask_is_unchanged(library: PhotoLibrary, size: int) -> None:
    rng = np.random.default_rng(3)
    unchanged = []
    for _ in range(30):
        edit = edit_text(random_view(library.random(rng), rng, size), library, rng)
        if edit is not None:
            unchanged.append(float((edit.original == edit.edited).all(2)[edit.mask].mean()))
    assert len(unchanged) >= 15
    assert max(unchanged) < 0.05
