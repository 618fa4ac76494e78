"""Views: shapes, the same for a position, and what is said of each kind of view."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from sigmask.errors import ConfigError, CorpusError
from sigmask.instruction.named_concepts import MAX_CONCEPTS
from sigmask.synthesis import perturbation
from sigmask.synthesis.named_view import is_left_out
from sigmask.training.stage1_views import KindChoice, Stage1Views, collate_views, read_record
from sigmask.training.view import SCENE_ABSENT, SCENE_PRESENT, View, ViewMix, draw_view, edit_from_json, mask_of_redrawn
from sigmask.types import Action, EditTuple
from tests.training.tiny_corpus import drawn_record, write_tiny_corpus

ALWAYS_OWN = ViewMix(null=0, swapped=0, round_trip=0, perturbed=0, no_instruction=0, wrong_instruction=0)
OTHER = (EditTuple("zebra", None, Action.REMOVE),)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_corpus(tmp_path_factory.mktemp("stage1") / "corpus")


def _views(corpus: Path, positions: range, seed: int = 0) -> Stage1Views:
    return Stage1Views(corpus, crop=64, seed=seed, positions=positions, mix=ViewMix())


def _draw(rng: np.random.Generator, **shares: float) -> View:
    mix = ViewMix(**{name: shares.get(name, 0.0) for name in ViewMix.__dataclass_fields__})
    return draw_view(drawn_record(rng), OTHER, rng, 64, mix)


def _same(first: View, second: View) -> bool:
    return first.edit == second.edit and all(
        torch.equal(getattr(first, name), getattr(second, name)) for name in ("original", "edited", "mask", "valid")
    )


def test_a_batch_has_shapes_ranges_and_edits(corpus: Path) -> None:
    batch = collate_views([_views(corpus, range(8))[index] for index in range(8)])
    for name in ("original", "edited"):
        assert tuple(batch[name].shape) == (8, 3, 64, 64)
        assert 0 <= batch[name].min() < batch[name].max() <= 1
    assert tuple(batch["concept_regions"].shape) == (8, MAX_CONCEPTS, 64, 64)
    assert tuple(batch["scene_regions"].shape) == (8, SCENE_PRESENT + SCENE_ABSENT, 64, 64)
    assert tuple(batch["noise"].shape) == (8, 1, 1, 1)
    assert batch["noise"].min() > 0.99 / 255
    for name in ("mask", "valid"):
        assert tuple(batch[name].shape) == (8, 64, 64)
        assert set(batch[name].unique().tolist()) <= {0.0, 1.0}
    assert len(batch["edits"]) == 8
    assert batch["located"].dtype == torch.bool


def test_a_position_is_always_the_same_view(corpus: Path) -> None:
    from_start, from_five = _views(corpus, range(9)), _views(corpus, range(5, 9))
    for index in range(4):
        assert _same(from_start[5 + index], from_five[index])
    assert not _same(from_start[5], _views(corpus, range(9), seed=1)[5])
    assert not _same(from_start[0], from_start[3])


def test_every_epoch_shows_every_pair_once(corpus: Path) -> None:
    views = Stage1Views(corpus, crop=64, seed=4, positions=range(6), mix=ALWAYS_OWN)
    for epoch in (range(3), range(3, 6)):
        assert len({views[index].edit for index in epoch}) == 3


def test_an_own_instruction_is_right(rng: np.random.Generator) -> None:
    view = _draw(rng)
    assert view.instruction_is_right
    assert view.edit
    assert view.edit[0].action is Action.ADD
    assert view.edit != OTHER
    assert list(view.concepts) == [0]
    assert torch.equal(view.concepts[0], view.mask)


def test_grounding_is_asked_for_what_is_there_and_for_what_is_not(rng: np.random.Generator) -> None:
    absent = set()
    for _ in range(20):
        view = _draw(rng)
        assert torch.equal(view.scene["car"], view.mask)
        assert "dog" not in view.scene  # hardly there: nobody would point at it, nobody would say it is not there
        others = set(view.scene) - {"car"}
        assert not any(view.scene[name].any() for name in others)
        absent |= others
    assert len(absent) > 10


def test_left_out_classes_are_never_named(rng: np.random.Generator) -> None:
    record = drawn_record(rng, "add a pizza")
    assert is_left_out("pizza")
    for _ in range(20):
        view = draw_view(record, OTHER, rng, 64, ALWAYS_OWN, leave_out=True)
        assert (view.edit, view.concepts, view.instruction_is_right) == ((), {}, False)
        assert not any(is_left_out(name) for name in view.scene)
    wrong = ViewMix(null=0, swapped=0, no_instruction=0, wrong_instruction=1)
    assert draw_view(record, (EditTuple("mug", None, Action.REMOVE),), rng, 64, wrong, leave_out=True).edit == ()


def test_a_weakened_view_keeps_its_mask_and_a_share_of_its_change() -> None:
    for seed in range(5):
        plain, weak = (_draw(np.random.default_rng(seed), weakened=share) for share in (0.0, 1.0))
        assert weak.changed_share == plain.changed_share
        before, after = (
            (view.edited.float() - view.original.float()).abs().mean(0)[view.mask > 0].mean() for view in (plain, weak)
        )
        assert 0.1 * before < after < 0.9 * before


def test_some_weakened_views_are_so_in_patches(rng: np.random.Generator) -> None:
    record = drawn_record(rng)
    flat = {"original": np.full_like(record["original"], 100), "edited": np.full_like(record["edited"], 200)}
    everywhere = {name: np.ones_like(record[name]) for name in ("mask", "region")}
    spreads = []
    for seed in range(20):
        mix = ViewMix(null=0, swapped=0, round_trip=0, perturbed=0, weakened=1)
        view = draw_view({**record, **flat, **everywhere}, OTHER, np.random.default_rng(seed), 64, mix)
        kept = (view.edited.float() - view.original.float()) / 100
        assert kept.min() > 0.08 and kept.max() < 1.02
        assert view.mask.all() and view.valid.all()
        spreads.append(float(kept.max() - kept.min()))
    assert min(spreads) < 0.05 and max(spreads) > 0.5


def test_a_fading_view_keeps_its_mask_and_less_of_its_change_at_the_outline(rng: np.random.Generator) -> None:
    record = drawn_record(rng)
    mask = np.zeros_like(record["mask"])
    mask[20:60, 20:76] = True
    flat = {"original": np.full_like(record["original"], 100), "mask": mask, "region": mask}
    edited = np.where(mask[:, :, None], np.uint8(200), flat["original"])
    for seed in range(8):
        mix = ViewMix(null=0, swapped=0, round_trip=0, perturbed=0, weakened=0, fading=1)
        view = draw_view({**record, **flat, "edited": edited}, OTHER, np.random.default_rng(seed), 64, mix)
        kept = (view.edited.float() - view.original.float()).mean(0) / 100
        inside = cv2.distanceTransform(view.mask.numpy().astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        assert view.changed_share == pytest.approx(float(mask.mean()))
        assert kept[torch.from_numpy(inside == 1)].mean() < 0.85
        assert kept[torch.from_numpy(inside > 14)].mean() > 0.9


def test_a_leaking_view_changes_beside_its_mask_and_keeps_it() -> None:
    beside = []
    for seed in range(8):
        plain, leaking = (
            _draw(np.random.default_rng(seed), round_trip=0, perturbed=0, leaking=share) for share in (0.0, 1.0)
        )
        assert leaking.changed_share == plain.changed_share
        unchanged = (plain.mask == 0) & (plain.edited == plain.original).all(0)
        beside.append(float((leaking.edited.float() - leaking.original.float()).abs().mean(0)[unchanged].mean()))
    assert np.mean(beside) > 1


def test_what_was_redrawn_around_an_edit_does_not_leak_beside(rng: np.random.Generator) -> None:
    record = drawn_record(rng)
    wider = np.ones_like(record["mask"])
    mix = ViewMix(null=0, swapped=0, round_trip=0, perturbed=0, weakened=0)
    views = [
        draw_view({**record, "region": wider}, OTHER, np.random.default_rng(1), 64, replace(mix, leaking=share))
        for share in (0.0, 1.0)
    ]
    assert np.array_equal(views[0].edited, views[1].edited)


@pytest.mark.parametrize("uneven", [0.0, 1.0])
def test_a_null_view_has_an_empty_mask(rng: np.random.Generator, uneven: float) -> None:
    for _ in range(5):
        view = _draw(rng, null=1.0, uneven=uneven)
        assert not view.mask.any()
        assert not view.instruction_is_right
        difference = (view.original.float() - view.edited.float()).abs().mean()
        assert 0 < difference < 40


def test_a_wrong_or_missing_instruction_is_flagged(rng: np.random.Generator) -> None:
    wrong, missing = _draw(rng, wrong_instruction=1.0), _draw(rng, no_instruction=1.0)
    assert (wrong.edit, wrong.instruction_is_right) == (OTHER, False)
    assert (missing.edit, missing.instruction_is_right) == ((), False)


def test_some_wrong_instructions_ask_for_a_style(rng: np.random.Generator) -> None:
    view = _draw(rng, wrong_instruction=1.0, wrong_style=1.0)
    assert [edit.action for edit in view.edit] == [Action.STYLE] and view.edit[0].edited_concept
    assert not view.instruction_is_right


def test_a_swapped_view_keeps_its_mask_and_says_nothing() -> None:
    plain, swapped = (_draw(np.random.default_rng(7), **shares) for shares in ({}, {"swapped": 1.0}))
    assert torch.equal(swapped.original, plain.edited)
    assert torch.equal(swapped.edited, plain.original)
    assert torch.equal(swapped.mask, plain.mask)
    assert swapped.edit == ()


def test_a_swapped_view_is_never_shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its mask belongs to both grids."""
    monkeypatch.setattr(perturbation, "SHIFT_SHARE", 100.0)
    shifts: list[int] = []
    shift = perturbation.slight_shift
    monkeypatch.setattr(perturbation, "slight_shift", lambda shape, rng: (shifts.append(1), shift(shape, rng))[1])
    for seed in range(5):
        _draw(np.random.default_rng(seed), swapped=1.0, perturbed=1.0)
    assert not shifts
    _draw(np.random.default_rng(0), perturbed=1.0)
    assert shifts


def test_images_and_mask_are_cut_alike(rng: np.random.Generator) -> None:
    for _ in range(10):
        view = _draw(rng)
        changed = (view.original.int() - view.edited.int()).abs().amax(0) > 30
        marked = view.mask > 0
        if marked.sum() > 40:
            # resampling and JPEG blur the rim; well inside and outside, the change is where the mask says
            assert changed[marked].float().mean() > 0.8
            assert changed[~marked].float().mean() < 0.08


def test_small_pictures_are_enlarged_to_the_crop(rng: np.random.Generator) -> None:
    view = draw_view(drawn_record(rng, height=40, width=48), OTHER, rng, 64, ALWAYS_OWN)
    assert tuple(view.original.shape) == (3, 64, 64)


def test_what_was_redrawn_faintly_is_mask_where_it_shows_and_unknown_where_noise_hides_it() -> None:
    original = np.full((60, 60, 3), 100, np.uint8)
    mask, region = np.zeros((60, 60), bool), np.zeros((60, 60), bool)
    mask[20:30, 20:30] = True
    region[10:40, 10:40] = True
    edited = original.copy()
    edited[region] += 6
    edited[mask] += 60
    seen, valid = mask_of_redrawn(original, edited, mask, region)
    assert np.array_equal(seen, region)
    assert valid.all()
    noisy = edited + np.random.default_rng(0).integers(0, 9, edited.shape, dtype=np.uint8)
    seen, valid = mask_of_redrawn(original, noisy, mask, region)
    assert np.array_equal(seen, mask)
    assert np.array_equal(valid, ~(region & ~mask))
    seen, valid = mask_of_redrawn(original, edited, mask, mask)
    assert np.array_equal(seen, mask)
    assert valid.all()


def test_tuples_come_back_from_json() -> None:
    edit = EditTuple("cat", "black cat", Action.ATTRIBUTE, ("black",), "left", None)
    stored = json.loads(
        '[{"original_concept": "cat", "edited_concept": "black cat", "action": "attribute", '
        '"attributes": ["black"], "location": "left", "quoted_text": null}]'
    )
    assert edit_from_json(stored) == (edit,)


def _kinds_corpus(folder: Path) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(5)
    said = [("add a lamp", "addition"), ("remove the dog", "removal"), ("make the car wooden", "material")]
    for index, (instruction, family) in enumerate(said):
        np.savez(folder / f"pair-00-{index:06d}.npz", **drawn_record(rng, instruction, family=family))
    return folder


def test_new_kinds_stand_beside_a_replay_of_the_others(tmp_path: Path) -> None:
    corpus = _kinds_corpus(tmp_path / "kinds")
    mix = ViewMix(null=0, swapped=0, no_instruction=0, wrong_instruction=0)
    kinds = KindChoice(new=("material",), new_share=0.7)
    views = Stage1Views(corpus, crop=32, seed=0, positions=range(200), mix=mix, kinds=kinds)
    said = [views[index].edit[0].original_concept for index in range(len(views))]
    assert said.count("car") == pytest.approx(140, abs=20)
    assert len(views.paths) == 2 and len(views.new) == 1


def test_left_out_kinds_are_never_drawn(tmp_path: Path) -> None:
    corpus = _kinds_corpus(tmp_path / "kinds")
    kinds = KindChoice(left_out=("remove", "material"))
    views = Stage1Views(corpus, crop=32, seed=0, positions=range(4), mix=ViewMix(), kinds=kinds)
    assert [path.name for path in views.paths] == ["pair-00-000000.npz"]
    with pytest.raises(CorpusError, match="nothing is left to replay"):
        kinds = KindChoice(new=("add", "remove", "material"))
        Stage1Views(corpus, crop=32, seed=0, positions=range(4), mix=ViewMix(), kinds=kinds)


def test_a_kind_that_the_corpus_lacks_is_told_with_what_makes_it(tmp_path: Path) -> None:
    corpus = _kinds_corpus(tmp_path / "kinds")

    def told(kind: str) -> str:
        with pytest.raises(CorpusError) as error:
            Stage1Views(corpus, crop=32, seed=0, positions=range(4), mix=ViewMix(), kinds=KindChoice(new=(kind,)))
        return str(error.value)

    assert "sigmask train corpus" in told("text") and "--families text" in told("text")
    assert "Did you mean 'material'" in told("materal")
    assert told("materal").endswith(
        "Families (who made the pair) are addition, material, removal; actions are add, attribute, remove."
    )


def test_a_corpus_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    record = drawn_record(np.random.default_rng(0))
    meta = {name: value for name, value in json.loads(record["meta"]).items() if name != "located"}
    np.savez(tmp_path / "pair-00-000000.npz", **{**record, "meta": json.dumps(meta)})
    with pytest.raises(CorpusError, match="made by an earlier version"):
        _views(tmp_path, range(2))


@pytest.mark.parametrize("key", ["concept_regions", "scene_regions", "region"])
def test_a_later_pair_of_an_earlier_version_is_named(tmp_path: Path, key: str) -> None:
    record = drawn_record(np.random.default_rng(0))
    np.savez(tmp_path / "pair-00-000000.npz", **record)
    del record[key]
    np.savez(tmp_path / "pair-00-000001.npz", **record)
    views = _views(tmp_path, range(2))
    with pytest.raises(CorpusError, match=rf"pair-00-000001\.npz was made by an earlier version \({key} missing\)"):
        for index in range(2):
            views[index]


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_pair_is_named(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "pair-00-000000.npz"
    np.savez(path, **drawn_record(np.random.default_rng(0)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content if damage is None else damage)
    with pytest.raises(CorpusError, match=r"pair-00-000000\.npz cannot be read \(.*\): remove it"):
        read_record(path)


def test_a_folder_without_pairs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"expected pair-\*\.npz"):
        _views(tmp_path, range(2))


def test_a_kind_is_new_or_left_out_and_not_both() -> None:
    with pytest.raises(ConfigError, match="got both for material"):
        KindChoice(new=("text", "material"), left_out=("material", "style"))
