"""Says how far the making of a Stage I corpus is, and what is in one."""

from __future__ import annotations

import json
import sys
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import numpy as np

from sigmask.errors import CorpusError

SECONDS_BETWEEN_LINES = 10.0
"""Our choice."""
OF_DAMAGE = (
    *(OSError, EOFError, KeyError, ValueError, TypeError, AttributeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a file that is no pair, or a damaged one, ends in."""


def follow(parts: Sequence[Future[None]], wanted: Sequence[Path]) -> None:
    """Wait for `parts`, with a line on stderr now and then that says how many of the `wanted` files are there.

    Raises:
        Exception: what one of the parts raised.
    """
    started, before = time.monotonic(), _there(wanted)
    print(f"{before}/{len(wanted)} pairs are there", file=sys.stderr, flush=True)
    while wait(parts, timeout=SECONDS_BETWEEN_LINES).not_done:
        done = _there(wanted)
        rate = (done - before) / (time.monotonic() - started)
        left = f", {(len(wanted) - done) / rate:.0f} s left" if rate > 0 else ""
        print(f"{done}/{len(wanted)} pairs, {rate:.1f} pairs/s{left}", file=sys.stderr, flush=True)
    for part in parts:
        part.result()


def describe_corpus(folder: Path) -> str:
    """How many pairs lie in `folder`, and how many of each family: "3 pairs in out: removal 2, text 1".

    Raises:
        CorpusError: a pair is damaged.
    """
    families = Counter(str(read_meta(path)["family"]) for path in pair_files(folder))
    total = families.total()
    listed = ", ".join(f"{name} {count}" for name, count in families.most_common())
    return f"{total} pair{'' if total == 1 else 's'} in {folder}" + (f": {listed}" if listed else "")


def pair_files(folder: Path) -> list[Path]:
    """The files of a corpus's pairs, in order."""
    return sorted(folder.glob("pair-*.npz"))


def some_pair_files(folder: Path) -> list[Path]:
    """The same, of a corpus that is to be read.

    Raises:
        CorpusError: there are none.
    """
    if paths := pair_files(folder):
        return paths
    raise CorpusError(f"expected pair-*.npz in {folder} (made by sigmask train corpus); found none")


def read_meta(path: Path) -> dict[str, Any]:
    """The `meta` of a pair (see `record_of`).

    Raises:
        CorpusError: it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(json.loads(str(file["meta"])))
    except OF_DAMAGE as error:
        raise CorpusError(f"expected a pair of a corpus, got '{path}': remove it and run the command again") from error


def _there(paths: Sequence[Path]) -> int:
    return sum(path.exists() for path in paths)
