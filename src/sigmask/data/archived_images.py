"""Images that a table names by path and that lie in tar archives beside it, as they were published.

Plain archives are read where they lie. Compressed ones and archives in pieces can only be read from their beginning,
so these have to be unpacked first, and the error says how.
"""

from __future__ import annotations

import re
import shlex
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from sigmask.data.cell_selector import ImageHalf
from sigmask.data.columns import ColumnNames
from sigmask.data.image_cell import named_path
from sigmask.data.raw_pair import RawPair
from sigmask.data.reader import Reader
from sigmask.data.tar_members import TarDamage, TarMember, tar_members
from sigmask.data.unit import Unit
from sigmask.data.unreadable_cell import UnreadableCell
from sigmask.errors import BadReason, CorpusError, SampleError, SigmaskWarning
from sigmask.types import BadSample

ROWS_TO_LOOK_AT = 1_000
"""Archives are looked for where no image of so many rows is a file (our choice); usually the first one is."""

_PLAIN = ".tar"
_PACKED = re.compile(r"\.(tar\.(gz|bz2|xz|zst)|tgz)$", re.IGNORECASE)
_PIECE = re.compile(r"(?P<whole>.*\.(tar|tgz)(\.(gz|bz2|xz|zst))?)[._-]?(part)?[._-]?([a-z]{2}|\d+)$", re.IGNORECASE)
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """A file in a plain archive, whose header begins at byte `offset`; read when it is decoded."""

    archive: Path
    offset: int
    name: str

    def encoded(self) -> bytes:
        """The file's bytes.

        Raises:
            SampleError: MISSING_FILE if the archive is not as it was, and what `tar_members` says of the file.
        """
        try:
            with self.archive.open("rb") as file:
                member = next(tar_members(file, self.offset), None)
        except OSError as error:
            raise SampleError(BadReason.MISSING_FILE, f"cannot read the archive '{self.archive}': {error}") from error
        if isinstance(member, TarMember) and member.problem is not None:
            raise SampleError(*member.problem)
        if not isinstance(member, TarMember) or member.content is None or _plain_name(member.name) != self.name:
            raise SampleError(BadReason.MISSING_FILE, f"'{self.name}' is not in '{self.archive}' any more")
        return member.content


@dataclass(frozen=True)
class ArchivedImages:
    """The files of some plain archives, by name.

    A path means a file if unpacking its archive in place, in a folder of the archive's name, or in the root of the
    paths would put the file there.

    Attributes:
        archives: where they are.
        prefixes: how paths begin that may lead into an archive, and into which ones, by their places.
        files: a member's name to (place of its archive, offset of its header) in each archive that has it.
    """

    archives: tuple[Path, ...]
    prefixes: Mapping[str, frozenset[int]]
    files: Mapping[str, tuple[tuple[int, int], ...]]

    @classmethod
    def below(cls, root: Path, archives: Iterable[Path]) -> ArchivedImages:
        """Those of the archives, which lie below `root`, by one pass over their headers."""
        paths = tuple(archives)
        prefixes: dict[str, set[int]] = {}
        files: dict[str, tuple[tuple[int, int], ...]] = {}
        for place, path in enumerate(paths):
            folder = path.relative_to(root).parent
            for prefix in ("", _prefix(folder), _prefix(folder / path.name[: -len(_PLAIN)])):
                prefixes.setdefault(prefix, set()).add(place)
            for member in _members(path):
                name = _plain_name(member.name)
                others = tuple(found for found in files.get(name, ()) if found[0] != place)  # of two the later counts
                files[name] = (*others, (place, member.offset))
        return cls(paths, {prefix: frozenset(places) for prefix, places in prefixes.items()}, files)

    def find(self, cell: Any) -> Any:
        """What the cell's path leads to in the archives; the cell as it is if it is no path or leads nowhere there."""
        if isinstance(cell, ImageHalf):
            return ImageHalf(self.find(cell.cell), cell.side)
        if isinstance(cell, list | tuple):
            return [self.find(element) for element in cell]
        path = named_path(cell)
        if path is None:
            return cell
        name = _plain_name(path)
        found = {
            ArchivedImage(self.archives[place], offset, name[len(prefix) :])
            for prefix, places in self.prefixes.items()
            if name.startswith(prefix)
            for place, offset in self.files.get(name[len(prefix) :], ())
            if place in places
        }
        if len(found) > 1:
            holders = ", ".join(sorted(str(image.archive) for image in found))
            return UnreadableCell(f"'{path}' may be in several archives: {holders}; unpack them")
        return found.pop() if found else cell

    def put_in(self, row: RawPair | BadSample) -> RawPair | BadSample:
        """The row with its images, and its mask, from the archives."""
        if isinstance(row, BadSample):
            return row
        return replace(row, original=self.find(row.original), edited=self.find(row.edited), mask=self.find(row.mask))


@dataclass(frozen=True)
class ArchivedImagesReader:
    """Another reader's rows, with their images from archives."""

    reader: Reader
    archives: ArchivedImages

    @property
    def kind(self) -> str:
        return self.reader.kind

    @property
    def columns(self) -> ColumnNames | None:
        return self.reader.columns

    def units(self) -> tuple[Unit, ...]:
        return self.reader.units()

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        return map(self.archives.put_in, self.reader.read(unit))


def archives_for(rows: Iterable[RawPair | BadSample], table: Path, root: Path) -> ArchivedImages | None:
    """The plain archives below `root` that hold the images of these rows; None where the images are files already.

    Args:
        rows: those of the table, from the first on; few are looked at.
        table: for messages.
        root: the folder that paths are relative to. Not looked into if it is the whole disk.

    Raises:
        CorpusError: no image is there, but archives are that hold other files or must be unpacked.
    """
    missing = _missing_paths(rows, root)
    if not missing or root.resolve() == Path(root.resolve().anchor):
        return None
    there = sorted(root.rglob("*"))
    plain = [path for path in there if path.name.lower().endswith(_PLAIN)]
    to_unpack = _ways_to_unpack(there, root)
    if not plain and not to_unpack:
        return None
    archived = ArchivedImages.below(root, plain)
    lacking = [path for path in missing if archived.find(path) is path]
    if len(lacking) < len(missing):
        if lacking and to_unpack:
            warnings.warn(
                f"'{lacking[0]}' is not in the plain archives below '{root}'; others there have to be unpacked: "
                f"{to_unpack}",
                SigmaskWarning,
                stacklevel=4,
            )
        return archived
    problem = f"no image of '{table}' is below '{root}'; the first is '{missing[0]}'"
    if to_unpack:
        raise CorpusError(f"{problem}. Archives are there: unpack them so that this path is right: {to_unpack}")
    held = next(iter(archived.files), "nothing")
    raise CorpusError(
        f"{problem}. The archives there hold other paths ('{plain[0].name}' has '{held}'): give the folder that the "
        "paths are relative to with --root"
    )


def _missing_paths(rows: Iterable[RawPair | BadSample], root: Path) -> list[str]:
    """The paths of images of the first rows if none is a file, else nothing."""
    missing: list[str] = []
    for row in islice(rows, ROWS_TO_LOOK_AT):
        if isinstance(row, BadSample):
            continue
        paths = [path for cell in (row.original, row.edited) if (path := _path_of(cell)) is not None]
        if not paths or any(_is_file(path, root) for path in paths):
            return []
        missing += paths
    return missing


def _path_of(cell: Any) -> str | None:
    if isinstance(cell, ImageHalf):
        return _path_of(cell.cell)
    if isinstance(cell, list | tuple):
        return _path_of(cell[0]) if cell else None
    return named_path(cell)


def _is_file(path: str, root: Path) -> bool:
    """Whether there is a file; paths that may not be followed are not taken for missing."""
    try:
        return (root / path).is_file() or not (root / path).resolve().is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError):
        return False


def _members(path: Path) -> Iterator[TarMember]:
    """The archive's files; damage is warned of."""
    try:
        with path.open("rb") as file:
            for member in tar_members(file, read=False):
                if isinstance(member, TarDamage):
                    warnings.warn(f"'{path}': {member.message}", SigmaskWarning, stacklevel=2)
                else:
                    yield member
    except OSError as error:
        warnings.warn(f"cannot read the archive '{path}': {error}", SigmaskWarning, stacklevel=2)


def _ways_to_unpack(files: Iterable[Path], root: Path) -> str:
    """Commands for the first few compressed archives and archives in pieces; nothing if there are none."""
    below = shlex.quote(str(root))
    commands: dict[str, None] = {}
    for path in files:
        if _PACKED.search(path.name):
            commands[f"tar -xf {shlex.quote(str(path))} -C {below}"] = None
        elif (piece := _PIECE.fullmatch(path.name)) is not None:
            whole = path.with_name(piece["whole"])
            joined = f"cat {shlex.quote(str(whole))}?* > {shlex.quote(str(whole))}"
            commands[f"{joined} && tar -xf {shlex.quote(str(whole))} -C {below}"] = None
    more = f"; and {len(commands) - _MOST_SHOWN} more" if len(commands) > _MOST_SHOWN else ""
    return "; ".join(list(commands)[:_MOST_SHOWN]) + more


def _prefix(folder: Path) -> str:
    return "" if folder == Path() else f"{folder.as_posix()}/"


def _plain_name(path: str) -> str:
    """The path without "./" and doubled slashes."""
    return str(PurePosixPath(path))
