"""Files that several processes may want to create at once: exactly one succeeds, and nobody sees half of one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sigmask.whole_file import PARTIAL_SUFFIX, publish


def own_partial(path: Path) -> Path:
    """A temporary name beside `path` that no other process uses, on this machine or another."""
    return path.with_name(f"{path.name}.{secrets.token_hex(6)}{PARTIAL_SUFFIX}")


def replace_file(path: Path, content: bytes) -> None:
    """Write `path` whole; of several writers at once the last one wins.

    Raises:
        OSError: it cannot be written; an earlier `path` is still there.
    """
    partial = own_partial(path)
    try:
        partial.write_bytes(content)
        publish(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def create_file(path: Path, content: bytes) -> bool:
    """Write `path` whole unless it exists; False if it does.

    A hard link is the one creation that is both exclusive and atomic in content, on NFS too. On a file system without
    hard links an exclusive open has to do, where another process may see the file for a moment without its content.

    Raises:
        OSError: it cannot be written.
    """
    partial = own_partial(path)
    try:
        partial.write_bytes(content)
        try:
            os.link(partial, path)
        except FileExistsError:
            return False
        except OSError:
            return _open_exclusively(path, content)
        return True
    finally:
        partial.unlink(missing_ok=True)


def _open_exclusively(path: Path, content: bytes) -> bool:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
