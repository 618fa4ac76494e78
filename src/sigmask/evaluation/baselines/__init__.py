"""Rival mask makers, each a small file of its own, found by name.

Importing this package costs numpy and OpenCV; whatever is heavier is imported when a rival that needs it is run.
"""

from __future__ import annotations

from sigmask.errors import ConfigError, unknown_name
from sigmask.evaluation.baselines.absolute_difference import ABSOLUTE_DIFFERENCE
from sigmask.evaluation.baselines.blurred_difference import BLURRED_DIFFERENCE
from sigmask.evaluation.baselines.change_vector import CHANGE_VECTOR
from sigmask.evaluation.baselines.colour_difference import COLOUR_DIFFERENCE
from sigmask.evaluation.baselines.difference_of_blurred import DIFFERENCE_OF_BLURRED
from sigmask.evaluation.baselines.difference_only import DIFFERENCE_ONLY
from sigmask.evaluation.baselines.dinov2_cosine import DINOV2_COSINE
from sigmask.evaluation.baselines.instruction_only import INSTRUCTION_ONLY
from sigmask.evaluation.baselines.keypoint_semantic import KEYPOINT_SEMANTIC
from sigmask.evaluation.baselines.lite0_cosine import LITE0_COSINE_8, LITE0_COSINE_16
from sigmask.evaluation.baselines.multi_scale_gradient import MULTI_SCALE_GRADIENT
from sigmask.evaluation.baselines.otsu_difference import OTSU_DIFFERENCE
from sigmask.evaluation.baselines.pca_kmeans import PCA_KMEANS
from sigmask.evaluation.baselines.prompted_box import PROMPTED_BOX
from sigmask.evaluation.baselines.rival import Baseline, Need, Rival
from sigmask.evaluation.baselines.sift_difference import SIFT_DIFFERENCE
from sigmask.evaluation.baselines.structural_similarity import STRUCTURAL_SIMILARITY

__all__ = ["BASELINES", "Baseline", "Need", "Rival", "create_baseline", "split_by_availability"]

BASELINES: dict[str, Rival] = {
    rival.name: rival
    for rival in (
        ABSOLUTE_DIFFERENCE,
        OTSU_DIFFERENCE,
        BLURRED_DIFFERENCE,
        DIFFERENCE_OF_BLURRED,
        STRUCTURAL_SIMILARITY,
        MULTI_SCALE_GRADIENT,
        COLOUR_DIFFERENCE,
        CHANGE_VECTOR,
        PCA_KMEANS,
        SIFT_DIFFERENCE,
        LITE0_COSINE_8,
        LITE0_COSINE_16,
        DINOV2_COSINE,
        KEYPOINT_SEMANTIC,
        INSTRUCTION_ONLY,
        DIFFERENCE_ONLY,
        PROMPTED_BOX,
    )
}
"""Every rival by its name on the command line."""


def create_baseline(name: str, *, model: str = "tiny") -> Baseline:
    """The rival of this name with its tuned values.

    Args:
        model: the model under test, for the rivals that show a part of it alone.

    Raises:
        ConfigError: if there is no such rival; the message lists what exists.
    """
    if name not in BASELINES:
        raise ConfigError(unknown_name("baseline", name, BASELINES))
    from sigmask.evaluation.baselines.tuned_values import tuned_values

    rival, tuned = BASELINES[name], tuned_values().rivals.get(name)
    if tuned is None:
        return Baseline(rival, rival.threshold, rival.parameters, "not tuned: our choice", model)
    origin = f"tuned on {tuned.pairs} synthetic pairs (seed {tuned.seed}, split {tuned.split})"
    return Baseline(rival, tuned.threshold, tuned.parameters, origin, model)


def split_by_availability(*, model: str = "tiny") -> tuple[list[Baseline], dict[str, str]]:
    """All rivals: those that can be run here, and for each of the others the reason why it cannot."""
    ready: list[Baseline] = []
    reasons: dict[str, str] = {}
    for name in BASELINES:
        baseline = create_baseline(name, model=model)
        reason = baseline.available()
        if reason is None:
            ready.append(baseline)
        else:
            reasons[name] = reason
    return ready, reasons
