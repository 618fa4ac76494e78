"""The Stage I corpus: what a record holds, and pairs that are the same for a seed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sigmask.errors import ConfigError, CorpusError, SigmaskError
from sigmask.instruction.named_concepts import named_concepts
from sigmask.synthesis import stage1_corpus
from sigmask.synthesis.corpus_progress import describe_corpus
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.small_autoencoder import SmallAutoencoder
from sigmask.synthesis.stage1_corpus import load_round_trips, make_record
from sigmask.training.stage1_views import Stage1Views, read_record
from sigmask.training.view import ViewMix, edit_from_json
from sigmask.types import Action, EditPair, EditTuple, ImageArray, MaskArray
from tests.drawn_corpora import write_table_corpus
from tests.synthesis.drawn_library import write_library


class _Identity:
    """A round trip through an autoencoder that loses nothing."""

    def __call__(self, image: ImageArray, rng: np.random.Generator) -> ImageArray:
        return image

    def blend(
        self, original: ImageArray, edited: ImageArray, region: MaskArray, rng: np.random.Generator
    ) -> ImageArray:
        return edited


def test_a_record_holds_arrays_of_one_size_and_what_was_said(library: PhotoLibrary) -> None:
    with_null = 0
    for seed in range(6):
        record = make_record(library, [_Identity()], np.random.default_rng(seed), stored_size=128)
        mask = record["mask"]
        assert max(mask.shape) == 128
        assert 0 < mask.mean() < 1 or json.loads(record["meta"])["action"] == Action.STYLE
        for name in ("mask", "region"):
            assert (record[name].dtype, record[name].shape) == (np.bool_, mask.shape)
        pictures = {"original", "edited", "edited_round_trip"} | ({"original_round_trip"} & set(record))
        with_null += "original_round_trip" in record
        for name in pictures:
            assert (record[name].dtype, record[name].shape) == (np.uint8, (*mask.shape, 3))
        assert set(record) == pictures | {"mask", "region", "concept_regions", "scene_regions", "meta"}
        meta = json.loads(record["meta"])
        assert set(meta) == {"instruction", "edit", "located", "scene", "uncertain", "named", "action", "family"}
        concepts = named_concepts(edit_from_json(meta["edit"]))
        assert record["concept_regions"].shape == (len(concepts), *mask.shape)
        assert len(meta["located"]) == len(concepts)
        assert record["scene_regions"].shape == (len(meta["scene"]), *mask.shape)
        assert (record["scene_regions"].mean((1, 2)) > 0.002).all()
        assert meta["action"] in set(Action)
        assert {key for part in meta["edit"] for key in part} == set(EditTuple.__dataclass_fields__)
    assert 0 < with_null < 6


def test_a_record_is_the_same_for_a_seed_and_the_change_lies_in_the_mask(library: PhotoLibrary) -> None:
    first, again = (
        make_record(library, [_Identity()], np.random.default_rng(4), stored_size=256, weights={"removal": 1.0})
        for _ in range(2)
    )
    assert set(first) == set(again)
    for name, value in first.items():
        assert np.array_equal(value, again[name])
    difference = np.abs(first["edited"].astype(int) - first["original"]).max(2)
    assert difference[first["mask"]].mean() > 2 * difference[~first["mask"]].mean()


def test_autoencoders_are_found_in_all_folders(tmp_path: Path, rng: np.random.Generator) -> None:
    torch.manual_seed(0)
    (tmp_path / "more").mkdir()
    SmallAutoencoder(2, width=8).save(tmp_path / "vae2.safetensors")
    SmallAutoencoder(3, width=8).save(tmp_path / "more" / "vae3.safetensors")
    found = load_round_trips([tmp_path, tmp_path / "more"])
    assert len(found) == 2
    photo = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert found[0](photo, rng).shape == photo.shape
    with pytest.raises(CorpusError, match="expected autoencoder weights"):
        load_round_trips([tmp_path / "none"])


def test_an_unknown_family_is_refused(tmp_path: Path) -> None:
    write_library(tmp_path / "shared" / "data" / "photos", photographs=2)
    (tmp_path / "shared" / "weights").mkdir()
    SmallAutoencoder(2, width=8).save(tmp_path / "shared" / "weights" / "vae2.safetensors")
    with pytest.raises(ConfigError, match="Did you mean 'text'"):
        stage1_corpus.main(tmp_path / "shared", tmp_path / "corpus", count=1, families="txt")


def test_the_command_keeps_pairs_that_are_there(tmp_path: Path) -> None:
    write_library(tmp_path / "shared" / "data" / "photos", photographs=2)
    torch.manual_seed(0)
    (tmp_path / "shared" / "weights").mkdir()
    SmallAutoencoder(2, width=8).save(tmp_path / "shared" / "weights" / "vae2.safetensors")
    output = tmp_path / "corpus"
    stage1_corpus.main(tmp_path / "shared", output, count=1)
    assert [path.name for path in output.iterdir()] == ["pair-00-000000.npz"]
    written = (output / "pair-00-000000.npz").read_bytes()
    (output / "pair-00-000000.npz").write_bytes(written + b"kept")
    stage1_corpus.main(tmp_path / "shared", output, count=2)
    assert (output / "pair-00-000000.npz").read_bytes() == written + b"kept"
    assert (output / "pair-00-000001.npz").is_file()


def test_at_the_end_it_says_what_was_made(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_library(tmp_path / "shared" / "data" / "photos", photographs=2)
    output = tmp_path / "corpus"
    stage1_corpus.main(tmp_path / "shared", output, count=2, workers=1, families="style", size=64)
    said = capfd.readouterr()
    assert said.out.startswith(f"2 pairs in {output}: style 2 (to look at them: sigmask train look {output}")
    assert said.err.startswith("0/2 pairs are there")


def test_a_damaged_pair_is_named(tmp_path: Path) -> None:
    (tmp_path / "pair-00-000000.npz").write_bytes(b"PK, but no archive")
    with pytest.raises(CorpusError, match=r"pair-00-000000.npz': remove it"):
        describe_corpus(tmp_path)


@pytest.mark.parametrize("text", ["{", '{"images": []}', "[]"])
def test_an_index_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    photos = write_library(tmp_path / "photos", photographs=1)
    (photos / "coco" / "instances.json").write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"instances.json is no index in COCO's form"):
        PhotoLibrary.load(photos)


def test_nothing_to_make_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="1 or more, got 0"):
        stage1_corpus.main(tmp_path, tmp_path / "corpus", count=0)
    assert not (tmp_path / "corpus").exists()


def test_what_cannot_be_read_or_written_is_told_before_there_is_a_folder(tmp_path: Path) -> None:
    output = tmp_path / "corpus"
    with pytest.raises(CorpusError, match="expected a folder of photographs"):
        stage1_corpus.main(tmp_path / "nowhere", output, count=1)
    write_library(tmp_path / "shared" / "data" / "photos", photographs=2)
    with pytest.raises(CorpusError, match="nowhere"):
        stage1_corpus.main(tmp_path / "shared", output, count=1, pairs=str(tmp_path / "nowhere"))
    assert not output.exists()
    output.touch()
    with pytest.raises(SigmaskError, match=r"must be a folder, and .* is a file: name another with -o"):
        stage1_corpus.main(tmp_path / "shared", output, count=1)


def test_without_other_autoencoders_those_that_ship_make_the_round_trips(tmp_path: Path) -> None:
    write_library(tmp_path / "shared" / "data" / "photos", photographs=2)
    stage1_corpus.main(tmp_path / "shared", tmp_path / "corpus", count=1, workers=1)
    record = read_record(tmp_path / "corpus" / "pair-00-000000.npz")
    change = np.abs(record["edited_round_trip"].astype(int) - record["edited"])
    assert 0 < change.mean() < 40


def test_real_pairs_with_masks_join_the_corpus(tmp_path: Path, drawn_pairs: list[EditPair]) -> None:
    write_library(tmp_path / "shared" / "data" / "photos", photographs=2)
    torch.manual_seed(0)
    (tmp_path / "shared" / "weights").mkdir()
    SmallAutoencoder(2, width=8).save(tmp_path / "shared" / "weights" / "vae2.safetensors")
    unmarked = dataclasses.replace(drawn_pairs[0], sample_id="unmarked", mask=None)
    table = write_table_corpus(tmp_path / "pairs", [*drawn_pairs[:2], unmarked], "jsonl")
    output = tmp_path / "corpus"
    stage1_corpus.main(tmp_path / "shared", output, count=0, pairs=str(table), workers=1)
    first, second = sorted(output.iterdir())
    assert (first.name[-11:], second.name[-11:]) == ("-000000.npz", "-000001.npz")
    record = read_record(first)
    meta = json.loads(str(record["meta"]))
    assert meta["instruction"] == drawn_pairs[0].instruction
    assert not any(meta["located"]) and not meta["named"]
    assert drawn_pairs[0].mask is not None
    assert record["mask"].mean() == pytest.approx(drawn_pairs[0].mask.mean(), rel=0.1)
    assert record["edited_round_trip"].shape == record["original"].shape
    stage1_corpus.main(tmp_path / "shared", output, count=0, pairs=str(table), pairs_limit=1, workers=1)
    assert len(list(output.iterdir())) == 2
    more = write_table_corpus(tmp_path / "more", drawn_pairs[2:3], "jsonl")
    stage1_corpus.main(tmp_path / "shared", output, count=0, pairs=str(more), workers=1)
    assert len(list(output.iterdir())) == 3  # another corpus's rows are others
    view = Stage1Views(output, crop=64, seed=0, positions=range(2), mix=ViewMix(null=0, swapped=0))[0]
    assert view.concepts == {} and view.scene == {}
