"""A few inputs of `tests.fuzzing`, of each layout; `python -m tests.fuzzing` runs as many as one likes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.fuzzing import LAYOUTS, fuzz, mutated


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(6 * len(LAYOUTS)))
def test_a_damaged_corpus_costs_no_good_row(number: int, tmp_path: Path) -> None:
    layout = sorted(LAYOUTS)[number % len(LAYOUTS)]
    assert fuzz(number, tmp_path).startswith(layout)


def test_a_mutation_is_the_same_for_a_seed_and_changes_something() -> None:
    content = bytes(range(256)) * 4
    drawn = [mutated(content, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert sum(mutated(content, np.random.default_rng(seed)) != content for seed in range(50)) >= 45
