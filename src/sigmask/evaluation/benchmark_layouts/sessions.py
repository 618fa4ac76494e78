"""MagicBrush's test split: one JSON file of edit sessions, and a folder of images for each session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from sigmask.config import StrictConfig
from sigmask.errors import BadReason, CorpusError
from sigmask.evaluation.benchmark_sample import BenchmarkRow
from sigmask.types import BadSample


class SessionsLayout(StrictConfig):
    """`{session: [{input, mask, output, instruction}, …]}` in `file`, images in `images/SESSION/`.

    Attributes:
        file: the JSON file's name; the benchmark begins where it lies.
        images: the folder that holds the sessions' folders.
    """

    kind: Literal["sessions"]
    file: str
    images: str
    original: str = "input"
    edited: str = "output"
    mask: str = "mask"
    instruction: str = "instruction"

    @property
    def expected(self) -> str:
        return f"'{self.file}' and '{self.images}/'"

    def find(self, folder: Path) -> Path | None:
        found = sorted(folder.rglob(self.file)) if folder.is_dir() else []
        return found[0].parent if found else None

    def rows(self, base: Path) -> Iterator[BenchmarkRow | BadSample]:
        """Turn after turn of session after session, in the file's order.

        Raises:
            CorpusError: the file is not JSON, or not sessions as a whole.
        """
        path = base / self.file
        try:
            sessions = json.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise CorpusError(f"{path}: expected JSON in UTF-8, got: {error}.") from error
        if not isinstance(sessions, dict):
            raise CorpusError(f"{path}: expected {{session: [turn, …]}}, got {type(sessions).__name__}.")
        index = 0
        for session, turns in sessions.items():
            for number, turn in enumerate(turns if isinstance(turns, list) else [turns], start=1):
                yield self._row(base, str(session), f"{session}-{number}", turn, index)
                index += 1

    def _row(self, base: Path, session: str, sample_id: str, turn: Any, index: int) -> BenchmarkRow | BadSample:
        if not isinstance(turn, dict):
            message = f"expected {{input, mask, output, instruction}}, got {type(turn).__name__}"
            return BadSample(sample_id, BadReason.BAD_ROW, message, self.file, index)

        def image(name: str) -> str | None:
            held = turn.get(name)
            return f"{self.images}/{session}/{held}" if isinstance(held, str) and held.strip() else None

        return BenchmarkRow(
            sample_id=sample_id,
            edited=image(self.edited),
            original=image(self.original),
            mask=image(self.mask),
            instruction=turn.get(self.instruction),
            source_file=self.file,
            row_index=index,
            root=base,
        )
