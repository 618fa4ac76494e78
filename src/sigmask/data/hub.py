"""Reads data sets on the Hugging Face Hub row group by row group, or tar by tar, as `hub_files` opens them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow.parquet as pq

from sigmask.data.columns import ColumnNames
from sigmask.data.found_columns import FoundColumns
from sigmask.data.hub_files import BLOCK_BYTES, HubFiles, HubUnreachableError
from sigmask.data.parquet import read_row_group, row_groups
from sigmask.data.raw_pair import RawPair
from sigmask.data.unit import Unit
from sigmask.data.webdataset import TAR_SUFFIXES, read_samples, unpacked, webdataset_columns
from sigmask.errors import CorpusError
from sigmask.types import BadSample

FOOTERS_AT_ONCE = 8
"""Footers asked for together (our choice: what a browser allows itself)."""


@dataclass(frozen=True)
class HubReader:
    """Reads a data set's parquet files, or its tar files if it has no parquet.

    Units of parquet files are row groups; a tar file is one unit, of as many rows as reading it tells. `root` is the
    folder that paths in cells are relative to, None where the user named none.

    A unit that the network breaks off raises `HubUnreachableError` and can be read again; it makes no bad samples.
    """

    files: HubFiles
    names: tuple[str, ...]
    columns: ColumnNames
    root: Path | None
    kind: str = "hub"

    def units(self) -> tuple[Unit, ...]:
        if is_parquet(self.names):
            with ThreadPoolExecutor(FOOTERS_AT_ONCE, thread_name_prefix="sigmask-hub") as threads:
                listed = threads.map(lambda name: row_groups(name, partial(open_parquet, self.files, name)), self.names)
                return tuple(unit for units in listed for unit in units)
        return tuple(Unit(name, 0, None) for name in self.names)

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        if is_parquet(self.names):
            opened = partial(open_parquet, self.files, unit.source_file)
            return read_row_group(unit, opened, self.columns, self.root)
        return read_samples(unit, partial(_open_tar, self.files, unit.source_file), self.columns, self.root)


def readable_files(files: HubFiles) -> tuple[str, ...]:
    """The parquet files of the data set, or its tar files if it has none.

    Raises:
        CorpusError: it has neither.
    """
    found = files.with_suffix((".parquet",)) or files.with_suffix(TAR_SUFFIXES)
    if not found:
        kinds = ", ".join(sorted({f".{name.rpartition('.')[2]}" for name in files.names if "." in name})[:8]) or "none"
        raise CorpusError(
            f"{files.name} has no parquet and no tar files, only {kinds}. Try the Hub's own conversion, "
            f"{files.name}@refs/convert/parquet, or download it (hf download {files.name.repository} --repo-type "
            "dataset --local-dir FOLDER) and give the folder"
        )
    return found


def hub_columns(files: HubFiles, names: tuple[str, ...]) -> FoundColumns:
    """The columns of the first readable file.

    Raises:
        CorpusError: none can be read.
    """
    if not is_parquet(names):
        return webdataset_columns(tuple(partial(_open_tar, files, name) for name in names))
    problem: Exception | None = None
    for name in names:
        try:
            with open_parquet(files, name) as file:
                return FoundColumns.of_schema(file.schema_arrow)
        except HubUnreachableError:
            raise
        except Exception as error:  # pyarrow raises a dozen types on damaged footers
            problem = problem or error
    raise CorpusError(f"expected parquet files in {files.name}: {problem}")


def is_parquet(names: tuple[str, ...]) -> bool:
    """Whether these are parquet files; they are all of one kind."""
    return names[0].lower().endswith(".parquet")


def open_parquet(files: HubFiles, name: str) -> Any:
    """The file as a `pyarrow.parquet.ParquetFile`, read by ranges."""
    return pq.ParquetFile(files.open(name), pre_buffer=False, buffer_size=BLOCK_BYTES)


def _open_tar(files: HubFiles, name: str) -> BinaryIO:
    return unpacked(name, files.open(name))
