"""Opens a corpus of edit pairs, whatever its layout, and iterates over its rows in their own order."""

from __future__ import annotations

import contextlib
import itertools
import shlex
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from sigmask.data.archived_images import ArchivedImagesReader, archives_for
from sigmask.data.columns import guess_columns, identified
from sigmask.data.corpus_address import CorpusAddress
from sigmask.data.corpus_registry import KnownCorpus, known_corpora, known_on_hub
from sigmask.data.folder import INSTRUCTION_FILES, LAYOUTS, FolderReader, find_layout
from sigmask.data.hub import HubReader, hub_columns, readable_files
from sigmask.data.hub_files import HubFiles, hub_files
from sigmask.data.hub_name import PREFIX, parse_hub_name
from sigmask.data.named_files import NamedFilesReader, has_named_files
from sigmask.data.parquet import ParquetReader, holds_images, parquet_columns
from sigmask.data.raw_pair import RawPair, decode_pair
from sigmask.data.reader import Reader
from sigmask.data.table import TABLE_SUFFIXES, TableReader, table_columns
from sigmask.data.unit import RUN_LEDGER, Unit
from sigmask.data.webdataset import TAR_SUFFIXES, WebDatasetReader, open_tars, webdataset_columns
from sigmask.errors import CorpusError, SigmaskWarning
from sigmask.types import BadSample, EditPair

_EXPECTED = (
    "expected a folder with original/ and edited/, a table (.jsonl, .json, .csv, .tsv), parquet or tar file(s), "
    "a folder of such, or hf:OWNER/NAME"
)

_MOST_TABLES = 100
"""Tables beside tar files that are opened to find the one with pairs (our choice)."""

Given = dict[str, str | None]
"""Fields of `ColumnNames` to the column that the user named, None where none was."""


class Corpus:
    """Edit pairs in their own order. Iterating decodes; `rows()` does not.

    Every row of the source comes out once, as a pair or as a `BadSample`; iterating again starts anew.

    Attributes:
        name: the folder's or file's name without suffix, or the data set's on the Hub.
        kind: folder, named files, table, parquet, webdataset or hub.
        columns: which column holds what; None where there are no columns.
        known: what is known of the corpus, where it was identified.
        address: what opens it again; None where `load_corpus` did not open it.
    """

    def __init__(self, name: str, reader: Reader, known: KnownCorpus | None = None) -> None:
        self.name = name
        self.kind = reader.kind
        self.columns = reader.columns
        self.known = known
        self.address: CorpusAddress | None = None
        self._reader = reader
        self._counted: dict[Unit, tuple[int, bool]] = {}  # rows found, and whether the unit was read to its end

    def __len__(self) -> int:
        """Rows, bad ones included. Compressed and remote tars, which do not tell, are read for it."""
        return sum(self.count(unit) for unit in self.units())

    def __iter__(self) -> Iterator[EditPair | BadSample]:
        yield from map(decode_pair, self.rows())

    def rows(self) -> Iterator[RawPair | BadSample]:
        """The rows undecoded, which costs little; `decode_pair` does the rest, in a worker if need be."""
        for unit in self.units():
            yield from self.read(unit)

    def units(self) -> tuple[Unit, ...]:
        """The parts that can be read on their own, in order, under keys that stay the same while the corpus does.

        One for each row group of a parquet file, and for each block of rows of other sources.
        """
        return self._units

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        """The rows of one part, in order; `row_index` runs on from `unit.first_row`.

        Raises:
            HubUnreachableError: the network broke off; the unit can be read again.
        """
        return self._reader.read(unit)

    def count(self, unit: Unit, at_most: int | None = None) -> int:
        """How many rows the part holds, or `at_most` if it holds more. One that does not tell is read, but only once.

        Raises:
            HubUnreachableError: as `read`.
        """
        if unit.rows is None:
            rows, whole = self._counted.get(unit, (0, False))
            if not whole and (at_most is None or rows < at_most):
                rows = sum(1 for _ in islice(self.read(unit), at_most))
                self._counted[unit] = rows, at_most is None or rows < at_most
        else:
            rows = unit.rows
        return rows if at_most is None else min(rows, at_most)

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
    """Open a corpus: a folder layout, a table, parquet or tar files, or a data set on the Hugging Face Hub.

    Args:
        source: a folder, a file, or `hf:owner/name[:config][@revision]`. A folder is taken, in this order, for the
            layout of `original/` and `edited/` (or others of `folder.LAYOUTS`), for a known corpus
            of files told apart by name, for parquet files at any depth, for tar files of samples, for its only table,
            the images of which may lie in tar files.
        original: the column of the original image, where it cannot be guessed; see `cell_selector` for parts of
            cells, such as one half of a composite picture.
        edited: the column of the edited image.
        instruction: the column of the instruction.
        mask: the column of the mask.
        root: the folder that paths in cells are relative to and may not leave, by default the source's own. For files
            in folders, a folder above them: it need only be given where links lead out of the source.

    Raises:
        CorpusError: the source is missing, empty or of no known layout, its columns cannot be told, or columns are
            named for files in folders, which have none; on the Hub, also if it is gated or out of reach.
    """
    base = None if root is None else Path(root)
    if base is not None and not base.is_dir():
        raise CorpusError(f"--root: no such folder '{base}'")
    given = {"original": original, "edited": edited, "instruction": instruction, "mask": mask}
    if str(source).startswith(PREFIX):
        files = hub_files(parse_hub_name(str(source)))
        corpus, place = _on_hub(files, given, base), str(files.pinned)
    else:
        corpus, place = _local(Path(source), given, base), str(source)
    corpus.address = CorpusAddress.of(place, given, base)
    if all(unit.rows == 0 for unit in corpus.units()):
        raise CorpusError(f"'{source}' holds no pairs: {_EXPECTED}")
    if corpus.known is not None and corpus.known.terms:
        known = corpus.known
        warnings.warn(f"this looks like {known.name} ({known.licence}: {known.terms})", SigmaskWarning, stacklevel=2)
    return corpus


def _on_hub(files: HubFiles, given: Given, root: Path | None) -> Corpus:
    names = readable_files(files)
    known = known_on_hub(files.name.repository)
    available = hub_columns(files, names)
    reader = HubReader(files, names, guess_columns(available, given, known), root)
    return Corpus(files.name.repository, reader, known or identified(available.names))


def _local(path: Path, given: Given, root: Path | None) -> Corpus:
    if not path.exists():
        known = next((corpus for corpus in known_corpora() if corpus.name == str(path)), None)
        hint = "" if known is None else f"; '{known.name}' is a published corpus: give {known.source()}"
        raise CorpusError(f"no such corpus '{path}'{hint}: {_EXPECTED}")
    resolved = path.resolve()
    name = resolved.name.partition(".tar")[0] if _is_tar(path) else resolved.stem if path.is_file() else resolved.name
    if path.is_file():
        return _of_files(name, path.parent, (path,), given, root)
    layout = find_layout(path)
    if layout is not None:
        _refuse_columns(given, path)
        return Corpus(name, FolderReader(path, layout, root))
    for known in known_corpora():
        if known.files is not None and has_named_files(path, known.files):
            _refuse_columns(given, path)
            return Corpus(name, NamedFilesReader(path, known.files, root), known)
    found = sorted(path.rglob("*"))
    runs = {entry.parent for entry in found if entry.name == RUN_LEDGER and entry.is_dir()} - {path}
    # without the masks of a run that lies in its corpus
    files = tuple(entry for entry in found if entry.is_file() and runs.isdisjoint(entry.parents))
    chosen = tuple(file for file in files if file.suffix.lower() == ".parquet") or tuple(filter(_is_tar, files))
    if not chosen:
        tables = [file for file in files if file.parent == path and file.suffix.lower() in TABLE_SUFFIXES]
        chosen = tuple(tables) if len(tables) == 1 and tables[0].name not in INSTRUCTION_FILES else ()
    if not chosen:
        raise CorpusError(f"cannot tell what '{path}' is: {_EXPECTED}; got {_listing(path)}")
    try:
        return _of_files(name, path, chosen, given, root)
    except CorpusError:
        tables = _tables_beside(files, given) if _is_tar(chosen[0]) else []
        if not tables:
            raise
    if len(tables) > 1:
        names = ", ".join(table.relative_to(path).as_posix() for table in tables)
        raise CorpusError(
            f"'{path}' has tar files and several tables that may name the images in them ({names}): give the path of "
            f"one of these, with --root {shlex.quote(str(path))}"
        )
    return _of_files(name, path, tuple(tables), given, root)


def _refuse_columns(given: Given, folder: Path) -> None:
    """Refuse columns that would be ignored."""
    named = ", ".join(f"--{field} '{column}'" for field, column in given.items() if column is not None)
    if named:
        raise CorpusError(
            f"a folder layout has no columns: '{folder}' is read by the names of its folders and files, so leave out "
            f"{named}; or give the path of a table with such columns"
        )


def _of_files(name: str, folder: Path, files: tuple[Path, ...], given: Given, root: Path | None) -> Corpus:
    """A corpus of one file, or of several of one kind."""
    first, base = files[0], root or folder
    suffix = first.suffix.lower()
    reader: Reader
    if suffix == ".parquet":
        available = parquet_columns(files)
        parquet = ParquetReader(folder, files, guess_columns(available, given), base)
        reader = _with_archives(parquet, _first_paths(parquet), first, base)
    elif _is_tar(first):
        available = webdataset_columns(open_tars(files))
        reader = WebDatasetReader(folder, files, guess_columns(available, given), root)
    elif suffix in TABLE_SUFFIXES:
        available = table_columns(first)
        table = TableReader(first, guess_columns(available, given), base)
        reader = _with_archives(table, table.read(Unit(first.name, 0, None)), first, base)
    else:
        raise CorpusError(f"'{first}' has suffix '{first.suffix}': {_EXPECTED}")
    return Corpus(name, reader, identified(available.names))


def _first_paths(parquet: ParquetReader) -> Iterator[RawPair | BadSample]:
    """The rows of the first file, for their images' paths; none where the cells hold the images themselves."""
    first = replace(parquet, files=parquet.files[:1])
    with contextlib.suppress(Exception):  # a damaged file, which its rows tell of
        if holds_images(parquet.files[0], parquet.columns):
            return iter(())
    return itertools.chain.from_iterable(map(first.read, first.units()))


def _with_archives(reader: Reader, rows: Iterator[RawPair | BadSample], table: Path, root: Path) -> Reader:
    """The reader of a table whose first rows are these, with images from archives if they lie there."""
    archives = archives_for(rows, table, root)
    return reader if archives is None else ArchivedImagesReader(reader, archives)


def _tables_beside(files: tuple[Path, ...], given: Given) -> list[Path]:
    """The tables that have the columns of pairs, of a folder whose tar files have not."""
    tables = [file for file in files if file.suffix.lower() in TABLE_SUFFIXES]
    fitting: list[Path] = []
    for table in tables[:_MOST_TABLES]:
        with contextlib.suppress(CorpusError):
            guess_columns(table_columns(table), given)
            fitting.append(table)
    return fitting


def _is_tar(path: Path) -> bool:
    return path.name.lower().endswith(TAR_SUFFIXES)


def _listing(folder: Path) -> str:
    names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in folder.iterdir())
    halves = {name for layout in LAYOUTS for name in layout if (folder / name).is_dir()}
    hint = f" ({', '.join(sorted(halves))} lacks its other half)" if halves else ""
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return (shown or "an empty folder") + hint
