"""Difference-only: the model told nothing, so that a table shows what its instruction is worth."""

from __future__ import annotations

from sigmask.evaluation.baselines.rival import Need, Rival
from sigmask.evaluation.baselines.trained_model import load_annotator, missing_model, model_weights
from sigmask.types import Annotation, EditPair


def difference_only(pair: EditPair, *, model: str) -> Annotation:
    """The model's annotation of the pair without its instruction; its threshold is the model's own."""
    return load_annotator(model)(pair.original, pair.edited, None)


DIFFERENCE_ONLY = Rival(
    name="difference-only",
    idea="the model without the instruction",
    source="an ablation of SIGMA, arXiv 2605.27924",
    score=difference_only,
    threshold=0.5,
    self_thresholding=True,
    needs=(Need.TORCH, Need.MODEL),
    missing=missing_model,
    weights=model_weights,
)
