"""What one annotation run did, in figures: `summary.json`, written last, so its presence says that the run finished."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sigmask.annotation.doubtful import DOUBTFUL
from sigmask.annotation.exclusive_file import replace_file
from sigmask.annotation.utf8_text import utf8_text
from sigmask.annotation.write_errors import writing
from sigmask.data.corpus_address import CorpusAddress
from sigmask.types import UNREADABLE_INSTRUCTION, Annotation, BadSample

SUMMARY_NAME = "summary.json"
NAMED_ROWS = 5
"""How many bad rows a summary names. Our choice."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of one run, over all processes and restarts that it took.

    Attributes:
        rows: rows read; always `written` plus the bad ones.
        written: rows with a mask.
        bad: bad rows by reason.
        first_bad: "sample_id: message" of the first few bad rows.
        seconds: working time until the last part was committed; that of several processes is added up, and what a
            crash threw away is not in it.
        mean_area: mean marked share of the pictures in [0, 1], 0 when nothing was written.
        mean_quality: mean expected IoU in [0, 1], 0 when nothing was written.
        scope_counts: rows by scope.
        model, fingerprint: the weights that made the masks.
        doubtful: written rows whose mask was given up, and is empty, since the model expects too little of it.
        unreadable_instructions: written rows whose instruction could not be read: annotated as if nothing were said.
        corpus, columns, root: what opens the corpus again, see `CorpusAddress`; "" where the corpus has no address.
    """

    rows: int
    written: int
    bad: dict[str, int]
    first_bad: list[str]
    seconds: float
    mean_area: float
    mean_quality: float
    scope_counts: dict[str, int]
    model: str
    fingerprint: str
    doubtful: int = 0
    unreadable_instructions: int = 0
    corpus: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    root: str | None = None

    @property
    def pairs_per_second(self) -> float:
        """Rows per second of working time, bad ones included."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    def save(self, folder: Path) -> Path:
        """Write `summary.json` into `folder`.

        Raises:
            OutputWriteError: it cannot be written.
        """
        path = folder / SUMMARY_NAME
        values = dataclasses.asdict(self) | {"pairs_per_second": round(self.pairs_per_second, 3)}
        with writing(path):
            replace_file(path, (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode())
        return path

    @classmethod
    def load(cls, folder: Path) -> Summary:
        """Read the summary of a finished run."""
        values = json.loads((folder / SUMMARY_NAME).read_text(encoding="utf-8"))
        values.pop("pairs_per_second", None)
        return cls(**values)


@dataclass(slots=True)
class Tally:
    """Running figures over written rows; `area` and `quality` are sums."""

    written: int = 0
    area: float = 0.0
    quality: float = 0.0
    scopes: dict[str, int] = field(default_factory=dict)
    doubtful: int = 0
    unreadable_instructions: int = 0

    def add(self, annotation: Annotation) -> None:
        """Count one written row."""
        self.written += 1
        self.area += annotation.area_fraction
        self.quality += annotation.quality
        self.scopes[annotation.scope.value] = self.scopes.get(annotation.scope.value, 0) + 1
        self.doubtful += DOUBTFUL in annotation.flags
        self.unreadable_instructions += UNREADABLE_INSTRUCTION in annotation.flags

    def merge(self, other: Tally) -> None:
        """Add another count to this one."""
        self.written += other.written
        self.area += other.area
        self.quality += other.quality
        self.scopes = dict(Counter(self.scopes) + Counter(other.scopes))
        self.doubtful += other.doubtful
        self.unreadable_instructions += other.unreadable_instructions

    def summary(
        self,
        *,
        bad: Sequence[BadSample],
        seconds: float,
        model: str,
        fingerprint: str,
        address: CorpusAddress | None = None,
    ) -> Summary:
        """Close the count; `bad` in the corpus's order."""
        address = address or CorpusAddress("")
        return Summary(
            rows=self.written + len(bad),
            written=self.written,
            bad=dict(Counter(sample.reason.value for sample in bad).most_common()),
            first_bad=[f"{sample.sample_id}: {sample.message}" for sample in bad[:NAMED_ROWS]],
            seconds=round(seconds, 3),
            mean_area=self.area / max(self.written, 1),
            mean_quality=self.quality / max(self.written, 1),
            scope_counts=dict(Counter(self.scopes).most_common()),
            model=model,
            fingerprint=fingerprint,
            doubtful=self.doubtful,
            unreadable_instructions=self.unreadable_instructions,
            corpus=utf8_text(address.source),
            columns={name: utf8_text(column) for name, column in address.columns.items()},
            root=None if address.root is None else utf8_text(address.root),
        )
