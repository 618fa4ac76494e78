from __future__ import annotations

import numpy as np
import pytest

from sigmask.synthesis import thin_thing
from sigmask.synthesis.photos import Photo, PhotoLibrary, random_view
from sigmask.synthesis.thin_thing import KINDS, draw_thin_thing, edit_thin_thing
from sigmask.types import Action


def test_a_stroke_is_as_wide_as_it_is_told() -> None:
    alpha = thin_thing._stroke((40, 60), np.array([[-5.0, 20.0], [70.0, 20.0]]), 3.0)
    assert alpha.shape == (40, 60)
    assert alpha.sum(0) == pytest.approx(3.0, abs=0.75)
    assert (alpha[17:24] > 0).any() and not alpha[:16].any() and not alpha[25:].any()


def test_a_wire_sags_by_so_much_in_the_middle() -> None:
    path = thin_thing._sagging(np.array([0.0, 10.0]), np.array([100.0, 10.0]), 8.0)
    assert path[0].tolist() == [0, 10] and path[-1].tolist() == [100, 10]
    assert path[:, 1].max() == pytest.approx(18.0, abs=0.1)


def test_a_wandering_path_ends_where_it_should() -> None:
    start, end = np.array([3.0, 4.0]), np.array([50.0, 90.0])
    path = thin_thing._wandering(start, end, 6.0, np.random.default_rng(0))
    assert path[0] == pytest.approx(start) and path[-1] == pytest.approx(end)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_kind_is_thin_and_long(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(thin_thing, "KINDS", {name: KINDS[name]})
    image = np.full((240, 320, 3), 128, np.uint8)
    for seed in range(4):
        newcomer = draw_thin_thing(image, np.random.default_rng(seed))
        solid = newcomer.layer.solid
        assert newcomer.name == name and newcomer.flat and newcomer.host is None
        rows, columns = np.nonzero(solid)
        assert max(np.ptp(rows), np.ptp(columns)) > 12
        assert 0.0002 < solid.mean() < 0.05
        assert np.abs(newcomer.layer.pixels[solid].astype(float).mean(0) - 128).max() > 20


def test_it_appears_or_is_gone(library: PhotoLibrary) -> None:
    rng = np.random.default_rng(6)
    actions = set()
    for _ in range(12):
        photo: Photo = random_view(library.random(rng), rng, 192)
        edit = edit_thin_thing(photo, library, rng)
        if edit is None:
            continue
        assert edit.family == "thin"
        actions.add(edit.action)
        picture = edit.edited if edit.action is Action.REMOVE else edit.original
        assert np.array_equal(picture, photo.image)
        assert edit.mask.mean() < 0.08
    assert actions == {Action.ADD, Action.REMOVE}
