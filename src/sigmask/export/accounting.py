"""Where every row went: the figures of `export.json` and of the printed summary."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sigmask.annotation.summary import NAMED_ROWS
from sigmask.export.sample import TRAIN, VALIDATION
from sigmask.whole_file import whole_file

EXPORT_NAME = "export.json"


@dataclass(slots=True)
class Accounting:
    """Counts of one export.

    Attributes:
        rows: rows of the run; always exported + filtered + near_duplicates + bad + missing.
        exported: edited pictures by split.
        filtered: rows by the rule that turned them away, in the rules' order; a row counts for the first only.
        near_duplicates: rows that repeat a better one.
        bad: rows whose pictures cannot be read, or no longer fit their mask, by reason.
        missing: rows of the run that the corpus does not have.
        without_mask: rows of the corpus that the run has no mask for; they are no part of `rows`.
        authentic: authentic originals by split.
        not_authentic: originals left out because they are another pair's edited picture.
        own_bytes, encoded: pictures written as the corpus has them, and encoded anew as PNG.
        first_bad: "sample_id: message" of the first few bad rows.
    """

    rows: int = 0
    exported: Counter[str] = field(default_factory=Counter)
    filtered: dict[str, int] = field(default_factory=dict)
    near_duplicates: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    without_mask: int = 0
    authentic: Counter[str] = field(default_factory=Counter)
    not_authentic: int = 0
    own_bytes: int = 0
    encoded: int = 0
    first_bad: list[str] = field(default_factory=list)

    def add_bad(self, sample_id: str, reason: str, message: str) -> None:
        """Count one bad row, and name it if it is among the first."""
        self.bad[reason] += 1
        if len(self.first_bad) < NAMED_ROWS:
            self.first_bad.append(f"{sample_id}: {message}")

    def lines(self) -> list[tuple[str, int]]:
        """Every row of the run by what became of it: (words, count), beginning with all of them."""
        return [
            ("rows of the run", self.rows),
            *((f"exported to {split}", self.exported[split]) for split in (TRAIN, VALIDATION)),
            *((f"filtered: not {rule}", count) for rule, count in self.filtered.items()),
            ("near-duplicates", self.near_duplicates),
            *((f"bad: {reason}", count) for reason, count in sorted(self.bad.items())),
            ("not in the corpus", self.missing),
        ]

    @property
    def unaccounted(self) -> int:
        """Rows of which nothing is known: 0, or there is a mistake in this package."""
        turned_away = sum(self.filtered.values()) + self.near_duplicates + self.bad.total() + self.missing
        return self.rows - self.exported.total() - turned_away

    def save(self, folder: Path, settings: dict[str, object]) -> None:
        """Write `export.json`: the settings of the export and these counts."""
        # not asdict: it makes a Counter anew from pairs, which counts the pairs
        counts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        values = {"settings": settings, "counts": counts}
        with whole_file(folder / EXPORT_NAME) as partial:
            partial.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
