"""A table beside its images: JSONL, JSON, or text with a delimiter (CSV, NIST's `|`), paths in its cells."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import Field

from sigmask.config import StrictConfig
from sigmask.data.image_cell import is_null
from sigmask.data.table import MalformedRow, table_rows
from sigmask.errors import BadReason, CorpusError
from sigmask.evaluation.benchmark_sample import BenchmarkRow
from sigmask.types import BadSample


class TableLayout(StrictConfig):
    """Which column holds what. A column that the table lacks is an empty cell; `edited` must be there.

    Attributes:
        table: path of the table below the benchmark's folder.
        delimiter: of a `.csv` file.
        instruction: columns in order of preference; the first with something in it counts.
        edit_type_flags: column → edit type, for tables with a yes/no column per type; "Y" says yes.
        only: column → value that a row must have to belong to the benchmark (a split).
        authentic: column → value of rows whose image was not edited.
        originals_are_authentic: whether an original is an unedited photograph, which then is a row of its own.
        strip_prefix: the start of paths that the download's own folders may lack.
    """

    kind: Literal["table"] = "table"
    table: str
    delimiter: str = ","
    sample_id: str = "id"
    original: str = "original"
    edited: str = "edited"
    mask: str = "mask"
    instruction: tuple[str, ...] = ("instruction", "prompt")
    edit_type: str = "edit_type"
    edit_type_flags: dict[str, str] = Field(default_factory=dict)
    side_effect: str = "side_effect"
    sure: str = "sure"
    only: dict[str, str] = Field(default_factory=dict)
    authentic: dict[str, str] = Field(default_factory=dict)
    originals_are_authentic: bool = False
    strip_prefix: str = ""

    @property
    def expected(self) -> str:
        return f"the table '{self.table}'"

    def find(self, folder: Path) -> Path | None:
        """`folder`, or a folder directly in it, as archives unpack."""
        if (folder / self.table).is_file():
            return folder
        if not folder.is_dir():
            return None
        return next((inner for inner in sorted(folder.iterdir()) if (inner / self.table).is_file()), None)

    def rows(self, base: Path) -> Iterator[BenchmarkRow | BadSample]:
        """The table's rows in its order, then its originals, each once, where they are authentic.

        Raises:
            CorpusError: the table cannot be read, or no row has the column of the edited image.
        """
        source, columns = base / self.table, dict[str, None]()
        originals: dict[str, BenchmarkRow] = {}
        for index, row in enumerate(self._cells(source)):
            sample_id = f"row {index}"
            if isinstance(row, MalformedRow):
                yield BadSample(sample_id, BadReason.BAD_ROW, row.message, self.table, index)
                continue
            columns.update(dict.fromkeys(row))
            if not _has(row, self.only):
                continue
            found = self._row(row, sample_id, index, base)
            if self.originals_are_authentic and isinstance(found.original, str) and not is_null(found.original):
                originals.setdefault(found.original, _authentic(found))
            yield found
        yield from originals.values()
        if columns and self.edited not in columns:
            raise CorpusError(f"{source}: expected a column '{self.edited}', got {', '.join(columns)}.")

    def _row(self, row: Mapping[str, Any], sample_id: str, index: int, base: Path) -> BenchmarkRow:
        flagged = [kind for column, kind in self.edit_type_flags.items() if str(row.get(column)).strip().upper() == "Y"]
        named = row.get(self.sample_id)
        return BenchmarkRow(
            sample_id=sample_id if is_null(named) else str(named),
            edited=self._path(row.get(self.edited), base),
            original=self._path(row.get(self.original), base),
            mask=self._path(row.get(self.mask), base),
            authentic=bool(self.authentic) and _has(row, self.authentic),
            instruction=next((row[name] for name in self.instruction if not is_null(row.get(name))), None),
            edit_type="+".join(flagged) or row.get(self.edit_type),
            side_effect=self._path(row.get(self.side_effect), base),
            sure=row.get(self.sure),
            source_file=self.table,
            row_index=index,
            root=base,
        )

    def _path(self, cell: Any, base: Path) -> Any:
        """The cell, its path written with `/` and without the prefix if the file lies there."""
        if not self.strip_prefix or not isinstance(cell, str) or is_null(cell):
            return cell
        written = cell.strip().replace("\\", "/")
        stripped = written.removeprefix(self.strip_prefix)
        if ".." in PurePosixPath(stripped).parts:  # the decoder refuses it; nothing is looked for outside
            return written
        return written if (base / written).is_file() else stripped

    def _cells(self, source: Path) -> Iterator[dict[str, Any] | MalformedRow]:
        if self.delimiter == ",":
            yield from table_rows(source)
            return
        try:
            with source.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                reader = csv.DictReader(file, delimiter=self.delimiter)
                for row in reader:
                    if None in row or None in row.values():
                        yield MalformedRow(f"line {reader.line_num} has not as many cells as the header")
                    else:
                        yield {name.strip(): cell for name, cell in row.items()}
        except (OSError, csv.Error) as error:
            raise CorpusError(f"cannot read the table '{source}': {error}") from error


def _authentic(row: BenchmarkRow) -> BenchmarkRow:
    """The row's original as an image of its own."""
    return BenchmarkRow(
        f"original:{row.original}",
        row.original,
        authentic=True,
        source_file=row.source_file,
        row_index=row.row_index,
        root=row.root,
    )


def _has(row: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Whether each named column has the wanted value, in any case of letters."""
    return all(str(row.get(name)).strip().lower() == value.lower() for name, value in wanted.items())
