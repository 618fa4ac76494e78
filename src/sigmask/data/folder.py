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
from sigmask.data.table import MalformedRow, table_rows
from sigmask.data.unit import Unit, blocks_of
from sigmask.errors import BadReason, CorpusError, SigmaskWarning
from sigmask.types import BadSample

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".jp2", ".avif"),
    *(".heic", ".heif"),
)
"""Names of files that are taken for images; the last two cannot be opened, and are rows in quarantine, not lost."""
LAYOUTS = (("original", "edited"), ("source", "target"), ("real", "fake"))
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
    cannot be parsed come last. Links may lead to anywhere below `root`, by default the folder itself.

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
        rows = len(self._stems) + len(self._instructions[1])
        return blocks_of(self.source_file, rows)

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        rows, malformed = self._instructions
        for index in range(unit.first_row, unit.first_row + (unit.rows or 0)):
            if index >= len(self._stems):
                file_name, problem = malformed[index - len(self._stems)]
                message = f"{file_name}: {problem}"
                yield BadSample(f"{file_name}:{index}", BadReason.BAD_ROW, message, unit.source_file, index)
                continue
            stem = self._stems[index]
            row = rows.get(stem) or rows.get(PurePosixPath(stem).name) or {}
            yield self._pair(unit.source_file, index, stem, row)

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

    @cached_property
    def _instructions(self) -> tuple[dict[str, dict[str, Any]], list[tuple[str, str]]]:
        """Stem → row of the instruction file, and (file name, problem) of each row that is no use."""
        rows: dict[str, dict[str, Any]] = {}
        problems: list[tuple[str, str]] = []
        for file_name in INSTRUCTION_FILES:
            if not (self.folder / file_name).is_file():
                continue
            for row in table_rows(self.folder / file_name):
                if isinstance(row, MalformedRow):
                    problems.append((file_name, row.message))
                elif (name := _first(row, _NAME_KEYS)) is None:
                    problems.append((file_name, f"expected one of {', '.join(_NAME_KEYS)}, got {', '.join(row)}"))
                else:
                    rows[self._name(str(name))] = row
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
