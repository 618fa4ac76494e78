from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as oracle

from sigmask.errors import ConfigError
from sigmask.evaluation import PROTOCOLS, evaluate_masks

MASKS = np.array([[[1, 1, 0, 0]], [[1, 0, 0, 0]]], bool)
MAPS = np.array([[[0.9, 0.2, 0.6, 0.1]], [[0.8, 0.1, 0.1, 0.1]]], np.float32)


def test_by_hand() -> None:
    metrics = evaluate_masks(MAPS, MASKS)
    # First: tp 1, fp 1, fn 1; second: perfect.
    assert metrics["f1"] == pytest.approx((1 / 2 + 1) / 2)
    assert metrics["iou"] == pytest.approx((1 / 3 + 1) / 2)
    assert metrics["pooled_f1"] == pytest.approx(4 / 6)
    assert metrics["pooled_iou"] == pytest.approx(2 / 4)
    assert metrics["auc"] == pytest.approx((3 / 4 + 1) / 2)
    assert metrics["image_best_f1"] == pytest.approx((4 / 5 + 1) / 2)
    assert metrics["best_threshold"] == pytest.approx(0.1, abs=1 / 1024)
    assert (metrics["images"], metrics["edited_images"], metrics["authentic_images"]) == (2, 2, 0)
    assert math.isnan(metrics["false_positive_area"]) and math.isnan(metrics["image_auc"])


def test_every_named_metric_is_there() -> None:
    names = (
        "f1 iou precision recall mcc best_f1 best_iou best_threshold image_best_f1 auc average_precision boundary_f1 "
        "boundary_f1_2px pooled_f1 pooled_iou false_positive_area specificity marked_images image_auc "
        "image_balanced_accuracy image_equal_error_rate image_calibration_error"
    )
    metrics = evaluate_masks(MAPS, MASKS)
    assert set(names.split()) <= set(metrics)
    assert all(isinstance(value, float) for value in metrics.values())


def test_authentic_images_are_never_folded_into_a_mean() -> None:
    authentic = np.zeros((1, 1, 4), bool)
    marked = np.array([[[0.9, 0.1, 0.1, 0.1]]], np.float32)
    alone = evaluate_masks(MAPS, MASKS)
    mixed = evaluate_masks(np.concatenate([MAPS, marked]), np.concatenate([MASKS, authentic]))
    for name in ("f1", "iou", "auc", "average_precision", "boundary_f1", "pooled_f1", "best_f1", "image_best_f1"):
        assert mixed[name] == alone[name]
    assert (mixed["false_positive_area"], mixed["specificity"], mixed["marked_images"]) == (0.25, 0.75, 1.0)
    assert mixed["image_auc"] == pytest.approx(
        0.25
    )  # the authentic one scores 0.9: a tie with the first, over the other


def test_a_perfect_prediction_on_authentic_images_is_perfect() -> None:
    nothing = np.zeros((2, 3, 3))
    metrics = evaluate_masks(nothing, nothing)
    assert (metrics["false_positive_area"], metrics["specificity"], metrics["marked_images"]) == (0.0, 1.0, 0.0)
    assert math.isnan(metrics["f1"]) and math.isnan(metrics["best_f1"])


def test_equal_to_scikit_learn(rng: np.random.Generator) -> None:
    maps = rng.random((4, 40, 30))  # float64, ranked as it is
    masks = rng.random((4, 40, 30)) < 0.5 * maps
    metrics = evaluate_masks(maps, masks, threshold=0.6)
    flat = [(mask.ravel(), probability.ravel()) for mask, probability in zip(masks, maps, strict=True)]
    expected = {
        "f1": [oracle.f1_score(mask, values > 0.6) for mask, values in flat],
        "iou": [oracle.jaccard_score(mask, values > 0.6) for mask, values in flat],
        "mcc": [oracle.matthews_corrcoef(mask, values > 0.6) for mask, values in flat],
        "auc": [oracle.roc_auc_score(mask, values) for mask, values in flat],
        "average_precision": [oracle.average_precision_score(mask, values) for mask, values in flat],
        "pooled_f1": [oracle.f1_score(masks.ravel(), maps.ravel() > 0.6)],
    }
    for name, values in expected.items():
        assert metrics[name] == pytest.approx(np.mean(values), abs=1e-9)


def test_images_of_different_sizes_and_masks_of_numbers() -> None:
    maps = [np.array([[0.9, 0.1]]), np.full((3, 5), 0.9)]
    metrics = evaluate_masks(maps, [np.array([[1, 0]], np.uint8), np.ones((3, 5), int)])
    assert metrics["f1"] == metrics["pooled_f1"] == 1.0
    assert metrics["auc"] == 1.0  # of the first alone: the second has no unchanged pixel


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_protocol_changes_what_it_is_given(protocol: str) -> None:
    maps, masks = MAPS.copy(), MASKS.copy()
    evaluate_masks(maps, masks, protocol=protocol)
    assert np.array_equal(maps, MAPS) and np.array_equal(masks, MASKS)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'trufor'"):
        evaluate_masks(MAPS, MASKS, protocol="truefor")
    with pytest.raises(ValueError, match="2 maps and 1 masks"):
        evaluate_masks(MAPS, MASKS[:1])
    with pytest.raises(ValueError, match="at least one"):
        evaluate_masks([], [])
    with pytest.raises(ValueError, match="image 1: probability must lie in"):
        evaluate_masks([MAPS[0], MAPS[1] + 1], MASKS)
    with pytest.raises(ValueError, match="image 0: expected a true mask of the map's shape"):
        evaluate_masks(MAPS, [MASKS[0].T, MASKS[1]])
    with pytest.raises(ValueError, match="mask > 127"):
        evaluate_masks(MAPS, MASKS.astype(np.uint8) * 255)
    with pytest.raises(ValueError, match=r"shape \(H, W\)"):
        evaluate_masks(MAPS[0], MASKS[0])
