"""What holds for every rival: equal images give nothing, a plain change is found, any size works, its card is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from sigmask.errors import ConfigError
from sigmask.evaluation.baselines import BASELINES, Baseline, Need, create_baseline, split_by_availability
from sigmask.evaluation.baselines.rival_score import original_on_edited_grid
from sigmask.evaluation.baselines.tuned_values import tuned_values
from sigmask.types import Annotation, EditPair, MapArray, MaskArray

LIGHT = [name for name, rival in BASELINES.items() if not rival.needs]
WITH_FEATURES = [name for name, rival in BASELINES.items() if Need.WEIGHTS in rival.needs]
LEAST_F1 = {
    "absolute-difference": 0.95,
    "otsu-difference": 0.95,
    "blurred-difference": 0.88,
    "difference-of-blurred": 0.9,
    "ssim": 0.8,
    "multi-scale-gradient": 0.85,
    "ciede2000": 0.85,
    "change-vector": 0.92,
    "pca-kmeans": 0.75,
    "sift-difference": 0.88,
    "lite0-cosine-8": 0.75,
    "lite0-cosine-16": 0.65,
    "dinov2-cosine": 0.8,
    "keypoint-semantic": 0.65,
}
"""What each rival must reach, at its shipped values, on a changed square of 64 × 64 pixels under noise."""


@pytest.mark.parametrize("name", LIGHT)
def test_an_image_against_itself_is_empty(name: str, rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (40, 56, 3), dtype=np.uint8)
    probability = _probability(create_baseline(name), EditPair("", image, image.copy()))
    assert probability.shape == (40, 56) and probability.dtype == np.float32
    assert probability.max() < 1e-6


@pytest.mark.parametrize("name", LIGHT)
def test_a_changed_square_under_noise_is_found(name: str, rng: np.random.Generator) -> None:
    pair = square_under_noise(rng)
    assert pair.mask is not None
    assert f1_of(_probability(create_baseline(name), pair) > 0.5, pair.mask) >= LEAST_F1[name]


@pytest.mark.parametrize("name", WITH_FEATURES)
def test_the_same_of_those_with_published_weights(name: str, rng: np.random.Generator) -> None:
    baseline = create_baseline(name)
    reason = baseline.available()
    if reason is not None:
        pytest.skip(reason)
    pair = square_under_noise(rng)
    assert pair.mask is not None
    assert f1_of(_probability(baseline, pair) > 0.5, pair.mask) >= LEAST_F1[name]
    assert _probability(baseline, EditPair("", pair.original, pair.original.copy())).max() < 1e-3
    tiny = rng.integers(0, 256, (9, 5, 3), dtype=np.uint8)
    assert _probability(baseline, EditPair("", pair.original, tiny)).shape == (9, 5)
    assert baseline.weights()


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize("shape", [(8, 8), (9, 40), (1, 1), (1, 30), (2, 3)])
def test_small_images_and_other_sizes(name: str, shape: tuple[int, int], rng: np.random.Generator) -> None:
    original = rng.integers(0, 256, (33, 47, 3), dtype=np.uint8)
    edited = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    probability = _probability(create_baseline(name), EditPair("", original, edited))
    assert probability.shape == shape
    assert np.isfinite(probability).all() and probability.min() >= 0 and probability.max() <= 1


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize("levels", [(0, 0), (255, 0), (128, 131)])
def test_flat_and_grey_images(name: str, levels: tuple[int, int]) -> None:
    first, second = (np.full((32, 48, 3), level, np.uint8) for level in levels)
    probability = _probability(create_baseline(name), EditPair("", first, second))
    assert probability.shape == (32, 48) and np.isfinite(probability).all()
    assert levels[0] != levels[1] or probability.max() < 1e-6


@pytest.mark.parametrize("name", LIGHT)
def test_the_same_pair_gives_the_same_map(name: str, rng: np.random.Generator) -> None:
    pair, baseline = square_under_noise(rng), create_baseline(name)
    np.testing.assert_allclose(_probability(baseline, pair), _probability(baseline, pair), atol=1e-6)


@pytest.mark.parametrize("name", BASELINES)
def test_a_rivals_card(name: str) -> None:
    rival = BASELINES[name]
    assert rival.name == name and rival.idea and rival.source and rival.threshold > 0
    assert set(rival.search) <= set(rival.parameters)
    assert all(rival.parameters[key] in values for key, values in rival.search.items())
    assert (Need.WEIGHTS in rival.needs or Need.HUB in rival.needs) <= (Need.TORCH in rival.needs)


def test_the_shipped_values_are_those_of_known_rivals_and_of_their_search() -> None:
    values = tuned_values().rivals
    assert set(LIGHT) <= set(values) <= set(BASELINES)
    for name, tuned in values.items():
        rival = BASELINES[name]
        assert set(tuned.parameters) == set(rival.parameters)
        assert all(tuned.parameters[key] in choices for key, choices in rival.search.items())
        assert not rival.self_thresholding or tuned.threshold == rival.threshold
        baseline = create_baseline(name)
        assert (baseline.threshold, baseline.parameters) == (tuned.threshold, tuned.parameters)
        assert f"split {tuned.split}" in baseline.origin


def test_every_rival_can_be_run_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMASK_DINOV2_SMALL", "/nowhere/weights.safetensors")
    ready, reasons = split_by_availability(model="no-such-model")
    assert [each.rival.name for each in ready] + list(reasons) != []
    assert {each.rival.name for each in ready} | set(reasons) == set(BASELINES)
    assert set(LIGHT) <= {each.rival.name for each in ready}
    assert "names a file that is not there" in reasons["dinov2-cosine"]
    assert "unknown model 'no-such-model'" in reasons["instruction-only"]


def test_a_fingerprint_changes_with_values_and_not_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import dataclasses

    baseline = create_baseline("ssim")
    assert baseline.fingerprint() == create_baseline("ssim").fingerprint()
    assert baseline.fingerprint() != dataclasses.replace(baseline, threshold=0.123).fingerprint()
    assert baseline.fingerprint() != dataclasses.replace(baseline, parameters={"sigma": 2.0}).fingerprint()
    prints = []
    for content in (b"one", b"two"):
        weights = tmp_path / f"{content.decode()}.safetensors"
        weights.write_bytes(content)
        monkeypatch.setenv("SIGMASK_DINOV2_SMALL", str(weights))
        prints.append(create_baseline("dinov2-cosine").fingerprint())
    assert prints[0] != prints[1]


def test_an_unknown_name_lists_what_exists() -> None:
    with pytest.raises(ConfigError, match=r"Did you mean 'ssim'\? Known: absolute-difference"):
        create_baseline("ssimm")


def test_importing_them_is_light() -> None:
    """`sigmask --help` pays for this import: nothing heavy may come in before a rival is run."""
    program = (
        "import sys, sigmask.evaluation.baselines\n"
        "print(*sorted({'torch', 'skimage', 'scipy', 'sklearn', 'timm', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == ""


def test_the_grid_is_the_edited_images() -> None:
    original = np.full((20, 30, 3), 77, np.uint8)
    assert (original_on_edited_grid(original, np.zeros((10, 40, 3), np.uint8)) == 77).all()
    assert original_on_edited_grid(original, np.zeros((20, 30, 3), np.uint8)) is original


def square_under_noise(rng: np.random.Generator, side: int = 160) -> EditPair:
    """A picture with structure at every scale, a square of it replaced, and 5 grey levels of noise over the edited."""
    mask = np.zeros((side, side), np.bool_)
    mask[48:112, 56:120] = True
    edited = textured_photo(rng, side).astype(np.float32)
    original = edited.astype(np.uint8)
    edited[mask] = np.array([230, 60, 40]) * (0.7 + 0.3 * textured_photo(rng, side)[mask] / 255)
    edited += rng.normal(0, 5, edited.shape)
    return EditPair("square", original, np.clip(edited, 0, 255).astype(np.uint8), "add a red square", mask=mask)


def textured_photo(rng: np.random.Generator, side: int) -> MapArray:
    """(side, side, 3) uint8: smooth noise of several wavelengths in green and blue tones."""
    photo = np.zeros((side, side, 3), np.float32)
    for wavelength, strength in ((40, 40), (16, 25), (6, 15)):
        coarse = rng.normal(0, strength, (side // wavelength + 2, side // wavelength + 2, 3)).astype(np.float32)
        photo += cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(photo + np.array([80, 130, 140], np.float32), 0, 255).astype(np.uint8)


def f1_of(marked: MaskArray, mask: MaskArray) -> float:
    return float(2 * (marked & mask).sum() / (marked.sum() + mask.sum()))


def _probability(baseline: Baseline, pair: EditPair) -> MapArray:
    output = baseline(pair)
    assert not isinstance(output, Annotation)
    return output
