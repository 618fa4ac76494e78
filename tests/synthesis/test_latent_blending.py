from __future__ import annotations

import numpy as np
import pytest
from torch import Tensor
from torch.nn import functional as F

from sigmask.synthesis import stage1_corpus
from sigmask.synthesis.latent_blending import blend_in_latent
from sigmask.synthesis.stage1_corpus import NoisyRoundTrip, record_of
from sigmask.synthesis.synthetic_edit import NamedRegions, SyntheticEdit
from sigmask.types import Action, EditTuple


class _Pooling:
    """An autoencoder whose latent is the mean of 4 × 4 pixels, and whose decoder repeats it."""

    stride = 4

    @staticmethod
    def encoder(pixels: Tensor) -> Tensor:
        return F.avg_pool2d(pixels, 4)

    @staticmethod
    def decoder(latent: Tensor) -> Tensor:
        return F.interpolate(latent, scale_factor=4)


def test_whole_cells_are_the_edited_picture_s_and_all_others_the_original_s(rng: np.random.Generator) -> None:
    original, edited = np.full((10, 14, 3), 40, np.uint8), np.full((10, 14, 3), 200, np.uint8)
    region = np.zeros((10, 14), bool)
    region[5, 6] = True  # in the cell of rows 4 to 7 and columns 4 to 7
    region[9, 13] = True  # and in the last one, which the picture's edges cut
    blended = blend_in_latent(original, edited, region, _Pooling(), rng)
    expected = np.full((10, 14, 3), 40, np.uint8)
    expected[4:8, 4:8] = 200
    expected[8:, 12:] = 200
    np.testing.assert_array_equal(blended, expected)


def test_noise_is_a_share_of_the_latents_spread() -> None:
    pictures = np.random.default_rng(1).integers(60, 190, (2, 64, 64, 3), np.uint8)
    region = np.ones((64, 64), bool)
    clean, noisy = (
        blend_in_latent(*pictures, region, _Pooling(), np.random.default_rng(0), latent_noise=share).astype(float)
        for share in (0.0, 0.5)
    )
    assert (noisy - clean).std() == pytest.approx(0.5 * clean.std(), rel=0.1)


@pytest.mark.parametrize("blends", [True, False])
def test_a_share_of_the_corpus_is_put_together_so(blends: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage1_corpus, "LATENT_BLENDING_SHARE", float(blends))
    monkeypatch.setattr(stage1_corpus, "_drawn_disturbance", lambda rng: {})
    monkeypatch.setattr(stage1_corpus, "recompress", lambda image, rng: image)
    original, edited = np.full((32, 32, 3), 40, np.uint8), np.full((32, 32, 3), 40, np.uint8)
    mask = np.zeros((32, 32), bool)
    mask[9:11, 9:11] = True
    edited[mask] = 240
    edited[20, 20] = 240  # a change that the region does not hold: only the whole picture's round trip shows it
    edit = SyntheticEdit(
        original, edited, mask, (NamedRegions(),), "add a dog", (EditTuple(None, "dog", Action.ADD),), Action.ADD, "a"
    )
    record = record_of(edit, [NoisyRoundTrip(_Pooling())], np.random.default_rng(2), stored_size=32)
    assert abs(int(record["edited_round_trip"][22, 22, 0]) - (40 if blends else 52)) <= 1  # (15 · 40 + 240) / 16 = 52.5
