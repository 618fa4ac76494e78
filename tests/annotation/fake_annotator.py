"""An annotator without weights: a thresholded blurred difference, with failures on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from sigmask.types import Action, Annotation, EditPair, EditTuple, Scope


class FakeAnnotator:
    """Marks where the blurred difference passes 20 grey levels.

    Args:
        fails_on: sample ids on which the model raises, alone or in a batch.
        fails_to_prepare: sample ids on which preparation raises.
    """

    name = "fake"
    fingerprint = "fake-0123456789abcdef"
    device = "cpu"

    def __init__(self, fails_on: Sequence[str] = (), fails_to_prepare: Sequence[str] = ()) -> None:
        self.fails_on = set(fails_on)
        self.fails_to_prepare = set(fails_to_prepare)
        self.batch_sizes: list[int] = []

    def prepare(self, pair: EditPair) -> EditPair:
        if pair.sample_id in self.fails_to_prepare:
            raise RuntimeError("cannot prepare this one")
        return pair

    def infer(self, prepared: Sequence[EditPair]) -> list[Annotation]:
        self.batch_sizes.append(len(prepared))
        failing = self.fails_on & {pair.sample_id for pair in prepared}
        if failing or "*" in self.fails_on:
            raise RuntimeError("the model dislikes this one")
        found = [self(pair.original, pair.edited, pair.instruction) for pair in prepared]
        return [
            replace(annotation, flags=annotation.flags + pair.flags)
            for annotation, pair in zip(found, prepared, strict=True)
        ]

    def __call__(self, original: np.ndarray, edited: np.ndarray, instruction: str | None = None) -> Annotation:
        height, width = edited.shape[:2]
        matched = cv2.resize(original, (width, height)).astype(np.float32)
        difference = cv2.GaussianBlur(np.abs(matched - edited).max(axis=2), (0, 0), 1.0)
        probability = np.clip(difference / 40.0, 0.0, 1.0).astype(np.float32)
        mask = probability > 0.5
        edit = (EditTuple(None, instruction.removeprefix("add a "), Action.ADD),) if instruction else ()
        scope = Scope.LOCAL if mask.any() else Scope.NONE
        return Annotation(mask, probability, np.full_like(probability, 0.5), 0.75, scope, edit, ("resized",), self.name)
