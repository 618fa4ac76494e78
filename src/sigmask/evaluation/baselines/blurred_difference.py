"""The absolute difference, then a Gaussian: the noise keeps its mean but loses its spread."""

from __future__ import annotations

from sigmask.evaluation.baselines.absolute_difference import channel_difference
from sigmask.evaluation.baselines.rival import Rival
from sigmask.evaluation.baselines.rival_score import smooth
from sigmask.types import EditPair, MapArray


def blurred_difference(pair: EditPair, *, sigma: float) -> MapArray:
    """The channel difference under a Gaussian of `sigma` pixels: (H, W) float32, grey levels."""
    return smooth(channel_difference(pair.original, pair.edited), sigma)


BLURRED_DIFFERENCE = Rival(
    name="blurred-difference",
    idea="the absolute difference, then a Gaussian",
    source="common practice of edit corpora; no paper that we know as the first",
    score=blurred_difference,
    threshold=25.0,
    parameters={"sigma": 3.0},
    search={"sigma": (1.0, 2.0, 3.0, 5.0, 8.0)},
)
