"""Where a corpus lies and how it was opened: what a run writes down, so that its corpus can be found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sigmask.data.hub_name import PREFIX


@dataclass(frozen=True, slots=True)
class CorpusAddress:
    """The arguments of `load_corpus` that open the same corpus from any folder.

    Attributes:
        source: an absolute path without symbolic links, or the `hf:` address at the commit that was read.
        columns: "original", "edited", "instruction" or "mask" to the column that was named by hand.
        root: the absolute folder that image paths are relative to, where one was named.
    """

    source: str
    columns: Mapping[str, str] = field(default_factory=dict)
    root: str | None = None

    @classmethod
    def of(cls, source: str | Path, columns: Mapping[str, str | None], root: Path | None) -> CorpusAddress:
        """The address of what `load_corpus` was given."""
        return cls(
            str(source) if str(source).startswith(PREFIX) else str(Path(source).resolve()),
            {name: column for name, column in columns.items() if column is not None},
            None if root is None else str(root.resolve()),
        )

    @property
    def is_there(self) -> bool:
        """Whether a local corpus is still in its place; of one on the Hub, only opening it tells."""
        return self.source.startswith(PREFIX) or Path(self.source).exists()
