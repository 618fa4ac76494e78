from __future__ import annotations

import os
from pathlib import Path

import pytest

from sigmask.synthesis.photos import PhotoLibrary
from tests.synthesis.drawn_library import write_library


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> PhotoLibrary:
    """Seven drawn photographs."""
    return PhotoLibrary.load(write_library(tmp_path_factory.mktemp("photos")))


@pytest.fixture(scope="session")
def photographs() -> PhotoLibrary:
    """The real photographs; skips where they are not at hand."""
    shared = os.environ.get("SIGMASK_SHARED", str(Path(__file__).parents[3] / "shared"))
    root = Path(shared) / "data" / "photos"
    if not root.is_dir():
        pytest.skip(f"no photographs at {root}: set SIGMASK_SHARED")
    return PhotoLibrary.load(root)
