"""Names of files to write, looked at before the work begins and not after it."""

from __future__ import annotations

from pathlib import Path

from sigmask.errors import SigmaskError

_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def require_picture_suffix(path: Path) -> None:
    """Raise if `path` does not end as a picture does that we write.

    Raises:
        SigmaskError: it ends otherwise; the message says what is written.
    """
    if path.suffix.lower() not in _PICTURE_SUFFIXES:
        raise SigmaskError(f"{path} must end in one of {', '.join(_PICTURE_SUFFIXES)}")


def require_parent(path: Path) -> None:
    """Raise if there is no folder for `path`.

    Raises:
        SigmaskError: the folder is missing.
    """
    if not path.parent.is_dir():
        raise SigmaskError(f"there is no folder {path.parent}: make it, or name another place for {path.name}")
