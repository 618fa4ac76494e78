"""Corpora whose images are told apart by their names: an edited image, its original and its mask share a number."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sigmask.data.corpus_registry import FilePatterns, InstructionFiles
from sigmask.data.folder import IMAGE_SUFFIXES, prefix_below
from sigmask.data.raw_pair import RawPair
from sigmask.data.table import MalformedRow, table_rows
from sigmask.data.text_encoding import warn_of_other_bytes
from sigmask.data.unit import Unit, blocks_of
from sigmask.errors import BadReason, SigmaskWarning
from sigmask.types import BadSample

Parts = frozenset[tuple[str, str]]
"""The named parts of a file's name, as (name, text)."""


@dataclass(frozen=True)
class NamedFilesReader:
    """Reads edited images in the order of their paths, wherever below `folder` they and their originals lie.

    An original or a mask belongs to an edited image if both have the same text in every part that its own pattern
    names. Edited images without an original, or with two, are bad samples; originals without an edit are no rows.
    Links may lead to anywhere below `root`, by default the folder itself.

    Raises:
        CorpusError: the folder does not lie below `root`.
    """

    folder: Path
    patterns: FilePatterns
    root: Path | None = None
    kind: str = "named files"
    columns: None = None

    def __post_init__(self) -> None:
        prefix_below(self.root, self.folder)

    def units(self) -> tuple[Unit, ...]:
        return blocks_of(self.folder.resolve().name, len(self._edited))

    def read(self, unit: Unit) -> Iterator[RawPair | BadSample]:
        for index in range(unit.first_row, unit.first_row + (unit.rows or 0)):
            yield self._pair(*self._edited[index], unit.source_file, index)

    def _pair(self, path: str, parts: Parts, source_file: str, index: int) -> RawPair | BadSample:
        sample_id = str(Path(path).with_suffix("").as_posix())
        originals = self._originals.of(parts)
        if len(originals) != 1:
            message = f"expected one original of '{path}', got {', '.join(originals) or 'none'}"
            return BadSample(sample_id, BadReason.UNPAIRED, message, source_file, index)
        return RawPair(
            sample_id=sample_id,
            original=self._prefix + originals[0],
            edited=self._prefix + path,
            instruction=self._instruction(parts),
            mask=[self._prefix + mask for mask in self._masks.of(parts)] or None,
            source_file=source_file,
            row_index=index,
            root=self.root or self.folder,
        )

    @cached_property
    def _prefix(self) -> str:
        return prefix_below(self.root, self.folder)

    def _instruction(self, parts: Parts) -> str | None:
        asked = self.patterns.instructions
        if asked is None:
            return None
        image = asked.image.format(**dict(parts))
        tables = self._instructions
        return next((texts[image] for named, texts in tables if named <= parts and image in texts), None)

    @cached_property
    def _edited(self) -> list[tuple[str, Parts]]:
        return [(path, parts) for path in self._paths if (parts := _parts(self.patterns.edited, path)) is not None]

    @cached_property
    def _originals(self) -> _ByParts:
        return _ByParts.of_files(self.patterns.original, self._paths)

    @cached_property
    def _masks(self) -> _ByParts:
        return _ByParts.of_files(self.patterns.mask, self._paths)

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(_files(self.folder, IMAGE_SUFFIXES))

    @cached_property
    def _instructions(self) -> list[tuple[Parts, dict[str, str]]]:
        """Of each table: the named parts of its path, and the instruction by image name."""
        asked = self.patterns.instructions
        if asked is None:
            return []
        found = ((path, _parts(asked.files, path)) for path in sorted(_files(self.folder, (".json", ".jsonl", ".csv"))))
        return [(parts, _texts(self.folder / path, asked)) for path, parts in found if parts is not None]


def has_named_files(folder: Path, patterns: FilePatterns) -> bool:
    """Whether there are both an original and an edited image by these patterns."""
    found = {"original": False, "edited": False}
    for path in _files(folder, IMAGE_SUFFIXES):
        for role in found:
            found[role] = found[role] or _parts(getattr(patterns, role), path) is not None
        if all(found.values()):
            return True
    return False


@dataclass(frozen=True)
class _ByParts:
    """Files by the text of their named parts."""

    names: frozenset[str]
    files: dict[Parts, list[str]]

    @classmethod
    def of_files(cls, pattern: str | None, paths: list[str]) -> _ByParts:
        if pattern is None:
            return cls(frozenset(), {})
        files: dict[Parts, list[str]] = {}
        for path in paths:
            parts = _parts(pattern, path)
            if parts is not None:
                files.setdefault(parts, []).append(path)
        return cls(frozenset(re.compile(pattern).groupindex), files)

    def of(self, parts: Parts) -> list[str]:
        """The files that agree with `parts` in every part that they name."""
        return self.files.get(frozenset((name, text) for name, text in parts if name in self.names), [])


def _parts(pattern: str, path: str) -> Parts | None:
    match = re.fullmatch(rf"(?:.*/)?(?:{pattern})", path, re.IGNORECASE)
    return None if match is None else frozenset((name, text) for name, text in match.groupdict().items() if text)


def _texts(table: Path, asked: InstructionFiles) -> dict[str, str]:
    found = list(table_rows(table))
    problems = [row.message for row in found if isinstance(row, MalformedRow)]
    if problems:
        warnings.warn(
            f"{len(problems)} row(s) of '{table}' cannot be read, and their pairs are annotated without instruction: "
            f"{problems[0]}{', …' if len(problems) > 1 else ''}",
            SigmaskWarning,
            stacklevel=2,
        )
    rows = [row for row in found if isinstance(row, dict)]
    warn_of_other_bytes(table, rows)
    return {str(row[asked.name]): str(row[asked.text]) for row in rows if row.get(asked.name) and row.get(asked.text)}


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[str]:
    for where, _, names in os.walk(folder):
        inside = Path(where).relative_to(folder).as_posix()
        for name in names:
            if name.lower().endswith(suffixes):
                yield name if inside == "." else f"{inside}/{name}"
