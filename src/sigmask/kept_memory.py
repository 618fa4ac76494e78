"""Freed memory stays with the process.

glibc hands every large block back to the system as soon as it is freed, and a network on a CPU frees the same blocks
again and again: an eighth of a training step and a quarter of a pair in torch went into having their pages cleared
(docs/training.md). Our choice.
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of malloc.h
_ALL_OF_IT = 2**31 - 1


def keep_freed_memory() -> bool:
    """Ask the C library for it, for all of the process; False where there is no such setting (not Linux, or musl)."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, _ALL_OF_IT))
