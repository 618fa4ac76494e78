"""What a run says of one pair besides its mask: what filters judge, and what every format writes beside the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sigmask.types import Action


@dataclass(frozen=True, slots=True)
class Facts:
    """One row of a run's masks, without the mask.

    Attributes:
        area: the marked share of the picture, in [0, 1].
        quality: the IoU that the mask is expected to have with the true one, in [0, 1].
        action: what the instruction asks for; "unknown" where there is no instruction too.
        scope: none, local or global.
    """

    sample_id: str
    source_file: str
    row_index: int
    area: float
    quality: float
    action: str
    scope: str
    original_concept: str | None
    edited_concept: str | None
    flags: tuple[str, ...]
    model: str

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Facts:
        """The facts of a row of `MASK_SCHEMA`."""
        return cls(
            sample_id=row["sample_id"],
            source_file=row["source_file"],
            row_index=row["row_index"],
            area=_as_written(row["area_fraction"]),
            quality=_as_written(row["quality"]),
            action=row["action"] or Action.UNKNOWN.value,
            scope=row["scope"],
            original_concept=row["original_concept"],
            edited_concept=row["edited_concept"],
            flags=tuple(row["flags"] or ()),
            model=row["model"],
        )


FACT_COLUMNS = (
    *("sample_id", "source_file", "row_index", "area_fraction", "quality", "action", "scope"),
    *("original_concept", "edited_concept", "flags", "model"),
)
"""The columns of `MASK_SCHEMA` that `Facts.of_row` reads: all but the masks."""


def _as_written(value: float) -> float:
    """The shortest number that is this one in float32, so that what was 0.7 passes `quality >= 0.7`."""
    return float(str(np.float32(value)))
