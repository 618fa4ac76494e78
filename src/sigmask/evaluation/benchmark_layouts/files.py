r"""Folders of files that are told apart and brought together by their names.

Each role (edited, mask, original, authentic) has patterns: regular expressions of a path's end, with named parts.
A mask belongs to an edited image if both have the same text in every part that the mask's pattern names, and likewise
an original: `4cam_splc/(?P<name>.+)\.tif` and `4cam_splc/edgemask/(?P<name>.+)_edgemask\.jpg` join on `name`. Files
are joined by name alone, never by sort order, so one missing file costs one image.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from sigmask.config import StrictConfig
from sigmask.data.folder import IMAGE_SUFFIXES
from sigmask.data.table import MalformedRow, table_rows
from sigmask.errors import BadReason
from sigmask.evaluation.benchmark_layouts.pattern import Parts, compile_path, parts_of, regular_expression
from sigmask.evaluation.benchmark_sample import BenchmarkRow
from sigmask.types import BadSample

PathPattern = Annotated[str, AfterValidator(regular_expression)]


class EditedFiles(StrictConfig):
    """Edited images by their names, and what kind of edit the name tells of."""

    pattern: PathPattern
    edit_type: str | None = None


class InstructionFiles(StrictConfig):
    """Instructions in tables of their own.

    Attributes:
        files: pattern of the tables' paths (JSON, JSONL or CSV); its named parts must agree with the edited image's.
        name: the column that names the image.
        text: the column of the instruction.
        image: what stands in the `name` column, written with the edited image's named parts: "{id}.jpg".
    """

    files: PathPattern
    name: str
    text: str
    image: str


class FilesLayout(StrictConfig):
    """Patterns for each role. A file has the first role that fits: ignored, mask, original or authentic, edited.

    Attributes:
        mask: patterns in order of trust. A later one is tried for images that an earlier one left without a mask,
            and among the masks that no image has yet.
        original: patterns of the images that edited ones were made from.
        authentic: patterns of unedited images, on which detectors can be tried; an original may be one too.
        ignored: patterns of images that are none of this.
    """

    kind: Literal["files"]
    edited: tuple[EditedFiles, ...]
    mask: tuple[PathPattern, ...]
    original: tuple[PathPattern, ...] = ()
    authentic: tuple[PathPattern, ...] = ()
    ignored: tuple[PathPattern, ...] = ()
    instructions: InstructionFiles | None = None

    @property
    def expected(self) -> str:
        return "images named like " + " or ".join(f"'{each.pattern}'" for each in self.edited)

    def find(self, folder: Path) -> Path | None:
        found = any(self._edited(path) for path in _image_paths(folder) if not self._has_other_role(path))
        return folder if found else None

    def rows(self, base: Path) -> Iterator[BenchmarkRow | BadSample]:
        """Edited images in the order of their paths, then authentic ones."""
        edited: dict[str, tuple[Parts, str | None]] = {}
        authentic: list[str] = []
        masks, originals = ([_Role(compile_path(each)) for each in patterns] for patterns in (self.mask, self.original))
        for path in _image_paths(base):
            if _any_match(self.ignored, path):
                continue
            if _take(masks, path):
                continue
            is_original, is_authentic = _take(originals, path), _any_match(self.authentic, path)
            if is_authentic:
                authentic.append(path)
            elif not is_original and (named := self._edited(path)) is not None:
                edited[path] = named
        mask_of = _masks_of(masks, {path: parts for path, (parts, _) in edited.items()})
        instructions = _Instructions(self.instructions, base)
        for index, (path, (parts, edit_type)) in enumerate(edited.items()):
            sample_id = _without_suffix(path)
            if len(mask_of[path]) != 1:
                yield BadSample(sample_id, BadReason.BAD_MASK, _no_single_mask(path, mask_of[path]), path, index)
                continue
            found_originals = next((found for role in originals if (found := role.joined(parts))), [])
            if len(found_originals) > 1:
                message = f"expected one original of '{path}', got {', '.join(found_originals)}"
                yield BadSample(sample_id, BadReason.UNPAIRED, message, path, index)
                continue
            yield BenchmarkRow(
                sample_id=sample_id,
                edited=path,
                original=found_originals[0] if found_originals else None,
                mask=mask_of[path][0],
                instruction=instructions.of(parts),
                edit_type=edit_type,
                source_file=path,
                row_index=index,
                root=base,
            )
        for index, path in enumerate(authentic, start=len(edited)):
            sample_id = _without_suffix(path)
            yield BenchmarkRow(sample_id, path, authentic=True, source_file=path, row_index=index, root=base)

    def _edited(self, path: str) -> tuple[Parts, str | None] | None:
        for each in self.edited:
            match = compile_path(each.pattern).fullmatch(path)
            if match is not None:
                return parts_of(match), each.edit_type
        return None

    def _has_other_role(self, path: str) -> bool:
        return any(_any_match(each, path) for each in (self.ignored, self.mask, self.original, self.authentic))


@dataclass
class _Role:
    """Files of one pattern, by the text in its named parts."""

    pattern: re.Pattern[str]
    by_parts: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    def take(self, path: str) -> bool:
        match = self.pattern.fullmatch(path)
        if match is None:
            return False
        parts = parts_of(match)
        self.by_parts.setdefault(tuple(parts.get(name, "") for name in self.pattern.groupindex), []).append(path)
        return True

    def joined(self, parts: Mapping[str, str]) -> list[str]:
        """The files that agree with `parts`; none if `parts` lacks one that the pattern names."""
        names = tuple(self.pattern.groupindex)
        if not all(name in parts for name in names):
            return []
        return self.by_parts.get(tuple(parts[name] for name in names), [])


class _Instructions:
    """Instructions by the text in the parts of their table's path, then by the image's name."""

    def __init__(self, layout: InstructionFiles | None, base: Path) -> None:
        self._layout = layout
        self._tables: list[tuple[Parts, dict[str, str]]] = []
        if layout is None:
            return
        pattern = compile_path(layout.files)
        for where, folders, names in os.walk(base):
            folders.sort()
            for name in sorted(names):
                path = Path(where) / name
                match = pattern.fullmatch(path.relative_to(base).as_posix())
                if match is not None:
                    self._tables.append((parts_of(match), _texts(path, layout)))

    def of(self, parts: Parts) -> str | None:
        if self._layout is None:
            return None
        name = self._layout.image.format_map(parts)
        for table_parts, texts in self._tables:
            if all(parts.get(key) == value for key, value in table_parts.items()) and name in texts:
                return texts[name]
        return None


def _texts(table: Path, layout: InstructionFiles) -> dict[str, str]:
    rows = (row for row in table_rows(table) if not isinstance(row, MalformedRow))
    return {str(row.get(layout.name)).lower(): str(row[layout.text]) for row in rows if row.get(layout.text)}


def _masks_of(roles: list[_Role], edited: Mapping[str, Parts]) -> dict[str, list[str]]:
    """Masks of each edited image: by the first pattern that joins; later patterns among masks nobody has."""
    found: dict[str, list[str]] = {path: [] for path in edited}
    for role in roles:
        taken = {mask for masks in found.values() for mask in masks}
        for path, parts in edited.items():
            if not found[path]:
                found[path] = [mask for mask in role.joined(parts) if mask not in taken]
    return found


def _take(roles: list[_Role], path: str) -> bool:
    """Put the file under every pattern of the role that fits it: patterns of falling trust fit the same masks."""
    fitting = [role for role in roles if role.take(path)]
    return bool(fitting)


def _any_match(patterns: tuple[str, ...], path: str) -> bool:
    return any(compile_path(pattern).fullmatch(path) for pattern in patterns)


def _no_single_mask(path: str, found: list[str]) -> str:
    if found:
        return f"expected one mask of '{path}', got {', '.join(found)}"
    return f"expected a mask of '{path}' by its name, got none; an edited image without a mask cannot be scored"


def _image_paths(base: Path) -> Iterator[str]:
    """Paths of images below `base`, relative, with `/`, in order; hidden files and what macOS adds left out."""
    for where, folders, names in os.walk(base):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        inside = Path(where).relative_to(base)
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES):
                yield (inside / name).as_posix()


def _without_suffix(path: str) -> str:
    return path.rpartition(".")[0]
