"""Errors that a user can cause and mend.

Each says what was expected, what was got and what to do. The command line prints them without a traceback.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from enum import StrEnum

EXIT_USER_ERROR, EXIT_CANNOT_WRITE = 2, 4
DISK_ERRORS = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))
"""Numbers of operating system errors that only writing meets: disk full, quota, file-size limit, read-only."""


class SigmaskWarning(UserWarning):
    """Something the user should know that does not stop the work."""


class SigmaskError(Exception):
    """Base of every error that sigmask raises on purpose. `exit_code` is that of a command which it ends."""

    exit_code = EXIT_USER_ERROR


class ConfigError(SigmaskError):
    """A configuration has an unknown key, a wrong type or an impossible value."""


class CorpusError(SigmaskError):
    """A corpus as a whole cannot be read: missing, empty, or its columns are not known."""


class WeightsError(SigmaskError):
    """Weights are missing, damaged, or belong to another model."""


class MissingExtraError(SigmaskError):
    """An optional dependency is not installed; the message names the extra."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package '{package}': pip install 'sigmask[{extra}]'")
        self._arguments = (package, extra, purpose)

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str, str]]:
        return type(self), self._arguments  # an error crosses from a worker's process to the one that prints it


class BadReason(StrEnum):
    """Why one sample could not be used. A reason is a stable code that ends up in quarantine files."""

    MISSING_FILE = "missing_file"
    EMPTY_FILE = "empty_file"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    PATH_ESCAPES_ROOT = "path_escapes_root"
    URL_WITHOUT_ROOT = "url_without_root"
    NULL_CELL = "null_cell"
    BAD_MASK = "bad_mask"
    BAD_ROW = "bad_row"
    UNPAIRED = "unpaired"
    MODEL_FAILED = "model_failed"
    CHANGED = "changed"


class SampleError(SigmaskError):
    """One sample cannot be used. Readers turn it into a `BadSample`; single-image calls let it rise."""

    def __init__(self, reason: BadReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type[SampleError], tuple[BadReason, str]]:
        return type(self), (self.reason, str(self))


def require_at_least(least: float, **values: float | None) -> None:
    """Refuse settings, given by their names, that are below `least`; None stands for a default.

    Raises:
        SigmaskError: for the first one that is.
    """
    for name, value in values.items():
        if value is not None and value < least:
            raise SigmaskError(f"{name} must be at least {least:g}, got {value}")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """A message for a name that is not known: what exists, and the nearest match."""
    choices = sorted(known)
    by_lower_case = {choice.lower(): choice for choice in reversed(choices)}
    nearest = difflib.get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.5)
    hint = f" Did you mean '{by_lower_case[nearest[0]]}'?" if nearest else ""
    return f"unknown {kind} '{name}'.{hint} Known: {', '.join(choices) or 'none'}."
