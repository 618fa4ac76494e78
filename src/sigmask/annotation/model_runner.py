"""Runs the annotator on batches, and pair by pair where a batch fails, so that only the culprit is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sigmask.annotation.pair_annotator import PairAnnotator
from sigmask.annotation.preparation import Outcome, Ready
from sigmask.errors import SigmaskError
from sigmask.types import Annotation, BadSample

FAILURES_BEFORE_STOP = 32
"""When the model has failed on this many pairs and on none it succeeded, the model is at fault, not the pairs."""


class ModelFailedError(SigmaskError):
    """The model fails on everything it is given."""


class ModelRunner:
    """Remembers whether the model has ever worked."""

    def __init__(self, annotator: PairAnnotator) -> None:
        self._annotator = annotator
        self._succeeded = False
        self._failures = 0

    def run(self, batch: Sequence[Outcome]) -> Iterator[tuple[Ready | None, Annotation | BadSample]]:
        """Yield (pair, its annotation or why there is none) in the batch's order.

        Raises:
            ModelFailedError: the model has failed on each of the first `FAILURES_BEFORE_STOP` pairs.
        """
        ready = [item for item in batch if isinstance(item, Ready)]
        outcomes = iter(self._infer(ready))
        for item in batch:
            if isinstance(item, Ready):
                yield item, next(outcomes)
            else:
                yield None, item

    def _infer(self, ready: list[Ready]) -> list[Annotation | BadSample]:
        if not ready:
            return []
        try:
            annotations = self._annotator.infer([item.prepared for item in ready])
            if len(annotations) != len(ready):
                raise SigmaskError(f"the annotator gave {len(annotations)} annotations for {len(ready)} pairs")
        except Exception as error:
            if len(ready) > 1:
                return [outcome for item in ready for outcome in self._infer([item])]
            self._failures += 1
            if not self._succeeded and self._failures >= FAILURES_BEFORE_STOP:
                raise ModelFailedError(
                    f"the model failed on each of the first {self._failures} pairs, the last time with "
                    f"{type(error).__name__}: {error}. Check it with 'sigmask doctor'."
                ) from error
            return [ready[0].failed(error)]
        self._succeeded = True
        return list(annotations)
