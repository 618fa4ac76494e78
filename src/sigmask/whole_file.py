"""A file that exists is whole, and so is a folder: written under a temporary name, fsynced, renamed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

PARTIAL_SUFFIX = ".partial"
"""What unfinished files are called; a reader of `*.parquet` or `*.json` never sees one."""


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block ends well it becomes `path`, else it is removed."""
    partial = partial_path(path)
    try:
        yield partial
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    publish(partial, path)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside `path` for files; when the block ends well it becomes `path`, else it is removed.

    Raises:
        OSError: there is something at `path` already, perhaps of another process that was first.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        yield folder
        for file in folder.iterdir():
            _sync(file)
        folder.chmod(0o755)  # as any other folder; a temporary one is its maker's alone
        folder.rename(path)
    _sync_folder(path.parent)


def partial_path(path: Path) -> Path:
    """The temporary name that belongs to `path`."""
    return path.with_name(f"{path.name}{PARTIAL_SUFFIX}")


def publish(partial: Path, path: Path) -> None:
    """Give a finished temporary file its name so that a crash leaves either all of it or nothing."""
    _sync(partial)
    partial.replace(path)
    _sync_folder(path.parent)


def _sync(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; Windows cannot open a folder, and there the rename has to do."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
