from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmask.errors import MissingExtraError, WeightsError
from sigmask.instruction.embedding_table import EmbeddingTable
from sigmask.instruction.text_encoder import SentenceTextEncoder, StaticTextEncoder, TextEncoder

EAST, NORTH, UP = np.eye(3, dtype=np.float32)


@pytest.fixture
def encoder() -> StaticTextEncoder:
    vocabulary = ("red", "car", "traffic light", "light")
    vectors = np.stack([EAST, NORTH, UP, -UP])
    weights = np.array([0.75, 1, 1, 1], np.float32)
    return StaticTextEncoder(EmbeddingTable("three", vocabulary, vectors, weights, head_weight=2.0))


@pytest.fixture(scope="module")
def shipped() -> TextEncoder:
    return StaticTextEncoder.from_package()


def test_a_phrase_is_the_weighted_mean_and_its_head_counts_more(encoder: StaticTextEncoder) -> None:
    # 0.75 east + 2 · 1 north, of length √(0.75² + 2²) = 2.136
    np.testing.assert_allclose(encoder.encode(["red car"])[0], [0.75 / 2.136, 2 / 2.136, 0], atol=1e-4)


def test_the_longest_entry_is_taken_first(encoder: StaticTextEncoder) -> None:
    np.testing.assert_allclose(encoder.encode(["traffic light", "light"]), [UP, -UP])


@pytest.mark.parametrize("phrase", ["cars", "Car!", "the car", "zxqv car"])
def test_plurals_case_and_unknown_words_do_not_matter(encoder: StaticTextEncoder, phrase: str) -> None:
    np.testing.assert_allclose(encoder.encode([phrase])[0], NORTH)


def test_the_plural_of_a_two_word_entry_is_found(encoder: StaticTextEncoder) -> None:
    np.testing.assert_allclose(encoder.encode(["traffic lights"])[0], UP)


def test_unknown_words_give_zero(encoder: StaticTextEncoder) -> None:
    assert not encoder.encode(["zxqv", "", "移除"]).any()


def test_no_phrases_give_no_rows(encoder: StaticTextEncoder) -> None:
    assert encoder.encode([]).shape == (0, 3)


@given(phrase=st.text(max_size=40))
def test_every_row_has_length_one_or_zero(shipped: TextEncoder, phrase: str) -> None:
    length = float(np.linalg.norm(shipped.encode([phrase])[0]))
    assert length == 0 or length == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("phrase", "near", "far"),
    [
        ("puppy", "dog", "car"),
        ("automobile", "car", "dog"),
        ("handbag", "purse", "horse"),
        ("zucchini", "cucumber", "bicycle"),
        ("wooden table", "table", "tree"),
        ("old man", "elderly person", "building"),
        ("crimson shirt", "red shirt", "blue sky"),
    ],
)
def test_the_shipped_table_puts_like_near_like(shipped: TextEncoder, phrase: str, near: str, far: str) -> None:
    ours, close, distant = shipped.encode([phrase, near, far])
    assert ours @ close > ours @ distant + 0.2


def test_colour_still_matters(shipped: TextEncoder) -> None:
    red, also_red, blue = shipped.encode(["red car", "red automobile", "blue car"])
    assert red @ blue < 0.97
    assert red @ also_red > 0.6


def test_the_shipped_table_has_128_dimensions(shipped: TextEncoder) -> None:
    assert shipped.dimension == 128
    assert shipped.encode(["a cat"]).dtype == np.float32


def test_a_sentence_encoder_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r"sigmask\[text\]"):
        SentenceTextEncoder()


def test_the_sentence_encoder_normalises_and_knows_emptiness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", _fake_package())
    encoder = SentenceTextEncoder("some/folder-name")
    assert (encoder.name, encoder.dimension) == ("sentence:folder-name", 2)
    np.testing.assert_allclose(encoder.encode(["cat", " "]), [[0.6, 0.8], [0, 0]])


def test_a_missing_sentence_model_is_a_weights_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", _fake_package())
    with pytest.raises(WeightsError, match="no such model"):
        SentenceTextEncoder("missing")


def test_a_missing_table_is_a_weights_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="Reinstall"):
        StaticTextEncoder.from_file(tmp_path / "none.safetensors")


def _fake_package() -> ModuleType:
    class SentenceTransformer:
        def __init__(self, name: str, device: str) -> None:
            if name == "missing":
                raise OSError("no such model")

        def encode(self, texts: list[str], **_: object) -> np.ndarray:
            return np.tile(np.array([[3.0, 4.0]], np.float32), (len(texts), 1))

    package = ModuleType("sentence_transformers")
    package.SentenceTransformer = SentenceTransformer  # type: ignore[attr-defined]
    return package
