"""Rival mask makers: `(original, edited) -> (H, W) probability`, each a small file of its own, found by name."""

from __future__ import annotations

from collections.abc import Callable

from sigmask.errors import ConfigError, unknown_name
from sigmask.evaluation.baselines.absolute_difference import absolute_difference
from sigmask.evaluation.baselines.blurred_difference import blurred_difference, difference_of_blurred
from sigmask.evaluation.baselines.structural_similarity import structural_similarity
from sigmask.types import ImageArray, MapArray

Baseline = Callable[[ImageArray, ImageArray], MapArray]

BASELINES: dict[str, Baseline] = {
    "absolute-difference": absolute_difference,
    "blurred-difference": blurred_difference,
    "difference-of-blurred": difference_of_blurred,
    "ssim": structural_similarity,
}
"""Every rival by its name on the command line."""


def create_baseline(name: str) -> Baseline:
    """The rival of this name.

    Raises:
        ConfigError: if there is none; the message lists what exists.
    """
    if name not in BASELINES:
        raise ConfigError(unknown_name("baseline", name, BASELINES))
    return BASELINES[name]
