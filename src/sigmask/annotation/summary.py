"""What one annotation run did, in figures: `summary.json`, written last, so its presence says that the run finished."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sigmask.data.whole_file import whole_file
from sigmask.types import Annotation, BadSample

SUMMARY_NAME = "summary.json"


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of one run.

    Attributes:
        rows: rows read; always `written` plus the bad ones.
        written: rows with a mask.
        bad: bad rows by reason.
        first_bad: "sample_id: message" of the first few bad rows.
        seconds: wall-clock time.
        mean_area: mean marked share of the pictures in [0, 1], 0 when nothing was written.
        mean_quality: mean expected IoU in [0, 1], 0 when nothing was written.
        scope_counts: rows by scope.
        model, fingerprint: the weights that made the masks.
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

    @property
    def pairs_per_second(self) -> float:
        """Rows per second of wall-clock time, bad ones included."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    def save(self, folder: Path) -> Path:
        """Write `summary.json` into `folder`."""
        path = folder / SUMMARY_NAME
        with whole_file(path) as partial:
            values = dataclasses.asdict(self) | {"pairs_per_second": round(self.pairs_per_second, 3)}
            partial.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, folder: Path) -> Summary:
        """Read the summary of a finished run."""
        values = json.loads((folder / SUMMARY_NAME).read_text(encoding="utf-8"))
        values.pop("pairs_per_second", None)
        return cls(**values)


@dataclass(slots=True)
class Tally:
    """Running figures over the written rows."""

    written: int = 0
    area: float = 0.0
    quality: float = 0.0
    scopes: Counter[str] = field(default_factory=Counter)

    def add(self, annotation: Annotation) -> None:
        """Count one written row."""
        self.written += 1
        self.area += annotation.area_fraction
        self.quality += annotation.quality
        self.scopes[annotation.scope.value] += 1

    def summary(
        self, *, bad: Counter[str], first_bad: list[BadSample], seconds: float, model: str, fingerprint: str
    ) -> Summary:
        """Close the count."""
        return Summary(
            rows=self.written + bad.total(),
            written=self.written,
            bad=dict(bad.most_common()),
            first_bad=[f"{sample.sample_id}: {sample.message}" for sample in first_bad],
            seconds=round(seconds, 3),
            mean_area=self.area / max(self.written, 1),
            mean_quality=self.quality / max(self.written, 1),
            scope_counts=dict(self.scopes.most_common()),
            model=model,
            fingerprint=fingerprint,
        )
