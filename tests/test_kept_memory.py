"""Whether memory that is freed stays with the process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sigmask.kept_memory import keep_freed_memory

_PAGES_OF_TEN_BLOCKS = """
import resource, sys
import numpy as np
from sigmask.kept_memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
np.ones(2**24)  # 128 MiB, once before it counts
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(2**24)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_other_systems_have_no_such_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's setting")
def test_a_block_that_was_freed_is_not_cleared_again() -> None:
    faults = [_page_faults("keep"), _page_faults("hand back")]
    if faults[1] < 1_000:
        pytest.skip("this C library keeps freed memory anyway")
    assert 10 * faults[0] < faults[1]


def _page_faults(how: str) -> int:
    command = [sys.executable, "-c", _PAGES_OF_TEN_BLOCKS, how]
    small_pages = os.environ | {"NUMPY_MADVISE_HUGEPAGE": "0"}  # of large ones there are too few to tell
    return int(subprocess.run(command, capture_output=True, text=True, check=True, env=small_pages).stdout)
