"""What the pipeline asks of an annotator: CPU preparation for worker threads, and inference on a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sigmask.types import Annotation, EditPair


class PairAnnotator(Protocol):
    """The part of `Annotator` that annotating a corpus uses; `prepared` values are opaque to the pipeline."""

    @property
    def name(self) -> str:
        """The name of the weights, written into every row."""

    @property
    def fingerprint(self) -> str:
        """A hash of weights and settings: equal fingerprints give equal masks."""

    def prepare(self, pair: EditPair) -> Any:
        """Preprocess one pair on the CPU. Called from several threads at once."""

    def infer(self, prepared: Sequence[Any]) -> list[Annotation]:
        """Annotate prepared pairs of any sizes, in their order. Called from one thread."""
