"""Patterns of file paths, as regular expressions with named parts."""

from __future__ import annotations

import re

Parts = dict[str, str]
"""Named part of a path → what stands there, in lower case."""


def regular_expression(pattern: str) -> str:
    """The pattern itself, if it compiles.

    Raises:
        ValueError: if it does not, with the place.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from error
    return pattern


def compile_path(pattern: str) -> re.Pattern[str]:
    """The pattern for the end of a path: any folders may stand before it, and letters match in either case."""
    return re.compile(rf"(?:.*/)?(?:{pattern})", re.IGNORECASE)


def parts_of(match: re.Match[str]) -> Parts:
    """The named parts, in lower case, so that files join whatever the case of their names."""
    return {name: text.lower() for name, text in match.groupdict().items() if text is not None}
