"""What goes wrong when output is written: a full disk, a file-size limit, no permission. One line, no traceback."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from sigmask.errors import EXIT_CANNOT_WRITE, SigmaskError

GOES_ON = "What was finished is kept: make room (or mend what the message names) and run the same command again"
BEGINS_ANEW = "Make room (or name another place) and run the same command again"


class OutputWriteError(SigmaskError):
    """The output cannot be written; the message says what is kept and what to do."""

    exit_code = EXIT_CANNOT_WRITE


@contextlib.contextmanager
def writing(path: Path, advice: str = GOES_ON) -> Iterator[None]:
    """Turn an `OSError` of the block, whose only business is to write `path`, into an `OutputWriteError`.

    Raises:
        OutputWriteError: in place of any `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise output_write_error(path, error, advice) from error


def output_write_error(path: Path, error: OSError, advice: str) -> OutputWriteError:
    """The error to raise for `error`, met while `path` was written."""
    reason = os.strerror(error.errno) if error.errno else str(error)  # a library's own words say no more
    return OutputWriteError(f"cannot write {path}: {reason}. {advice}")
