"""The model with its prior used in another way than it was trained for: what refinement is compared with.

torch is imported by the variants themselves: the model as it is may run without.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sigmask.annotation.annotator import Annotator
from sigmask.types import Annotation, EditPair, MapArray

if TYPE_CHECKING:
    from sigmask.models.grounding import Grounding

Variant = Callable[[Annotator], Callable[[EditPair], MapArray | Annotation]]


def uniform_prior(annotator: Annotator) -> Callable[[EditPair], Annotation]:
    """The words are told, and the prior says nothing about where."""
    import torch

    from sigmask.models.grounding import UNIFORM

    def flatten(_module: Any, _inputs: Any, grounding: Grounding) -> Grounding:
        return dataclasses.replace(grounding, prior=torch.full_like(grounding.prior, UNIFORM))

    def annotate(pair: EditPair) -> Annotation:
        # the hook is there for this call alone: the annotator is the caller's
        with annotator.model.grounding.register_forward_hook(flatten):
            return annotator(pair.original, pair.edited, pair.instruction)

    return annotate


def naive_prior(annotator: Annotator) -> Callable[[EditPair], MapArray]:
    """No refinement by the words: the probability of a model that was told nothing, times the prior.

    The prior counts in units of `UNIFORM`, so that words that say nothing about where change nothing. What comes out is
    a map alone: unlike the other variants' masks it keeps its specks, and where the told model gives its mask up this
    one is still scored.
    """
    from sigmask.models.grounding import UNIFORM

    def annotate(pair: EditPair) -> MapArray:
        told = annotator(pair.original, pair.edited, pair.instruction)
        untold = annotator(pair.original, pair.edited, None)
        product: MapArray = untold.probability * np.minimum(told.prior / UNIFORM, 1)
        return product

    return annotate


PRIOR_VARIANTS: dict[str, Variant] = {"uniform-prior": uniform_prior, "naive-prior": naive_prior}
"""Every variant by its name behind the model's: `tiny@uniform-prior`."""
