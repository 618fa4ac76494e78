"""Instruction-only grounding: the model's prior alone, which finds what the words name and misses side-effects."""

from __future__ import annotations

import numpy as np

from sigmask.evaluation.baselines.rival import Need, Rival
from sigmask.evaluation.baselines.trained_model import load_annotator, missing_model, model_weights
from sigmask.types import EditPair, MapArray


def instruction_only(pair: EditPair, *, model: str) -> MapArray:
    """The prior: (H, W) float32 in [0, 1]. Zero where the instruction says nothing of where (or there is none)."""
    from sigmask.models.grounding import UNIFORM

    prior = load_annotator(model)(pair.original, pair.edited, pair.instruction).prior
    return np.zeros_like(prior) if np.allclose(prior, UNIFORM, atol=1e-3) else prior


INSTRUCTION_ONLY = Rival(
    name="instruction-only",
    idea="the model's instruction prior alone: where the words point, whatever the pixels say",
    source="SIGMA, arXiv 2605.27924, names instruction-only grounding as a rival; this one is our model's own prior",
    score=instruction_only,
    threshold=0.5,
    needs=(Need.INSTRUCTION, Need.TORCH, Need.MODEL),
    missing=missing_model,
    weights=model_weights,
)
