"""Things laid into a view: their names, what they hide, and that each class is drawn as often as another."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sigmask.errors import CorpusError
from sigmask.synthesis.named_view import LEAST_AREA, NamedView
from sigmask.synthesis.pasted_things import ThingPile
from sigmask.synthesis.photos import PhotoEntry
from tests.synthesis.test_named_view import square


def pile(folder: Path) -> ThingPile:
    image = np.full((60, 100, 3), (10, 20, 250), np.uint8)  # red, as OpenCV writes it
    cv2.imwrite(str(folder / "a.png"), image)
    cats = [("cat", square(left, 5, 12)) for left in (5, 25, 45)]
    return ThingPile([PhotoEntry(folder / "a.png", "coco", (*cats, ("dog", square(60, 20, 30))), grid=(60, 100))])


def grey_view(size: int = 80) -> NamedView:
    whole = np.ones((size, size), np.bool_)
    return NamedView(np.full((size, size, 3), 90, np.uint8), {"wall": whole}, frozenset({"ant"}), None)


def test_what_is_laid_on_top_has_a_region_and_takes_it_from_others(tmp_path: Path) -> None:
    things = pile(tmp_path)
    assert len(things) == 4
    before = grey_view()
    drawn = {"cat": 0, "dog": 0}
    for seed in range(40):
        after = things.laid_on(before, np.random.default_rng(seed))
        laid = [name for name in after.regions if name != "wall"]
        for name in laid:
            drawn[name] += 1
            region = after.regions[name]
            assert region.mean() >= LEAST_AREA and not (region & after.regions["wall"]).any()
            assert after.image[region].reshape(-1, 3).std(0).max() > 0 or after.image[region][0, 0] != 90
        far = cv2.erode(after.regions["wall"].astype(np.uint8), np.ones((9, 9))) > 0
        assert (after.image[far] == 90).all() and "ant" in after.uncertain
    assert before.regions["wall"].all() and (before.image == 90).all()  # the view it came from is as it was
    assert drawn["dog"] > 8 and drawn["cat"] > 8  # one dog, three cats: as often


def test_a_pile_of_nothing_changes_nothing(tmp_path: Path) -> None:
    view = grey_view()
    assert (
        ThingPile([PhotoEntry(tmp_path / "b.png", "imagenet", caption="beagle")]).laid_on(
            view, np.random.default_rng(0)
        )
        is view
    )


def test_a_photograph_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="lost"):
        ThingPile([PhotoEntry(tmp_path / "lost.png", "coco", (("cat", square(1, 1, 5)),))])
