"""Reads what one `sigmask annotate` wrote: facts row group by row group, and any row's mask when it is asked for."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sigmask.annotation.ledger import annotated_corpus
from sigmask.annotation.part_plan import PART_PATTERN
from sigmask.annotation.summary import SUMMARY_NAME
from sigmask.annotation.utf8_text import utf8_text
from sigmask.data.corpus_address import CorpusAddress
from sigmask.errors import SigmaskError
from sigmask.export.facts import FACT_COLUMNS, Facts

_ROW_GROUPS_HELD = 4
_ROW_BITS = 40  # of a key: a file of up to 10¹² rows


class RunError(SigmaskError):
    """A folder is no run, or a damaged one."""


class MaskRun:
    """The rows of a run, numbered 0, 1, … over its parts in the order of their names.

    Rows are found by where they come from, so their order need not be the corpus's. Held in memory: 32 bytes for each
    row, and a few row groups.

    Attributes:
        folder: where the run lies.
        finished: whether its `summary.json` is there.
        model, fingerprint: the weights and settings that made the masks, "" where the run does not say.
        annotated_corpus: what opens the corpus that was annotated, as the summary says, or while there is none the
            ledger; None where neither does.

    Raises:
        RunError: the folder holds no masks, a part cannot be read, or a row is there twice.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts = sorted(folder.glob(PART_PATTERN))
        if not self._parts:
            raise RunError(
                f"expected a folder that 'sigmask annotate' wrote ({PART_PATTERN}), and '{folder}' "
                + ("holds none" if folder.is_dir() else "is not there")
            )
        summary = _read_summary(folder)
        self.finished = summary is not None
        self.model, self.fingerprint = (str((summary or {}).get(key, "")) for key in ("model", "fingerprint"))
        self.annotated_corpus = _corpus_address(summary or {}) or annotated_corpus(folder)
        self._held: OrderedDict[tuple[int, int], pa.Table] = OrderedDict()
        self._source_numbers: dict[str, int] = {}
        self._groups: list[tuple[int, int]] = []
        self._starts, self._keys, self._positions = self._index()
        self._refuse_doubles()

    def __len__(self) -> int:
        return len(self._keys)

    def facts(self) -> Iterator[Facts]:
        """What the run says of each row, in the rows' order."""
        for part, group in self._groups:
            for row in self._read(part, group, FACT_COLUMNS).to_pylist():
                yield Facts.of_row(row)

    def find(self, source_file: str, row_index: int) -> int | None:
        """The number of the row that came from there, None if the run has none."""
        source = self._source_numbers.get(utf8_text(source_file))  # as the run writes it
        if source is None:
            return None
        key = (source << _ROW_BITS) | row_index
        place = int(np.searchsorted(self._keys, key))
        return int(self._positions[place]) if place < len(self._keys) and self._keys[place] == key else None

    def row(self, position: int) -> dict[str, Any]:
        """All columns of one row. Cheap where rows are asked for in about their own order."""
        place = int(np.searchsorted(self._starts, position, side="right")) - 1
        part, group = self._groups[place]
        table = self._held.get((part, group))
        if table is None:
            table = self._read(part, group, (*FACT_COLUMNS, "mask", "mask_rle", "pair_checksum"))
            self._held[part, group] = table
            if len(self._held) > _ROW_GROUPS_HELD:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end((part, group))
        offset = position - int(self._starts[place])
        rows: list[dict[str, Any]] = table.slice(offset, 1).to_pylist()
        return rows[0]

    def _index(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The first row of each row group, and the sorted keys of all rows with their positions."""
        starts, keys = [0], [np.zeros(0, np.int64)]
        for part, path in enumerate(self._parts):
            try:
                groups = pq.ParquetFile(path).num_row_groups
            except (OSError, pa.ArrowException) as error:
                raise _damaged(path, error) from error
            for group in range(groups):
                table = self._read(part, group, ("source_file", "row_index"))
                self._groups.append((part, group))
                starts.append(starts[-1] + table.num_rows)
                keys.append(self._row_keys(table))
        unsorted = np.concatenate(keys)
        positions = np.argsort(unsorted, kind="stable").astype(np.int64)
        ordered = unsorted[positions]
        return np.array(starts[:-1], np.int64), ordered, positions

    def _refuse_doubles(self) -> None:
        twice = np.flatnonzero(self._keys[1:] == self._keys[:-1])
        if twice.size:
            row = self.row(int(self._positions[twice[0]]))
            raise RunError(
                f"'{self.folder}' has {twice.size} rows twice, the first of them row {row['row_index']} of "
                f"'{row['source_file']}': annotate the corpus again into an empty folder"
            )

    def _row_keys(self, table: pa.Table) -> npt.NDArray[np.int64]:
        encoded = table["source_file"].combine_chunks().dictionary_encode()
        names = encoded.dictionary.to_pylist()
        numbers = np.array([self._source_numbers.setdefault(name, len(self._source_numbers)) for name in names])
        sources = numbers.astype(np.int64)[encoded.indices.to_numpy(zero_copy_only=False)]
        indices: npt.NDArray[np.int64] = table["row_index"].to_numpy()
        return np.asarray((sources << _ROW_BITS) | indices, np.int64)

    def _read(self, part: int, group: int, columns: tuple[str, ...]) -> pa.Table:
        try:
            with pq.ParquetFile(self._parts[part]) as file:
                return file.read_row_group(group, columns=list(columns), use_threads=False)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise _damaged(self._parts[part], error) from error


def _read_summary(folder: Path) -> dict[str, Any] | None:
    try:
        values = json.loads((folder / SUMMARY_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read '{folder / SUMMARY_NAME}': {error}") from error
    return values if isinstance(values, dict) else {}


def _corpus_address(summary: dict[str, Any]) -> CorpusAddress | None:
    source, columns, root = (summary.get(key) for key in ("corpus", "columns", "root"))
    if not isinstance(source, str) or not source:
        return None
    named = {str(name): str(column) for name, column in columns.items()} if isinstance(columns, dict) else {}
    return CorpusAddress(source, named, root if isinstance(root, str) else None)


def _damaged(path: Path, error: Exception) -> RunError:
    return RunError(f"'{path}' is damaged ({error}): annotate the corpus again, or move the file away to do without it")
