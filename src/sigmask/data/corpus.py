"""Opens a corpus of edit pairs, whatever its layout, and iterates over its rows in their own order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol

from sigmask.data.columns import ColumnNames, guess_columns
from sigmask.data.folder import INSTRUCTION_FILES, LAYOUTS, FolderReader, find_layout
from sigmask.data.parquet import ParquetReader, parquet_columns
from sigmask.data.raw_pair import RawPair, decode_pair
from sigmask.data.table import TABLE_SUFFIXES, TableReader, table_columns
from sigmask.data.unit import Unit
from sigmask.errors import CorpusError
from sigmask.types import BadSample, EditPair

_EXPECTED = (
    "expected a folder with original/ and edited/, a table (.jsonl, .json, .csv, .tsv), a parquet file, "
    "or a folder of parquet files"
)


class Reader(Protocol):
    """What a corpus needs of a layout: its parts, and the rows of a part."""

    @property
    def kind(self) -> str: ...

    @property
    def columns(self) -> ColumnNames | None: ...

    def units(self) -> tuple[Unit, ...]: ...

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]: ...


class Corpus:
    """Edit pairs in their own order. Iterating decodes; `rows()` does not.

    Every row of the source comes out once, as a pair or as a `BadSample`; iterating again starts anew.

    Attributes:
        name: the folder's or file's name without suffix.
        kind: folder, table or parquet.
        columns: which column holds what; None for the folder layout, which has none.
    """

    def __init__(self, name: str, reader: Reader) -> None:
        self.name = name
        self.kind = reader.kind
        self.columns = reader.columns
        self._reader = reader

    def __len__(self) -> int:
        """Rows, bad ones included. Counting reads footers of parquet files, but text tables from end to end."""
        return self._count

    def __iter__(self) -> Iterator[EditPair | BadSample]:
        for row in self.rows():
            yield row if isinstance(row, BadSample) else decode_pair(row)

    def rows(self) -> Iterator[RawPair | BadSample]:
        """The rows undecoded, which costs little; `decode_pair` does the rest, in a worker if need be."""
        for unit in self.units():
            yield from self.read(unit)

    def units(self) -> tuple[Unit, ...]:
        """The parts that can be read on their own, in order: one for each row group of each file."""
        return self._units

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        """The rows of one part, in order."""
        return self._reader.read(unit)

    @cached_property
    def _count(self) -> int:
        return sum(sum(1 for _ in self.read(unit)) if unit.rows is None else unit.rows for unit in self.units())

    @cached_property
    def _units(self) -> tuple[Unit, ...]:
        return self._reader.units()


def load_corpus(
    source: str | Path,
    *,
    original: str | None = None,
    edited: str | None = None,
    instruction: str | None = None,
    mask: str | None = None,
    root: str | Path | None = None,
) -> Corpus:
    """Open a corpus: a folder layout, a table, a parquet file, or a folder of parquet files.

    Args:
        source: the folder or file. A folder is taken, in this order, for the layout of `original/` and `edited/`
            (or `source/` and `target/`, `real/` and `fake/`), for parquet files at any depth, for its only table.
        original: the column of the original image, where it cannot be guessed.
        edited: the column of the edited image.
        instruction: the column of the instruction.
        mask: the column of the mask.
        root: the folder that paths in cells are relative to, by default the source's own; a folder layout needs none.

    Raises:
        CorpusError: the source is missing, empty or of no known layout, or its columns cannot be told.
    """
    path = Path(source)
    if not path.exists():
        raise CorpusError(f"no such corpus '{path}': {_EXPECTED}")
    base = None if root is None else Path(root)
    if base is not None and not base.is_dir():
        raise CorpusError(f"--root: no such folder '{base}'")
    given = {"original": original, "edited": edited, "instruction": instruction, "mask": mask}
    corpus = Corpus(path.resolve().stem if path.is_file() else path.resolve().name, _reader(path, given, base))
    if all(unit.rows == 0 for unit in corpus.units()):
        raise CorpusError(f"'{path}' holds no pairs: {_EXPECTED}")
    return corpus


def _reader(path: Path, given: dict[str, str | None], root: Path | None) -> Reader:
    if path.is_file():
        if path.suffix.lower() == ".parquet":
            return _parquet_reader(path.parent, (path,), given, root)
        if path.suffix.lower() in TABLE_SUFFIXES:
            return _table_reader(path, given, root)
        raise CorpusError(f"'{path}' has suffix '{path.suffix}': {_EXPECTED}")
    layout = find_layout(path)
    if layout is not None:
        return FolderReader(path, layout)
    files = tuple(sorted(file for file in path.rglob("*.parquet") if file.is_file()))
    if files:
        return _parquet_reader(path, files, given, root)
    tables = [file for file in sorted(path.iterdir()) if file.suffix.lower() in TABLE_SUFFIXES]
    if len(tables) == 1 and tables[0].name not in INSTRUCTION_FILES:
        return _table_reader(tables[0], given, root)
    raise CorpusError(f"cannot tell what '{path}' is: {_EXPECTED}; got {_listing(path)}")


def _parquet_reader(
    folder: Path, files: tuple[Path, ...], given: dict[str, str | None], root: Path | None
) -> ParquetReader:
    return ParquetReader(folder, files, guess_columns(parquet_columns(files), given), root or folder)


def _table_reader(path: Path, given: dict[str, str | None], root: Path | None) -> TableReader:
    return TableReader(path, guess_columns(table_columns(path), given), root or path.parent)


def _listing(folder: Path) -> str:
    names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in folder.iterdir())
    halves = {name for layout in LAYOUTS for name in layout if (folder / name).is_dir()}
    hint = f" ({', '.join(sorted(halves))} lacks its other half)" if halves else ""
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return (shown or "an empty folder") + hint
