"""Lines for a terminal that may not know every letter."""

from __future__ import annotations

import sys


def print_line(line: str) -> None:
    """Print `line` with what standard output's encoding lacks as an escape."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding))
