"""The folder layout: `original/NAME.*`, `edited/NAME.*`, optionally `mask/NAME.*` and instructions by name.

Pairs are made by stem, never by sort order, so that one missing file costs one pair and not all that follow it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from sigmask.data.raw_pair import RawPair
from sigmask.data.table import TABLE_SUFFIXES, MalformedRow, table_rows
from sigmask.data.text_encoding import warn_of_other_bytes
from sigmask.data.unit import Unit, blocks_of
from sigmask.data.unreadable_cell import UnreadableCell
from sigmask.errors import BadReason, CorpusError, SigmaskWarning
from sigmask.types import BadSample

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".jp2", ".avif"),
    *(".heic", ".heif"),
)
"""Names of files that are taken for images; the last two cannot be opened, and are rows in quarantine, not lost."""
LAYOUTS = (("original", "edited"), ("source", "target"), ("before", "after"), ("input", "output"), ("real", "fake"))
"""Names of the two folders, in the order in which they are looked for."""
INSTRUCTION_FILES = ("instructions.jsonl", "instructions.csv")

_NAME_KEYS = ("name", "id", "file", "file_name", "stem")
_INSTRUCTION_KEYS = ("instruction", "prompt", "text")
_TYPE_KEYS = ("edit_type", "type", "task")


def find_layout(folder: Path) -> tuple[str, str] | None:
    """The names of the (original, edited) folders below `folder`, or None if it has not this layout."""
    return next((layout for layout in LAYOUTS if all((folder / name).is_dir() for name in layout)), None)


def prefix_below(root: Path | None, folder: Path) -> str:
    """How the paths of files in `folder` begin, seen from `root`: "sub/folder/"; nothing where there is no root.

    Raises:
        CorpusError: the folder does not lie below the root.
    """
    if root is None:
        return ""
    inside = folder.resolve()
    if not inside.is_relative_to(root.resolve()):
        raise CorpusError(
            f"--root: '{root}' does not hold '{folder}'; for a corpus of files in folders expected a folder above it, "
            "wide enough for what links in it lead to"
        )
    prefix = inside.relative_to(root.resolve()).as_posix()
    return "" if prefix == "." else f"{prefix}/"


@dataclass(frozen=True)
class FolderReader:
    """Reads the folder layout. Its rows are the stems in sorted order, its units blocks of them.

    Files of other kinds than `IMAGE_SUFFIXES`, and hidden ones, are not looked at. Rows of the instruction file that
    are no use are no pairs and no rows, but are warned of. If no more pairs than these are without an instruction,
    it is theirs that cannot be read. Links may lead to anywhere below `root`, by default the folder itself.

    Raises:
        CorpusError: the folder does not lie below `root`.
    """

    folder: Path
    layout: tuple[str, str]
    root: Path | None = None
    kind: str = "folder"
    columns: None = None

    def __post_init__(self) -> None:
        prefix_below(self.root, self.folder)

    @property
    def source_file(self) -> str:
        """What stands for a source file here: the folder's name."""
        return self.folder.resolve().name

    def units(self) -> tuple[Unit, ...]:
        unmatched = len(set(self._instructions[0]) - self._instruction_names)
        if unmatched:
            warnings.warn(
                f"{unmatched} of {len(self._instructions[0])} instructions name no pair in '{self.folder}'; "
                "their name must be the image's name, with or without suffix",
                SigmaskWarning,
                stacklevel=2,
            )
        if not self._instructions[0] and (tables := self._other_tables()):
            warnings.warn(
                f"'{self.folder}' has no {' or '.join(INSTRUCTION_FILES)}, so its pairs have no instructions; "
                f"{', '.join(tables[:3])} beside its folders is not read: name it so, or give the table itself",
                SigmaskWarning,
                stacklevel=2,
            )
        problems = self._instructions[1]
        if problems:
            warnings.warn(
                f"{len(problems)} row(s) in the instructions of '{self.folder}' are no use, and whichever pairs they "
                f"belong to have none: {problems[0]}{', …' if len(problems) > 1 else ''}",
                SigmaskWarning,
                stacklevel=2,
            )
        return blocks_of(self.source_file, len(self._stems))

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        for index in range(unit.first_row, unit.first_row + (unit.rows or 0)):
            stem = self._stems[index]
            yield self._pair(unit.source_file, index, stem, self._row_of(stem) or self._lost_row)

    def _pair(self, source_file: str, index: int, stem: str, row: dict[str, Any]) -> RawPair | BadSample:
        originals, editeds = (self._files[name].get(stem, []) for name in self.layout)
        if len(originals) != 1 or len(editeds) != 1:
            name = self.layout[1] if len(editeds) != 1 else self.layout[0]
            found = editeds if len(editeds) != 1 else originals
            problem = f"{len(found)} files of that name ({', '.join(found)})" if found else "none"
            message = f"expected one file '{name}/{stem}.*', got {problem}"
            return BadSample(stem, BadReason.UNPAIRED, message, source_file, index)
        return RawPair(
            sample_id=stem,
            original=self._prefix + originals[0],
            edited=self._prefix + editeds[0],
            instruction=_first(row, _INSTRUCTION_KEYS),
            edit_type=_first(row, _TYPE_KEYS),
            mask=[self._prefix + mask for mask in self._files["mask"].get(stem, [])] or None,
            source_file=source_file,
            row_index=index,
            root=self.root or self.folder,
        )

    def _other_tables(self) -> list[str]:
        """Names of tables beside the folders that are not known to hold instructions."""
        return sorted(path.name for path in self.folder.iterdir() if path.suffix.lower() in TABLE_SUFFIXES)

    @cached_property
    def _prefix(self) -> str:
        return prefix_below(self.root, self.folder)

    @cached_property
    def _files(self) -> dict[str, dict[str, list[str]]]:
        """Folder name → stem (with any sub-folders) → paths relative to the corpus."""
        return {name: _by_stem(self.folder, name) for name in (*self.layout, "mask")}

    @cached_property
    def _stems(self) -> list[str]:
        """Of all images; a mask on its own is no row."""
        return sorted({stem for name in self.layout for stem in self._files[name]})

    @cached_property
    def _instruction_names(self) -> set[str]:
        """What instructions may be called to belong to a pair."""
        return {name for stem in self._stems for name in (stem, PurePosixPath(stem).name)}

    def _row_of(self, stem: str) -> dict[str, Any] | None:
        rows = self._instructions[0]
        return rows.get(stem) or rows.get(PurePosixPath(stem).name)

    @cached_property
    def _lost_row(self) -> dict[str, Any]:
        """What pairs have that no row of the instruction file names."""
        problems = self._instructions[1]
        nameless = sum(self._row_of(stem) is None for stem in self._stems)
        return {_INSTRUCTION_KEYS[0]: UnreadableCell(problems[0])} if nameless <= len(problems) and problems else {}

    @cached_property
    def _instructions(self) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """Stem → row of the instruction file, and what is wrong with each row that is no use."""
        rows: dict[str, dict[str, Any]] = {}
        problems: list[str] = []
        for file_name in INSTRUCTION_FILES:
            if not (self.folder / file_name).is_file():
                continue
            for row in table_rows(self.folder / file_name):
                if isinstance(row, MalformedRow):
                    problems.append(f"{file_name}: {row.message}")
                elif (name := _first(row, _NAME_KEYS)) is None:
                    problems.append(f"{file_name}: expected one of {', '.join(_NAME_KEYS)}, got {', '.join(row)}")
                else:
                    rows[self._name(str(name))] = row
            warn_of_other_bytes(self.folder / file_name, rows.values())
        return rows, problems

    def _name(self, name: str) -> str:
        """The stem that an instruction row names, be it by stem, file name or path in the corpus."""
        stem = _stem(name)
        folder, _, inside = stem.partition("/")
        return inside if inside and folder in self.layout else stem


def _by_stem(folder: Path, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for where, _, file_names in os.walk(folder / name):
        inside = Path(where).relative_to(folder).as_posix()
        for file_name in file_names:
            if not file_name.startswith(".") and file_name.lower().endswith(IMAGE_SUFFIXES):
                relative = f"{inside}/{file_name}"
                found.setdefault(_stem(relative.removeprefix(f"{name}/")), []).append(relative)
    return {stem: sorted(paths) for stem, paths in found.items()}


def _stem(name: str) -> str:
    """The name without an image suffix; other dots belong to the name."""
    path = PurePosixPath(name.replace("\\", "/"))
    return str(path.with_suffix("")) if path.suffix.lower() in IMAGE_SUFFIXES else str(path)


def _first(row: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((row[key] for key in keys if row.get(key) not in (None, "")), None)
