"""What goes wrong when output is written: a full disk, a file-size limit, no permission. One line, no traceback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sigmask.errors import SigmaskError


class OutputWriteError(SigmaskError):
    """The output cannot be written. What was finished before stays, and the same command goes on from there."""


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block, whose only business is to write `path`, into an `OutputWriteError`.

    Raises:
        OutputWriteError: in place of any `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise OutputWriteError(
            f"cannot write {path}: {error.strerror or error}. What was finished is kept: make room "
            "(or mend what the message names) and run the same command again"
        ) from error
