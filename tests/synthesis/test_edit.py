from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import ConfigError, CorpusError
from sigmask.synthesis import edit as edit_module
from sigmask.synthesis import side_effect
from sigmask.synthesis.accessories import ACCESSORIES, draw_accessory
from sigmask.synthesis.edit import FAMILIES, WEIGHTS, make_edit
from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.photos import Instance, Photo, PhotoLibrary, random_view
from sigmask.synthesis.region import dilate
from sigmask.synthesis.side_effect import add_second_edit, add_side_effect
from sigmask.synthesis.surroundings import RIM
from sigmask.synthesis.synthetic_edit import SyntheticEdit, visible_change
from sigmask.types import Action


def _assert_sound(edit: SyntheticEdit, size: int) -> None:
    height, width = edit.mask.shape
    assert max(height, width) == size
    for image in (edit.original, edit.edited):
        assert image.shape == (height, width, 3) and image.dtype == np.uint8
    assert edit.mask.dtype == np.bool_
    assert len(edit.regions) == len(edit.edit)
    for named in edit.regions:
        for region in (named.original, named.edited):
            assert region is None or (region.dtype == np.bool_ and region.shape == edit.mask.shape and region.any())
    redrawn = edit.mask if edit.region is None else dilate(edit.region, RIM)
    assert not (edit.mask & ~redrawn).any()
    assert np.array_equal(edit.original[~redrawn], edit.edited[~redrawn])
    assert 0.001 <= edit.mask.mean() <= 0.9 or edit.mask.all()
    assert visible_change(edit.original, edit.edited)[edit.mask].mean() >= 0.5
    assert edit.instruction.strip() and edit.edit[0].action == edit.action


def _drawn(
    family: str, library: PhotoLibrary, rng: np.random.Generator, *, tries: int
) -> Iterator[tuple[Photo, SyntheticEdit]]:
    """Each edit of a family that so many photographs give, with its photograph; all draws come from `rng`."""
    for _ in range(tries):
        photo = random_view(library.random(rng), rng, 192)
        edit = FAMILIES[family](photo, library, rng)
        if edit is not None:
            yield photo, edit


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_each_family_makes_sound_edits_of_drawn_photographs_and_says_its_name(
    library: PhotoLibrary, family: str
) -> None:
    rng = np.random.default_rng(4)
    for _ in range(3):
        edit = make_edit(library, rng, size=192, weights={family: 1.0})
        _assert_sound(edit, 192)
        assert edit.family == family


def test_real_photographs_give_sound_edits(photographs: PhotoLibrary) -> None:
    rng = np.random.default_rng(8)
    families = set()
    for _ in range(25):
        edit = make_edit(photographs, rng, size=256)
        _assert_sound(edit, 256)
        families.add(edit.family)
    assert len(families) >= 5


def test_the_same_seed_gives_the_same_edit(library: PhotoLibrary) -> None:
    first, second = (make_edit(library, np.random.default_rng(21), size=160) for _ in range(2))
    assert np.array_equal(first.edited, second.edited) and np.array_equal(first.mask, second.mask)
    assert first.instruction == second.instruction


def test_the_weights_name_every_family_and_sum_to_one() -> None:
    assert set(WEIGHTS) == set(FAMILIES)
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_an_unknown_family_is_named_with_its_nearest(library: PhotoLibrary) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'removal'"):
        make_edit(library, np.random.default_rng(0), weights={"removals": 1.0})
    with pytest.raises(ConfigError, match="positive sum"):
        make_edit(library, np.random.default_rng(0), weights={"removal": 0.0})


def test_a_side_effect_joins_the_mask_but_not_the_instruction(library: PhotoLibrary) -> None:
    rng = np.random.default_rng(2)
    joined = 0
    for photo, edit in _drawn("recolour", library, rng, tries=12):
        both = add_side_effect(edit, photo, library, rng)
        assert not (edit.mask & ~both.mask).any()
        assert (both.instruction, both.edit) == (edit.instruction, edit.edit)
        assert np.array_equal(both.edited[~both.mask], both.original[~both.mask])
        assert np.array_equal(both.edited[edit.mask], edit.edited[edit.mask])
        joined += both.mask.sum() > edit.mask.sum()
    assert joined >= 2


def test_a_second_edit_joins_the_mask_and_the_instruction(library: PhotoLibrary) -> None:
    rng = np.random.default_rng(2)
    joined = 0
    for photo, edit in _drawn("recolour", library, rng, tries=12):
        both = add_second_edit(edit, photo, library, rng)
        if both is not edit:
            assert len(both.edit) == len(both.regions) == 2
            assert both.edit[0] == edit.edit[0] and both.action == edit.action
            assert both.instruction.startswith(edit.instruction.rstrip(".?"))
            assert both.mask.sum() > edit.mask.sum() and not (edit.mask & ~both.mask).any()
            joined += 1
    assert joined >= 2


@pytest.mark.parametrize(
    ("second", "joined"),
    [
        ("I want a hat", "Make it red and I want a hat"),
        ("I'd like a hat.", "Make it red and I'd like a hat."),
        ("In the corner, add a hat", "Make it red and in the corner, add a hat"),
        ("Add a hat", "Make it red and add a hat"),
    ],
)
def test_the_word_i_stays_a_capital_in_a_second_instruction(
    library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch, second: str, joined: str
) -> None:
    photo, edit = next(_drawn("recolour", library, np.random.default_rng(2), tries=12))
    edit = dataclasses.replace(edit, instruction="Make it red.")
    change = dataclasses.replace(edit, instruction=second)
    monkeypatch.setattr(side_effect, "_second_change", lambda *_: change)
    rng = np.random.default_rng(0)
    said = {add_second_edit(edit, photo, library, rng).instruction for _ in range(40)}
    assert joined in said and len(said) == 4


def test_a_third_edit_follows_now_and_then(library: PhotoLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edit_module, "SIDE_EFFECT_SHARE", 0.0)
    monkeypatch.setattr(edit_module, "SECOND_EDIT_SHARE", 1.0)
    monkeypatch.setattr(edit_module, "THIRD_EDIT_SHARE", 1.0)
    rng = np.random.default_rng(12)
    counts = []
    for _ in range(12):
        edit = make_edit(library, rng, size=192, weights={"recolour": 1.0})
        _assert_sound(edit, 192)
        counts.append(len(edit.edit))
    assert max(counts) == 3


def test_a_hat_on_a_dog_has_two_places(library: PhotoLibrary) -> None:
    rng = np.random.default_rng(3)
    found = 0
    for photo, edit in _drawn("accessory", library, rng, tries=20):
        if edit.edit[0].original_concept is None:
            continue
        (named,) = edit.regions
        assert named.original is not None and named.edited is not None
        assert any(np.array_equal(named.original, photo.all_like(instance)) for instance in photo.instances)
        assert (named.edited & edit.mask).sum() > 0.5 * named.edited.sum()
        assert not np.array_equal(named.original, named.edited)
        found += 1
    assert found >= 3


def test_only_people_and_animals_do_what_they_do(library: PhotoLibrary) -> None:
    rng = np.random.default_rng(6)
    lively = re.compile(rf"\b({'|'.join(vocabulary()['actions'] + vocabulary()['mouth_actions'])})\b")
    alive = {word for name in ("person", "dog") for word in (name, *vocabulary()["synonyms"][name])}
    posed = 0
    for _, edit in _drawn("deformation", library, rng, tries=120):
        thing = edit.edit[0].original_concept
        if edit.action is Action.ACTION_CHANGE and thing not in alive:
            assert not lively.search(edit.instruction.lower())
            posed += 1
    assert posed >= 5


def test_what_vanishes_was_in_the_original_and_leaves_the_photograph_behind(library: PhotoLibrary) -> None:
    rng = np.random.default_rng(5)
    found = 0
    for photo, edit in _drawn("vanishing", library, rng, tries=30):
        assert np.array_equal(edit.edited, photo.image)
        assert edit.action is Action.REMOVE and edit.edit[0].edited_concept is None
        (named,) = edit.regions
        assert named.original is not None and named.edited is None
        if photo.caption is None:
            thing = edit.scene[-1]
            assert (thing.mask & edit.mask).sum() > 0.5 * thing.mask.sum()
            assert not (thing.mask & ~named.original).any()
            assert not any((other.mask & thing.mask).any() for other in edit.scene[:-1])
        else:
            assert edit.scene == ()
        found += 1
    assert found >= 5


def test_a_name_points_at_all_that_have_it() -> None:
    masks = [np.zeros((8, 8), bool) for _ in range(3)]
    for row, mask in enumerate(masks):
        mask[row] = True
    photo = Photo(np.zeros((8, 8, 3), np.uint8), tuple(map(Instance, ("dog", "dog", None), masks)))
    assert np.array_equal(photo.all_like(photo.instances[0]), masks[0] | masks[1])
    assert np.array_equal(photo.all_like(photo.instances[2]), masks[2])
    assert not photo.all_named(None).any() and not photo.all_named("cat").any()


def test_what_is_cut_to_a_few_pixels_is_unclear() -> None:
    mask = np.zeros((100, 100), bool)
    mask[50:53, 50:53] = True
    photo = Photo(np.zeros((100, 100, 3), np.uint8), (Instance("cup", mask),), unclear=frozenset({"person"}))
    for seed in range(5):
        seen = random_view(photo, np.random.default_rng(seed), 100)
        assert seen.unclear >= {"person"}
        assert seen.unclear == {"person", "cup"} or any(each.name == "cup" for each in seen.instances)


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="does not exist"):
        PhotoLibrary.load(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="at least one"):
        PhotoLibrary.load(tmp_path)


def test_polygons_become_named_masks_and_a_class_picture_its_subject(library: PhotoLibrary) -> None:
    assert len(library) == 7
    names = {instance.name for index in range(6) for instance in library.photo(index).instances}
    assert names <= {"person", "car", "dog", "cup"}
    ball = library.photo(6)
    assert ball.caption == "red ball"
    subject = next(instance for instance in ball.instances if instance.name == "red ball")
    rows, columns = np.mgrid[0:200, 0:200]
    disc = (rows - 100) ** 2 + (columns - 100) ** 2 < 55**2
    assert (subject.mask & disc).sum() / (subject.mask | disc).sum() > 0.85


@pytest.mark.parametrize("name", sorted(ACCESSORIES))
def test_each_accessory_is_drawn_near_its_host(name: str) -> None:
    host = np.zeros((200, 200), bool)
    host[60:180, 70:130] = True
    image = np.full((200, 200, 3), 120, np.uint8)
    layer = draw_accessory(name, host, image, np.random.default_rng(1))
    assert layer is not None
    rows, columns = np.nonzero(layer.solid)
    assert 30 < rows.size < 12_000
    assert 20 < columns.mean() < 180
