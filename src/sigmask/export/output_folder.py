"""The folder of an export: it appears under its name only when it is complete, and replaces nothing but an export."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from sigmask.annotation.write_errors import output_write_error, writing
from sigmask.errors import DISK_ERRORS, SigmaskError
from sigmask.export.accounting import EXPORT_NAME
from sigmask.output_path import require_no_file
from sigmask.whole_file import PARTIAL_SUFFIX

_MARKER = ".sigmask-export"
_REPLACED_SUFFIX = ".replaced"
_ADVICE = (
    "Nothing of it is kept, and an earlier export stays as it was: make room (or name another folder with -o) and run "
    "the same command again"
)


class ExportExistsError(SigmaskError):
    """The output is there already, or is something that must not be replaced."""


@contextlib.contextmanager
def whole_folder(output: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `output` that becomes `output` when the block ends well, and else is removed.

    A killed process leaves no half export. A power cut may: a million files are not flushed one by one, since an
    export can be made again from its run.

    Raises:
        ExportExistsError: `output` is not empty, and `overwrite` is not set or it is not a folder that an export wrote.
        OutputWriteError: it cannot be written, in the block or here.
    """
    require_free(output, overwrite=overwrite)
    partial = output.with_name(output.name + PARTIAL_SUFFIX)
    if partial.exists():
        if not (partial / _MARKER).is_file():
            raise ExportExistsError(f"{partial} is in the way and no export's: move it, or name another folder with -o")
        shutil.rmtree(partial)  # what a killed export left behind
    with writing(output, _ADVICE):
        partial.mkdir(parents=True)
        (partial / _MARKER).touch()
    try:
        yield partial
        (partial / _MARKER).unlink()
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError) and _is_of_writing(error, partial):
            raise output_write_error(output, error, _ADVICE) from error
        raise
    with writing(output, _ADVICE):
        _put_in_place(partial, output)


def require_free(output: Path, *, overwrite: bool) -> None:
    """Raise ExportExistsError unless an export may be written to `output`."""
    require_no_file(output, ExportExistsError)
    if not output.exists() or not any(output.iterdir()):
        return
    if not overwrite:
        raise ExportExistsError(f"{output} is not empty: name another folder with -o, or give --overwrite")
    if not (output / EXPORT_NAME).is_file():
        raise ExportExistsError(
            f"{output} has no {EXPORT_NAME}, so it is no export, and --overwrite does not touch it: "
            "empty it yourself or name another folder with -o"
        )


def _is_of_writing(error: OSError, folder: Path) -> bool:
    """Whether it is the output that could not be written; the block reads the corpus too."""
    return error.errno in DISK_ERRORS or Path(str(error.filename)).is_relative_to(folder)


def _put_in_place(partial: Path, output: Path) -> None:
    if not output.exists():
        partial.rename(output)
        return
    replaced = output.with_name(output.name + _REPLACED_SUFFIX)
    shutil.rmtree(replaced, ignore_errors=True)
    output.rename(replaced)
    partial.rename(output)
    shutil.rmtree(replaced)
