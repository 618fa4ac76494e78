"""The folder of an export: it appears under its name only when it is complete, and replaces nothing but an export."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from sigmask.errors import SigmaskError
from sigmask.export.accounting import EXPORT_NAME
from sigmask.whole_file import PARTIAL_SUFFIX

_MARKER = ".sigmask-export"
_REPLACED_SUFFIX = ".replaced"


class ExportExistsError(SigmaskError):
    """The output is there already, or is something that must not be replaced."""


@contextlib.contextmanager
def whole_folder(output: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `output` that becomes `output` when the block ends well, and else is removed.

    A killed process leaves no half export. A power cut may: a million files are not flushed one by one, since an
    export can be made again from its run.

    Raises:
        ExportExistsError: `output` is not empty, and `overwrite` is not set or it is not a folder that an export wrote.
    """
    require_free(output, overwrite=overwrite)
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(output.name + PARTIAL_SUFFIX)
    if partial.exists():
        if not (partial / _MARKER).is_file():
            raise ExportExistsError(f"{partial} is in the way and no export's: move it, or name another folder with -o")
        shutil.rmtree(partial)  # what a killed export left behind
    partial.mkdir()
    (partial / _MARKER).touch()
    try:
        yield partial
        (partial / _MARKER).unlink()
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _put_in_place(partial, output)


def require_free(output: Path, *, overwrite: bool) -> None:
    """Raise ExportExistsError unless an export may be written to `output`."""
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not output.is_dir():
        raise ExportExistsError(f"the output must be a folder, and {output} is a file: name another with -o")
    if not overwrite:
        raise ExportExistsError(f"{output} is not empty: name another folder with -o, or give --overwrite")
    if not (output / EXPORT_NAME).is_file():
        raise ExportExistsError(
            f"{output} has no {EXPORT_NAME}, so it is no export, and --overwrite does not touch it: "
            "empty it yourself or name another folder with -o"
        )


def _put_in_place(partial: Path, output: Path) -> None:
    if not output.exists():
        partial.rename(output)
        return
    replaced = output.with_name(output.name + _REPLACED_SUFFIX)
    shutil.rmtree(replaced, ignore_errors=True)
    output.rename(replaced)
    partial.rename(output)
    shutil.rmtree(replaced)
