from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from sigmask.export.perceptual_hash import hamming, perceptual_hash
from sigmask.types import ImageArray
from tests.drawing import draw_photo


def distance(one: ImageArray, other: ImageArray) -> int:
    return int(hamming(np.array([perceptual_hash(one)]), np.array([perceptual_hash(other)]))[0])


def as_jpeg(image: ImageArray, quality: int) -> ImageArray:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def test_scaling_compression_and_light_change_little(rng: np.random.Generator) -> None:
    for _ in range(5):
        photo = draw_photo(rng, 256, 320)
        assert distance(photo, cv2.resize(photo, (640, 512), interpolation=cv2.INTER_CUBIC)) <= 2
        assert distance(photo, as_jpeg(photo, 80)) <= 2
        assert distance(photo, (photo * 0.8 + 10).astype(np.uint8)) <= 4


def test_unlike_pictures_are_far_apart(rng: np.random.Generator) -> None:
    photos = [draw_photo(rng, 128, 128) for _ in range(8)]
    distances = [distance(one, other) for place, one in enumerate(photos) for other in photos[:place]]
    assert min(distances) > 8


def test_flat_pictures_are_one() -> None:
    assert perceptual_hash(np.zeros((40, 40, 3), np.uint8)) == perceptual_hash(np.full((9, 70, 3), 200, np.uint8)) == 0


def test_half_of_the_bits_are_set(rng: np.random.Generator) -> None:
    assert int(perceptual_hash(draw_photo(rng, 200, 200))).bit_count() == 32


def test_hamming_by_hand() -> None:
    first, second = np.array([0b1011, 2**64 - 1], np.uint64), np.array([0b0010, 0], np.uint64)
    assert hamming(first, second).tolist() == [2, 64]
