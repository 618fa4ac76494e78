from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sigmask.errors import CorpusError
from sigmask.instruction.embedding_table import EmbeddingTable
from sigmask.instruction.text_encoder import StaticTextEncoder
from sigmask.training.text_table import (
    ClassNames,
    TableRecipe,
    build_table,
    everyday_words,
    fit_to_phrases,
    frequency_weights,
    nearest,
    noun_phrases,
    principal_directions,
    read_class_names,
    ridge_regression,
    spellings,
    unit_rows,
)


def test_ridge_regression_by_hand() -> None:
    # (XᵀX + 1)⁻¹ XᵀY = 5 / (5 + 1) · 2 for X = (1, 2)ᵀ, Y = 2 X
    weight = ridge_regression(np.array([[1.0], [2.0]], np.float32), np.array([[2.0], [4.0]], np.float32), 1.0)
    np.testing.assert_allclose(weight, [[10 / 6]], rtol=1e-6)


def test_principal_direction_is_that_of_most_variance() -> None:
    line = np.outer(np.linspace(-1, 1, 9), [0.6, 0.8]).astype(np.float32)
    np.testing.assert_allclose(principal_directions(line, 1)[:, 0], [0.6, 0.8], atol=1e-5)


def test_frequent_words_weigh_less_and_phrases_in_full() -> None:
    frequent, rare, phrase = frequency_weights(["cat", "dog", "red cat"], ["cat", "dog"], 1e-3)
    assert frequent < rare < phrase == 1.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bat_(animal)", ("bat",)),
        ("Handbag/Satchel", ("handbag", "satchel")),
        ("bow-tie", ("bow tie",)),
        ("traffic_light", ("traffic light",)),
    ],
)
def test_spellings(name: str, expected: tuple[str, ...]) -> None:
    assert spellings(name) == expected


def test_everyday_words_are_whole_words_in_order_then_spoken_ones() -> None:
    vocabulary = ["[CLS]", "the", "cat", "##s", "a", "12", "dog", "house"]
    assert everyday_words(vocabulary, ["paint the moose", "a moose"], 2) == ["cat", "dog", "moose"]


def test_noun_phrases_stand_behind_articles() -> None:
    assert noun_phrases(["Add a small dog to it", "remove the cat"]) == []
    assert noun_phrases(["Add a small dog"]) == ["small dog"]


def test_fitting_moves_the_phrase_towards_its_target() -> None:
    vectors = np.eye(3, dtype=np.float32)
    table = EmbeddingTable("three", ("red", "car", "tree"), vectors, np.ones(3, np.float32))
    target = unit_rows(np.array([[1.0, 1.0, 1.0]], np.float32))
    before = StaticTextEncoder(table).encode(["red car"]) @ target[0]
    after = StaticTextEncoder(fit_to_phrases(table, ["red car"], target, 50)).encode(["red car"]) @ target[0]
    assert after > before + 0.02


def test_a_table_is_built_from_classes_and_words() -> None:
    generator = np.random.default_rng(0)
    classes = ClassNames(("cat", "traffic light"), unit_rows(generator.standard_normal((2, 8)).astype(np.float32)))
    recipe = TableRecipe(dimension=4, drawn_phrases=6, fit_steps=2)
    table = build_table(classes, ["dog", "cat", "red"], ["red cat"], _Letters(), recipe, generator)
    assert table.vocabulary == ("cat", "traffic light", "dog", "red")
    assert table.vectors.shape == (4, 4)
    assert nearest(table, "dog", 1) == ["dog"]


def test_names_and_vectors_must_match(tmp_path: Path) -> None:
    _write_names(tmp_path, rows=2)
    assert read_class_names(tmp_path).names == ("cat", "dog", "red panda")
    _write_names(tmp_path, rows=3)
    with pytest.raises(CorpusError, match="2 names, got 3"):
        read_class_names(tmp_path)


def test_missing_names_are_a_corpus_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="class embeddings"):
        read_class_names(tmp_path)


class _Letters:
    """A fake sentence encoder: counts of letters."""

    name = "letters"
    dimension = 26

    def encode(self, phrases: Sequence[str]) -> np.ndarray:
        counts = [[phrase.count(letter) + 0.01 for letter in "abcdefghijklmnopqrstuvwxyz"] for phrase in phrases]
        return unit_rows(np.array(counts, np.float32))


def _write_names(folder: Path, rows: int) -> None:
    (folder / "lvis_v1_names.json").write_text(json.dumps(["cat", "dog_(animal)"]))
    (folder / "oid_names.json").write_text(json.dumps(["Cat"]))
    (folder / "o365_names_fix.csv").write_text("1,Redpanda,Red panda\n")
    vectors = np.eye(8, dtype=np.float16)
    np.save(folder / "detic_lvis_v1_clip_a+cname.npy", vectors[:rows])
    np.save(folder / "detic_oid_clip_a+cname.npy", vectors[:1])
    np.save(folder / "detic_o365_clip_a+cnamefix.npy", vectors[3:4])
