"""WebDataset shards: tar archives in which the files of one sample follow each other under one key.

`000012.original.jpg`, `000012.edited.jpg` and `000012.json` are a sample `000012` with columns `original`, `edited` and
those of the JSON object. A key is the path up to the first dot of the file's name, as WebDataset has it.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from sigmask.data.cell_selector import base_column
from sigmask.data.columns import ColumnNames
from sigmask.data.folder import IMAGE_SUFFIXES
from sigmask.data.found_columns import FoundColumns
from sigmask.data.raw_pair import RawPair, bad_row, raw_pair
from sigmask.data.tar_members import TarDamage, TarMember, tar_members
from sigmask.data.unit import ROWS_PER_BLOCK, UNREADABLE, Unit
from sigmask.errors import BadReason, CorpusError, SigmaskError
from sigmask.types import BadSample

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

KEY_COLUMN = "__key__"
"""The column under which a sample's key is found."""

MAX_SAMPLE_BYTES = 1024 * 1024 * 1024
"""Samples whose files are larger together are refused (our choice)."""

MAX_SAMPLE_FILES = 256
"""More files of one key begin another sample (our choice)."""

OpenTar = Callable[[], BinaryIO]

_BUFFER_BYTES = 1 << 20
_TEXT_SUFFIXES = ("txt", "text", "caption", "cls")
_SAMPLES_TO_FIND_COLUMNS = 20


@dataclass(frozen=True)
class WebDatasetReader:
    """Reads tar files below `folder`, in the order given. `root` is what paths in JSON cells are relative to.

    A plain archive's units are blocks of samples, found by one pass over its headers and read by seeking. A compressed
    archive can only be read from its beginning and is one unit, whose number of samples only reading tells.
    """

    folder: Path
    files: tuple[Path, ...]
    columns: ColumnNames
    root: Path | None = None
    kind: str = "webdataset"

    def units(self) -> tuple[Unit, ...]:
        return tuple(unit for path in self.files for unit in self._units_of(path))

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        """The unit's samples in order; `row_index` is the sample's position in its archive."""
        return read_samples(unit, partial(_open, self.folder / unit.source_file), self.columns, self.root)

    def _units_of(self, path: Path) -> tuple[Unit, ...]:
        name = path.relative_to(self.folder).as_posix()
        if not path.name.lower().endswith(".tar"):
            return (Unit(name, 0, None),)
        try:
            with _open(path) as file:
                return tuple(_blocks(name, file))
        except OSError:
            return (Unit(name, UNREADABLE, 1),)


def read_samples(
    unit: Unit, open_tar: OpenTar, columns: ColumnNames, root: Path | None
) -> Iterator[RawPair | BadSample]:
    """The samples of one unit in order, damage among them as bad samples.

    Raises:
        SigmaskError: what `open_tar` raises of that kind, which says that the file is out of reach, not damaged.
    """
    index = unit.first_row
    try:
        with open_tar() as file:
            for sample in islice(_samples(file, unit.offset, read=True), unit.rows):
                yield _pair(sample, columns, unit.source_file, index, root)
                index += 1
        problem = "the archive has fewer samples than when it was opened"
    except SigmaskError:
        raise
    except OSError as error:
        problem = f"cannot read the archive: {error}"
    for lost in range(index, unit.first_row + (unit.rows or 0)):
        yield bad_row(problem, unit.source_file, lost)


def webdataset_columns(open_tars: Iterator[OpenTar] | tuple[OpenTar, ...]) -> FoundColumns:
    """The columns that the first samples of the first readable archive have, in the order of first sight.

    Raises:
        CorpusError: no archive holds a sample.
    """
    problem = "no samples"
    for open_tar in open_tars:
        try:
            with open_tar() as file:
                first = islice(_samples(file, 0, read=True), _SAMPLES_TO_FIND_COLUMNS)
                found = FoundColumns.of_rows(_readable_rows(first))
        except OSError as error:
            problem = str(error)
            continue
        if found.names:
            return found
    raise CorpusError(f"expected tar files of samples (KEY.original.jpg, KEY.edited.jpg, KEY.json), got {problem}")


def _readable_rows(samples: Iterable[Sample | TarDamage]) -> Iterator[dict[str, Any]]:
    """Those of the samples, without the ones that will be bad rows."""
    for sample in samples:
        if isinstance(sample, Sample):
            with contextlib.suppress(ValueError, RecursionError):
                yield sample.row()


def open_tars(files: tuple[Path, ...]) -> tuple[OpenTar, ...]:
    """What opens each of the files, decompressed."""
    return tuple(partial(_open, path) for path in files)


@dataclass
class Sample:
    """The files of one key, by what follows the key in their names."""

    key: str
    offset: int
    files: dict[str, bytes | None] = field(default_factory=dict)
    suffixes: set[str] = field(default_factory=set)
    size: int = 0
    problem: tuple[BadReason, str] | None = None

    def add(self, suffix: str, member: TarMember) -> None:
        """Take in one file. The first problem is kept; after it no further content is."""
        self.suffixes.add(suffix)
        self.size += len(member.content or b"")
        if member.problem is not None:
            self.problem = self.problem or member.problem
        elif self.size > MAX_SAMPLE_BYTES:
            message = f"the files of sample '{self.key}' are over {MAX_SAMPLE_BYTES:,} bytes together"
            self.problem = self.problem or (BadReason.TOO_LARGE, message)
        if self.problem is None:
            self.files[suffix] = member.content
        else:
            self.files.clear()

    def takes(self, key: str, suffix: str) -> bool:
        """Whether a file of that name belongs to this sample. Names alone decide, be the contents read or not."""
        return key == self.key and suffix not in self.suffixes and len(self.suffixes) < MAX_SAMPLE_FILES

    def row(self) -> dict[str, Any]:
        """The sample as {column: cell}. Columns of the JSON object come after files of the same name.

        Raises:
            ValueError: the JSON is broken.
        """
        row: dict[str, Any] = {KEY_COLUMN: self.key}
        merged: dict[str, Any] = {}
        for suffix, content in self.files.items():
            if suffix == "json":
                parsed = json.loads((content or b"null").decode("utf-8-sig", errors="surrogateescape"))
                merged = parsed if isinstance(parsed, dict) else {}
            elif content is not None and suffix.rpartition(".")[2] in _TEXT_SUFFIXES:
                row[_column(suffix)] = content.decode("utf-8-sig", errors="surrogateescape")
            else:
                row[_column(suffix)] = content
        return {**merged, **row}


def _pair(
    sample: Sample | TarDamage, columns: ColumnNames, source_file: str, index: int, root: Path | None
) -> RawPair | BadSample:
    if isinstance(sample, TarDamage):
        message = f"{sample.message}{'; whatever followed is lost' if sample.ends else ''}"
        return BadSample(f"{source_file}:{index}", BadReason.TRUNCATED, message, source_file, index)
    if sample.problem is not None:
        return BadSample(sample.key, *sample.problem, source_file, index)
    try:
        row = sample.row()
    except (ValueError, RecursionError) as error:
        message = f"'{sample.key}.json' is not JSON: {error}"
        return BadSample(sample.key, BadReason.BAD_ROW, message, source_file, index)
    for name in (columns.original, columns.edited):
        if base_column(name, row) is None:
            message = f"the sample '{sample.key}' has no '{name}'; it has {', '.join(row)}"
            return BadSample(sample.key, BadReason.BAD_ROW, message, source_file, index)
    return raw_pair(row, columns, source_file, index, root)


def _samples(file: BinaryIO, start: int, *, read: bool) -> Iterator[Sample | TarDamage]:
    sample: Sample | None = None
    for member in tar_members(file, start, read=read, compressed=isinstance(file, _Unpacked)):
        if isinstance(member, TarDamage):
            if sample is not None:
                yield sample
            sample = None
            yield member
            continue
        key, suffix = _split(member.name)
        if not suffix or key.rpartition("/")[2].startswith("__"):
            continue  # a file without a suffix, or WebDataset's own notes, belongs to no sample
        if sample is None or not sample.takes(key, suffix):
            if sample is not None:
                yield sample
            sample = Sample(key, member.offset)
        sample.add(suffix, member)
    if sample is not None:
        yield sample


def _blocks(name: str, file: BinaryIO) -> Iterator[Unit]:
    start = rows = first_row = block = 0
    for sample in _samples(file, 0, read=False):
        if rows == ROWS_PER_BLOCK:
            yield Unit(name, block, rows, first_row, start)
            block, first_row, rows = block + 1, first_row + rows, 0
        if rows == 0:
            start = sample.offset
        rows += 1
    if rows or not block:
        yield Unit(name, block, rows, first_row, start)


def _split(name: str) -> tuple[str, str]:
    folder, slash, file_name = name.rpartition("/")
    stem, _, suffix = file_name.partition(".")
    return folder + slash + stem, suffix.lower()


def _column(suffix: str) -> str:
    """`original.jpg` → original, `instruction.txt` → instruction; a bare `jpg` or `txt` stays."""
    name, dot, last = suffix.rpartition(".")
    return name if dot and (f".{last}" in IMAGE_SUFFIXES or last in _TEXT_SUFFIXES) else suffix


class _Unpacked(io.BufferedReader):
    """A decompressing reader, in which short steps back cost nothing; closes the packed file with itself."""

    def __init__(self, reader: Any, packed: BinaryIO) -> None:
        super().__init__(reader, _BUFFER_BYTES)
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()


def _open(path: Path) -> BinaryIO:
    return unpacked(path.name, path.open("rb"))


def unpacked(name: str, file: BinaryIO) -> BinaryIO:
    """The tar within a file of that name: the file itself, or a reader that decompresses it."""
    packed = name.lower().rpartition(".")[2]
    if packed in ("gz", "tgz"):
        return cast(BinaryIO, _Unpacked(gzip.GzipFile(fileobj=file), file))
    if packed == "bz2":
        return cast(BinaryIO, _Unpacked(bz2.BZ2File(file), file))
    if packed == "xz":
        return cast(BinaryIO, _Unpacked(lzma.LZMAFile(file), file))
    return file
