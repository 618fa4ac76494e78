"""What the export asks of a format, and small writers that several formats share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

from sigmask.export.sample import Sample


class Target(Protocol):
    """A format. It is given samples one by one in the corpus's order, and holds none of them.

    Made with the folder to write into and the `destination` that this folder will have in the end.
    """

    @property
    def wants_originals(self) -> bool:
        """Whether samples need `original`."""

    def write(self, sample: Sample) -> None:
        """Add one sample."""

    def close(self) -> None:
        """Finish all files."""

    def how_to_open(self) -> str:
        """Markdown for the data card: the layout, and code that opens it."""


class JsonArray:
    """A JSON array written element by element, one a line, so that its length costs no memory."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")
        self._separator = "[\n"

    def append(self, element: Any) -> None:
        """Write one element."""
        self._file.write(self._separator + json.dumps(element, ensure_ascii=False))
        self._separator = ",\n"

    def close(self) -> None:
        """End the array and the file."""
        self._file.write("[]\n" if self._separator == "[\n" else "\n]\n")
        self._file.close()


class JsonLines:
    """One JSON object a line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")

    def append(self, element: Any) -> None:
        """Write one line."""
        self._file.write(json.dumps(element, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """End the file."""
        self._file.close()


class SplitFolders:
    """Writes files into folders, making each folder once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: set[str] = set()

    def write(self, folder: str, name: str, content: bytes) -> str:
        """Write the file; its path relative to the root."""
        if folder not in self._made:
            (self._root / folder).mkdir(parents=True, exist_ok=True)
            self._made.add(folder)
        relative = f"{folder}/{name}"
        (self._root / relative).write_bytes(content)
        return relative
