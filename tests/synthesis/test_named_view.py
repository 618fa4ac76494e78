"""Views in which it is known where named things are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sigmask.errors import CorpusError
from sigmask.synthesis.named_view import is_held_out, is_left_out, named_view
from sigmask.synthesis.photos import PhotoEntry


def square(left: float, top: float, side: float) -> tuple[np.ndarray, ...]:
    return (np.array([[left, top], [left + side, top], [left + side, top + side], [left, top + side]], float),)


@pytest.fixture
def entry(tmp_path: Path) -> PhotoEntry:
    image = np.zeros((60, 100, 3), np.uint8)
    image[:, :50] = 200
    cv2.imwrite(str(tmp_path / "a.png"), image)
    polygons = (("dog", square(30, 10, 20)), ("dog", square(60, 30, 20)), ("ant", square(50, 50, 7)))
    return PhotoEntry(tmp_path / "a.png", "coco", polygons, grid=(60, 100))


def test_the_centre_of_the_photograph_with_all_objects_of_a_class_together(entry: PhotoEntry) -> None:
    view = named_view(entry, 60)  # the square from column 20 to 80
    assert view.image.shape == (60, 60, 3) and view.image[0, 0, 0] == 200 and view.image[0, 59, 0] == 0
    assert set(view.regions) == {"dog", "ant"} and view.label is None
    assert view.regions["dog"][15, 20] and view.regions["dog"][40, 50] and not view.regions["dog"][5, 5]
    assert view.regions["ant"].mean() == pytest.approx(64 / 3600)  # corners count on both sides


def test_a_class_that_is_cut_off_is_neither_there_nor_absent(entry: PhotoEntry) -> None:
    seen = set()
    for seed in range(30):
        view = named_view(entry, 64, np.random.default_rng(seed))
        assert set(view.regions) | view.uncertain == {"dog", "ant"} and not set(view.regions) & view.uncertain
        seen |= {frozenset(view.uncertain)}
    assert frozenset() in seen and frozenset({"ant"}) in seen


def test_a_photograph_with_one_name_has_no_region(entry: PhotoEntry) -> None:
    view = named_view(PhotoEntry(entry.path, "imagenet", caption="beagle"), 32)
    assert (view.regions, view.label) == ({}, "beagle")


def test_an_unreadable_photograph_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="lost"):
        named_view(PhotoEntry(tmp_path / "lost.jpg", "coco"), 32)


def test_what_is_left_out_is_always_the_same(tmp_path: Path) -> None:
    names = [f"name {number}" for number in range(2000)]
    assert sum(map(is_left_out, names)) == pytest.approx(400, abs=60)
    entries = [PhotoEntry(Path(f"{number}.jpg"), "coco") for number in range(2000)]
    assert sum(map(is_held_out, entries)) == pytest.approx(200, abs=45)
    assert is_held_out(PhotoEntry(Path("x/7.jpg"), "coco")) == is_held_out(PhotoEntry(Path("y/7.jpg"), "coco"))
    # by hand: the first byte of sha256("class dog"), modulo 5, is 3
    assert not is_left_out("dog")
