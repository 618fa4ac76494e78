"""Writes a benchmark of one's own: images as PNG and the table that `load_benchmark` reads."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from sigmask.errors import ConfigError
from sigmask.output_path import require_no_file
from sigmask.types import EditPair, ImageArray, MaskArray
from sigmask.whole_file import whole_file

TABLE_NAME = "pairs.jsonl"
_PICTURES = ("original", "edited", "mask", "side_effect")


def require_no_bench(folder: Path) -> None:
    """Refuse a folder that a bench was written into, since pictures of two would lie side by side.

    Raises:
        ConfigError: it holds a table or pictures, or is a file.
    """
    require_no_file(folder, ConfigError)
    held = [name for name in _PICTURES if (folder / name).is_dir() and any((folder / name).iterdir())]
    if held or (folder / TABLE_NAME).exists():
        raise ConfigError(f"{folder} already holds pictures of a bench: name another folder with -o, or remove it")


class BenchWriter:
    """Pairs with masks into a folder: `original/`, `edited/`, `mask/`, `side_effect/`, and the table, written last.

    Raises:
        ConfigError: see `require_no_bench`.
    """

    def __init__(self, folder: Path) -> None:
        require_no_bench(folder)
        self._folder = folder
        self._rows: list[dict[str, object]] = []

    @property
    def count(self) -> int:
        """How many pairs were added."""
        return len(self._rows)

    def add(self, pair: EditPair, side_effect: MaskArray | None = None) -> None:
        """Write one pair's images, numbered as the pairs come.

        Args:
            pair: with a mask.
            side_effect: (H, W) bool, the part of the mask that the instruction does not name; None where there is none.
        """
        assert pair.mask is not None, "a benchmark's pairs have masks"
        row: dict[str, object] = {"id": pair.sample_id, "instruction": pair.instruction, "edit_type": pair.edit_type}
        pictures = {"original": pair.original, "edited": pair.edited, "mask": _grey(pair.mask)}
        if side_effect is not None:
            pictures["side_effect"] = _grey(side_effect)
        for name in _PICTURES:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        for kind, picture in pictures.items():
            path = self._folder / kind / f"{len(self._rows):05d}.png"
            Image.fromarray(picture).save(path)
            row[kind] = f"{kind}/{path.name}"
        self._rows.append(row)

    def finish(self) -> Path:
        """Write the table; its path."""
        path = self._folder / TABLE_NAME
        with whole_file(path) as partial:
            partial.write_text("".join(json.dumps(row) + "\n" for row in self._rows), encoding="utf-8")
        return path


def _grey(mask: MaskArray) -> ImageArray:
    return mask.astype("uint8") * 255
