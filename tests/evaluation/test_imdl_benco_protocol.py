"""The protocol against hand-computed values, and against the package itself where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sigmask.evaluation import evaluate_masks
from sigmask.evaluation.imdl_benco_protocol import ImdlBencoScores, imdl_benco_scores

MASK = np.array([[True, True, False, False]])


def test_by_hand() -> None:
    scores = imdl_benco_scores(np.array([[0.9, 0.2, 0.6, 0.1]], np.float32), MASK)
    assert scores.f1 == pytest.approx(0.5)  # tp 1, fp 1, fn 1
    assert scores.iou == pytest.approx(1 / 3)
    assert scores.auc == pytest.approx(3 / 4)  # of the four pairs only (0.2, 0.6) is the wrong way round


def test_a_perfect_prediction_on_an_authentic_image_is_zero() -> None:
    nothing = np.zeros((4, 4))
    assert imdl_benco_scores(nothing, nothing.astype(bool)) == ImdlBencoScores(0.0, 0.0, 0.0)
    half_authentic = evaluate_masks([MASK.astype(float), nothing], [MASK, nothing], protocol="imdl-benco")
    assert half_authentic["f1"] == half_authentic["iou"] == half_authentic["auc"] == 0.5


def test_ties_are_broken_by_order() -> None:
    constant = np.zeros((1, 4), np.float32)
    first, last = (imdl_benco_scores(constant, mask).auc for mask in (MASK, MASK[:, ::-1]))
    assert {first, last} == {0.0, 1.0}  # an AUC with its ties counted is 0.5 for both


def test_an_image_in_which_everything_is_true_has_no_auc() -> None:
    scores = imdl_benco_scores(np.array([[0.9, 0.8]]), np.ones((1, 2), bool))
    assert math.isnan(scores.auc) and scores.f1 == 1.0


@pytest.fixture(scope="module")
def package_evaluators() -> Iterator[tuple[Any, ...]]:
    """The package's own PixelF1, PixelIOU and PixelAUC.

    Importing the package whole runs its model zoo, which needs numpy < 2 and albumentations 1.3. Only the evaluators'
    modules are loaded here, under bare parents, so that `pip install --no-deps` is enough.
    """
    spec = importlib.util.find_spec("IMDLBenCo")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package is not installed: pip install --no-deps imdlbenco==0.1.45")
    root = Path(next(iter(spec.submodule_search_locations)))
    before = set(sys.modules)
    for name, folder in (("IMDLBenCo", root), ("IMDLBenCo.evaluation", root / "evaluation")):
        parent = types.ModuleType(name)
        parent.__path__ = [str(folder)]
        sys.modules.setdefault(name, parent)
    modules = [importlib.import_module(f"IMDLBenCo.evaluation.{name}") for name in ("F1", "IOU", "AUC")]
    yield modules[0].PixelF1(), modules[1].PixelIOU(), modules[2].PixelAUC()
    for name in set(sys.modules) - before:
        if name.split(".")[0] == "IMDLBenCo":
            del sys.modules[name]


@pytest.mark.parametrize("side", [1, 7, 64, 257])
@pytest.mark.parametrize("kind", ["smooth", "quantised", "binary", "constant", "authentic", "perfect authentic", "all"])
def test_bit_for_bit_as_the_package(
    kind: str, side: int, rng: np.random.Generator, package_evaluators: tuple[Any, ...]
) -> None:
    probability, mask = drawn(kind, side, rng)
    scores = imdl_benco_scores(probability, mask)
    predicted = torch.from_numpy(probability)[None, None]
    true = torch.from_numpy(mask.astype(np.float32))[None, None]
    for ours, theirs in zip((scores.f1, scores.iou, scores.auc), package_evaluators, strict=True):
        (expected,) = theirs.batch_update(predicted, true).tolist()
        np.testing.assert_array_equal(np.float32(ours), np.float32(expected))  # exact; NaN equals NaN


def drawn(kind: str, side: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    probability = rng.random((side, side + 3), dtype=np.float32)
    mask = rng.random((side, side + 3)) < 0.6 * probability
    if kind == "quantised":
        probability = (np.round(probability * 8) / 8).astype(np.float32)
    elif kind == "binary":
        probability = (probability > 0.5).astype(np.float32)
    elif kind == "constant":
        probability = np.full_like(probability, 0.7)
    elif kind == "perfect authentic":
        probability = np.zeros_like(probability)
    if "authentic" in kind or kind == "all":
        mask = np.full_like(mask, kind == "all")
    return probability, mask
