"""Fixtures shared by all tests: a seeded generator, a few drawn pairs, and those pairs as corpora."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from sigmask.types import EditPair
from tests.drawing import draw_pair
from tests.drawn_corpora import write_folder_corpus, write_parquet_corpus, write_table_corpus

# No deadline: on a busy machine it fails tests that are right. In CI the same examples every time, so that a submission
# is judged by its change; elsewhere new ones at each run.
settings.register_profile("anywhere", deadline=None)
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "anywhere")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Exported models are kept for this run, beside all workers' folders, and not in the user's cache."""
    base = tmp_path_factory.getbasetemp()
    beside = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGMASK_CACHE", str(beside / "sigmask-cache"))
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_240_527)


@pytest.fixture
def drawn_pairs(rng: np.random.Generator) -> list[EditPair]:
    """Five pairs of differing sizes, each with instruction and mask."""
    return [draw_pair(rng, height, width) for height, width in ((64, 96), (96, 64), (64, 64), (80, 120), (64, 96))]


@pytest.fixture
def folder_corpus(tmp_path: Path, drawn_pairs: list[EditPair]) -> Path:
    return write_folder_corpus(tmp_path / "folder_corpus", drawn_pairs)


@pytest.fixture
def jsonl_corpus(tmp_path: Path, drawn_pairs: list[EditPair]) -> Path:
    return write_table_corpus(tmp_path / "jsonl_corpus", drawn_pairs, "jsonl")


@pytest.fixture
def csv_corpus(tmp_path: Path, drawn_pairs: list[EditPair]) -> Path:
    return write_table_corpus(tmp_path / "csv_corpus", drawn_pairs, "csv")


@pytest.fixture(params=["struct", "bytes", "base64", "path"])
def parquet_corpus(request: pytest.FixtureRequest, tmp_path: Path, drawn_pairs: list[EditPair]) -> Path:
    """One parquet file with row groups of two, once for each way of holding an image in a cell."""
    return write_parquet_corpus(tmp_path / "parquet_corpus" / "pairs.parquet", drawn_pairs, request.param)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The development data, which is never committed: SIGMASK_SHARED, or ../shared beside the repository."""
    repository = Path(__file__).resolve().parent.parent
    folder = Path(os.environ.get("SIGMASK_SHARED", repository.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("development data not found: set SIGMASK_SHARED to its folder")
    return folder
