"""Names of files to write, looked at before the work begins and not after it."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Raise if there is no folder for `path`, or a folder in its place.

    Raises:
        SigmaskError: so it is.
    """
    if path.is_dir():
        raise SigmaskError(f"{path} is a directory: name a file to write")
    if not path.parent.is_dir():
        raise SigmaskError(f"there is no folder {path.parent}: make it, or name another place for {path.name}")


def make_parent(path: Path) -> None:
    """Make the folder that `path` is to be written into, and raise if that cannot be, or `path` is a folder.

    Raises:
        SigmaskError: so it is.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise SigmaskError(
            f"{path.parent} cannot be a folder, since a file is in the way: name another place"
        ) from error
    require_parent(path)


def require_no_file(folder: Path, error: type[SigmaskError] = SigmaskError, *, option: str = "-o") -> None:
    """Raise if there is a file where a folder is to be written; `option` is what names another.

    Raises:
        SigmaskError: so it is; of the kind `error`.
    """
    if folder.exists() and not folder.is_dir():
        raise error(f"the output must be a folder, and {folder} is a file: name another with {option}")


def require_apart(outputs: Sequence[Path], inputs: Sequence[Path]) -> None:
    """Raise if a file would be written over one of `inputs`, or two outputs into one file.

    Raises:
        SigmaskError: so it is; the message names the file.
    """
    read = {path.resolve() for path in inputs}
    written: set[Path] = set()
    for path in outputs:
        place = path.resolve()
        if place in read:
            raise SigmaskError(f"{path} is one of the pictures that are read: name another file to write")
        if place in written:
            raise SigmaskError(f"{path} is named for two things to write: give each a file of its own")
        written.add(place)
