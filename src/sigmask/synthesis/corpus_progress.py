"""Says how far the making of a Stage I corpus is, and what is in one."""

from __future__ import annotations

import json
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import numpy as np

from sigmask.errors import CorpusError

SECONDS_BETWEEN_LINES = 10.0
"""Our choice."""


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
    families = Counter(str(meta["family"]) for meta in read_metas(folder).values())
    total = families.total()
    listed = ", ".join(f"{name} {count}" for name, count in families.most_common())
    return f"{total} pair{'' if total == 1 else 's'} in {folder}" + (f": {listed}" if listed else "")


def read_metas(folder: Path) -> dict[Path, dict[str, Any]]:
    """The `meta` of each pair in `folder` (see `record_of`), in order.

    Raises:
        CorpusError: a pair is damaged.
    """
    return {path: _meta(path) for path in sorted(folder.glob("pair-*.npz"))}


def _there(paths: Sequence[Path]) -> int:
    return sum(path.exists() for path in paths)


def _meta(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(json.loads(str(file["meta"])))
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CorpusError(f"expected a pair of a corpus, got '{path}': remove it and run the command again") from error
