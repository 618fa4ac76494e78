"""A bench of one kind of edit: only that kind, always the same pairs, and a table that reads back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import ConfigError
from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.kind_bench import write_kind_bench
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.types import EditPair, ImageArray
from tests.synthesis.drawn_library import write_library


def brighter(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    return np.minimum(image, 250) + np.uint8(rng.integers(1, 5))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> PhotoLibrary:
    return PhotoLibrary.load(write_library(tmp_path_factory.mktemp("photos")))


def test_it_holds_that_kind_alone_and_reads_back(library: PhotoLibrary, tmp_path: Path) -> None:
    table = write_kind_bench(library, "text", 3, brighter, tmp_path / "text")
    pairs = list(load_benchmark(str(table)).read())
    assert [pair.sample_id for pair in pairs] == ["text-00000", "text-00001", "text-00002"]
    for pair in pairs:
        assert isinstance(pair, EditPair)
        assert pair.mask is not None and pair.mask.any() and not pair.mask.all()
        assert pair.edit_type == "text" and pair.instruction
        # outside the mask only the round trip shows
        outside = pair.edited[~pair.mask].astype(int) - pair.original[~pair.mask]
        assert np.median(np.abs(outside)) <= 5


def test_pair_n_of_a_seed_is_always_the_same(library: PhotoLibrary, tmp_path: Path) -> None:
    for name, count in (("few", 1), ("many", 2)):
        write_kind_bench(library, "recolour", count, brighter, tmp_path / name)
    first, again = (tmp_path / name / "edited" / "00000.png" for name in ("few", "many"))
    assert first.read_bytes() == again.read_bytes()


def test_an_unknown_kind_is_told_with_the_nearest(library: PhotoLibrary, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'material'"):
        write_kind_bench(library, "materiel", 1, brighter, tmp_path)
