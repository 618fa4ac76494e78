"""Where sigmask keeps what can be made anew."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "SIGMASK_CACHE"


def cache_folder() -> Path | None:
    """`$SIGMASK_CACHE`, else `sigmask` in the user's cache folder; None where there is no home."""
    if own := os.environ.get(CACHE_VARIABLE, "").strip():
        return Path(own)
    try:
        shared = os.environ.get("XDG_CACHE_HOME", "").strip()
        return (Path(shared) if shared else Path.home() / ".cache") / "sigmask"
    except RuntimeError:
        return None
