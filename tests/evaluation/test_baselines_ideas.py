"""Each rival's own idea, by hand or against a library that has it too."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.filters import threshold_otsu
from skimage.metrics import structural_similarity as skimage_ssim

from sigmask.evaluation.baselines import BASELINES, create_baseline
from sigmask.evaluation.baselines.absolute_difference import absolute_difference
from sigmask.evaluation.baselines.blurred_difference import blurred_difference
from sigmask.evaluation.baselines.change_vector import change_vector, guided_filter
from sigmask.evaluation.baselines.colour_difference import colour_difference
from sigmask.evaluation.baselines.difference_of_blurred import difference_of_blurred
from sigmask.evaluation.baselines.keypoint_alignment import align, find_homography
from sigmask.evaluation.baselines.multi_scale_gradient import multi_scale_gradient
from sigmask.evaluation.baselines.otsu_difference import otsu_difference
from sigmask.evaluation.baselines.pca_kmeans import pca_kmeans
from sigmask.evaluation.baselines.rival_score import probability_from_score
from sigmask.evaluation.baselines.sift_difference import sift_difference
from sigmask.evaluation.baselines.structural_similarity import structural_dissimilarity
from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.run import evaluate
from sigmask.types import EditPair, ImageArray
from tests.evaluation.test_baselines import textured_photo


def test_absolute_difference_by_hand() -> None:
    edited = np.array([[[0, 0, 0], [10, 25, 5], [75, 0, 0]]], np.uint8)
    score = absolute_difference(EditPair("", np.zeros((1, 3, 3), np.uint8), edited))
    np.testing.assert_array_equal(score, [[0, 25, 75]])
    np.testing.assert_allclose(probability_from_score(score, 25), [[0.0, 0.5, 0.75]])


def test_otsu_splits_where_scikit_image_does(rng: np.random.Generator) -> None:
    levels = np.where(rng.random((40, 50)) < 0.3, rng.integers(60, 90, (40, 50)), rng.integers(0, 20, (40, 50)))
    edited = np.repeat(levels[:, :, None], 3, 2).astype(np.uint8)
    above = otsu_difference(EditPair("", np.zeros_like(edited), edited)) > 1
    np.testing.assert_array_equal(above, levels > threshold_otsu(levels))
    assert above.mean() == pytest.approx(0.3, abs=0.03)


def test_blurring_before_or_after_the_difference() -> None:
    """A checkerboard of ±20: its mean difference is 20, but the images' means are equal."""
    sign = np.where(np.indices((40, 40)).sum(0) % 2 == 0, 20, -20)[:, :, None]
    pair = EditPair("", np.full((40, 40, 3), 100, np.uint8), np.broadcast_to(100 + sign, (40, 40, 3)).astype(np.uint8))
    np.testing.assert_allclose(blurred_difference(pair, sigma=3.0), 20, atol=1e-3)
    assert difference_of_blurred(pair, sigma=3.0).max() < 0.5


@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_ssim_is_scikit_images(sigma: float, rng: np.random.Generator) -> None:
    original = textured_photo(rng, 48)
    edited = np.clip(original + rng.normal(0, 12, original.shape), 0, 255).astype(np.uint8)
    _, similarity = skimage_ssim(
        original, edited, full=True, channel_axis=2, data_range=255, gaussian_weights=True, sigma=sigma,
        use_sample_covariance=False,
    )  # fmt: skip
    ours = structural_dissimilarity(EditPair("", original, edited), sigma=sigma)
    np.testing.assert_allclose(ours, 1 - similarity.mean(2), atol=2e-4)


def test_a_gradient_that_vanishes_by_hand() -> None:
    """A step of 30 grey levels flattened: beside it the gradient is 30 against 0, 1 - GMS = 900 / (900 + 170)."""
    original = np.zeros((32, 32, 3), np.uint8)
    original[:, 16:] = 30
    score = multi_scale_gradient(EditPair("", original, np.zeros_like(original)), sigma=0.0)
    # At the full size and at each half the step lies on a pixel border, and interpolation keeps the two beside it.
    assert score[16, 15] == pytest.approx(900 / 1070, rel=0.01)
    assert score[16, 0] < score[16, 8] < score[16, 15]
    same_light = multi_scale_gradient(EditPair("", original, original + np.uint8(40)), sigma=0.0)
    assert same_light.max() < 1e-6


def test_colour_difference_is_scikit_images(rng: np.random.Generator) -> None:
    original, edited = (rng.integers(0, 256, (20, 30, 3), dtype=np.uint8) for _ in range(2))
    ours = colour_difference(EditPair("", original, edited), sigma=0.0)
    np.testing.assert_allclose(ours, deltaE_ciede2000(rgb2lab(original), rgb2lab(edited)), atol=0.5)
    black_and_white = EditPair("", np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8))
    np.testing.assert_allclose(colour_difference(black_and_white, sigma=0.0), 100, atol=0.01)


def test_the_guided_filter_keeps_edges_that_the_guide_has(rng: np.random.Generator) -> None:
    guide = np.zeros((40, 60), np.float32)
    guide[:, 30:] = 1
    values = np.where(guide > 0, 50, 10).astype(np.float32)
    noisy = (values + rng.normal(0, 4, values.shape)).astype(np.float32)
    filtered = guided_filter(guide, noisy, 8)
    assert np.abs(filtered - values).mean() < 0.2 * np.abs(noisy - values).mean()
    assert filtered[:, 30].mean() - filtered[:, 29].mean() > 38
    flat_guide = guided_filter(np.zeros_like(guide), noisy, 8)  # no edge to follow: two box filters
    assert flat_guide[:, 30].mean() - flat_guide[:, 29].mean() < 5


def test_change_vector_length_by_hand() -> None:
    pair = EditPair("", np.zeros((30, 30, 3), np.uint8), np.full((30, 30, 3), (2, 3, 6), np.uint8))
    np.testing.assert_allclose(change_vector(pair, radius=4), 7, atol=1e-4)  # √(4 + 9 + 36)


def test_pca_kmeans_separates_two_levels_of_difference() -> None:
    original = np.full((64, 64, 3), 50, np.uint8)
    edited = original + np.uint8(4)
    edited[20:44, 20:44] += np.uint8(60)
    changed = pca_kmeans(EditPair("", original, edited), block=5) > 1
    assert changed[22:42, 22:42].all() and not changed[:17].any() and not changed[:, 47:].any()


def test_alignment_finds_a_shift_and_a_scale(rng: np.random.Generator) -> None:
    large = textured_photo(rng, 320)
    original, edited = large[20:276, 20:276], large[28:284, 14:270]  # moved up by 8 and right by 6
    homography = find_homography(np.ascontiguousarray(original), np.ascontiguousarray(edited))
    assert homography is not None
    np.testing.assert_allclose(homography / homography[2, 2], [[1, 0, 6], [0, 1, -8], [0, 0, 1]], atol=0.2)
    pair = EditPair("", np.ascontiguousarray(original), np.ascontiguousarray(edited))
    alignment = align(pair)
    assert alignment.moved
    assert not alignment.covered[-7:].any() and not alignment.covered[:, :5].any()
    assert alignment.covered[:-10, 8:].all()
    inside = (slice(0, -10), slice(8, None))
    assert absolute_difference(pair)[inside].mean() > 10
    assert sift_difference(pair, sigma=0.0)[inside].mean() < 2


@pytest.mark.parametrize("kind", ["flat", "noise", "tiny"])
def test_alignment_leaves_what_it_cannot_align(kind: str, rng: np.random.Generator) -> None:
    pictures: dict[str, tuple[ImageArray, ImageArray]] = {
        "flat": (np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 9, np.uint8)),
        "noise": (rng.integers(0, 256, (96, 96, 3), dtype=np.uint8), rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)),
        "tiny": (textured_photo(rng, 6), textured_photo(rng, 6)),
    }
    original, edited = pictures[kind]
    alignment = align(EditPair("", original, edited))
    assert not alignment.moved and alignment.covered.all() and alignment.original is original


def test_rivals_score_as_the_benchmarks_makers_state(shared_folder: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their statement: one best threshold for the set, mean F1 per image; the blur was of 3 pixels."""
    monkeypatch.setenv("SIGMASK_SHARED", str(shared_folder))
    bench = load_benchmark("cocoglide_vae")
    for name, parameters, stated in (
        ("absolute-difference", {}, 65.7),
        ("blurred-difference", {"sigma": 3.0}, 77.7),
    ):
        rival = BASELINES[name]
        (result,) = evaluate(
            lambda pair, rival=rival, parameters=parameters: probability_from_score(
                rival.score(pair, **parameters), rival.threshold
            ),
            [bench],
        )
        assert result.edited is not None
        assert 100 * result.edited.best_f1 == pytest.approx(stated, abs=0.1)


def test_a_baseline_is_a_method_of_the_benchmark_runner(rng: np.random.Generator) -> None:
    picture = textured_photo(rng, 32)
    assert create_baseline("otsu-difference")(EditPair("", picture, picture)).shape == (32, 32)
