"""One part of the masks as a parquet file, which appears under its name only when it is whole."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.annotation.exclusive_file import own_partial
from sigmask.annotation.mask_table import MASK_SCHEMA, Row, row_bytes
from sigmask.annotation.write_errors import writing
from sigmask.whole_file import publish

ROW_GROUP_BYTES = 4 << 20
"""Rows waiting for their row group never hold more than about this much, so that memory stays flat. Our choice."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What the ledger remembers of a file: `size` in bytes and SHA-256 in hex."""

    size: int
    sha256: str


class PartWriter:
    """Writes mask rows in the order given. The bytes depend on the rows alone.

    Args:
        path: the file that `finish` makes; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = own_partial(path)
        self._waiting: list[Row] = []
        self._waiting_bytes = 0
        with writing(path):
            self._file = _Checksummed(self._partial.open("wb"))
            self._parquet = pq.ParquetWriter(pa.PythonFile(self._file, mode="w"), MASK_SCHEMA, compression="zstd")

    def write(self, row: Row) -> None:
        """Add one row (see `mask_row`).

        Raises:
            OutputWriteError: the disk is full, or writing fails otherwise.
        """
        self._waiting.append(row)
        self._waiting_bytes += row_bytes(row)
        if self._waiting_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def finish(self) -> WrittenFile:
        """Close the file, make it durable and give it its name. A part without rows is a file without rows.

        Raises:
            OutputWriteError: as for `write`; the file then does not exist.
        """
        self._flush()
        with writing(self._path):
            self._parquet.close()
            self._file.close()
            publish(self._partial, self._path)
        return WrittenFile(self._file.size, self._file.digest.hexdigest())

    def discard(self) -> None:
        """Drop what was written, also after an error midway."""
        with contextlib.suppress(OSError, pa.ArrowException):  # the footer has nowhere to go on a full disk
            self._parquet.close()
        with contextlib.suppress(OSError):
            self._file.close()
        self._partial.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.Table.from_pylist(self._waiting, schema=MASK_SCHEMA)
        self._waiting.clear()
        self._waiting_bytes = 0
        with writing(self._path):
            self._parquet.write_table(table)


def file_checksum(path: Path) -> WrittenFile | None:
    """Size and SHA-256 of a file as it lies on the disk, or None if it cannot be read."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return WrittenFile(file.tell(), digest.hexdigest())
    except OSError:
        return None


class _Checksummed:
    """A file being written from beginning to end, with its checksum as it grows: nothing is read again."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self._file = file

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed
