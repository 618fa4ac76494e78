from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from sigmask.errors import WeightsError
from sigmask.instruction.embedding_table import EmbeddingTable, read_table, write_table

WORDS = st.lists(st.text("abcdefghijklmnop", min_size=1, max_size=8), min_size=1, max_size=12, unique=True)


@given(words=WORDS, seed=st.integers(0, 2**16))
def test_a_table_comes_back_within_half_a_step(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], seed: int
) -> None:
    path = tmp_path_factory.mktemp("table") / "table.safetensors"
    vectors = np.random.default_rng(seed).standard_normal((len(words), 5)).astype(np.float32)
    weights = np.linspace(0.5, 1, len(words), dtype=np.float32)
    write_table(path, EmbeddingTable("some", tuple(words), vectors, weights, 1.25))
    read = read_table(path)
    assert (read.name, read.vocabulary, read.head_weight) == ("some", tuple(words), 1.25)
    step = np.abs(vectors).max(axis=1, keepdims=True) / 127
    assert (np.abs(read.vectors - vectors) <= 0.57 * step + 1e-6).all()  # half a step, and float16's share of the scale
    np.testing.assert_allclose(read.weights, weights, atol=5e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": np.ones(3, np.float16)}, "shape"),
        ({"scale": np.array([1, np.nan], np.float16)}, "finite"),
        ({"weights": np.zeros(2, np.float16)}, "above 0"),
        ({"vectors": np.ones((2, 4), np.float32)}, "int8"),
        ({"vectors": np.ones(2, np.int8)}, r"\(V, D\)"),
        ({"vocabulary": np.frombuffer(b"cat\ncat", np.uint8)}, "repeated"),
        ({"vocabulary": np.frombuffer(b"cat", np.uint8)}, "1 entries for 2 vectors"),
        ({"vocabulary": np.frombuffer(b"cat\n\xff", np.uint8)}, "UTF-8"),
        ({"vocabulary": None}, "missing"),
    ],
)
def test_a_damaged_table_says_what_is_wrong(tmp_path: Path, change: dict[str, np.ndarray | None], message: str) -> None:
    tensors: dict[str, np.ndarray | None] = {
        "vectors": np.ones((2, 4), np.int8),
        "scale": np.ones(2, np.float16),
        "weights": np.ones(2, np.float16),
        "vocabulary": np.frombuffer(b"cat\ndog", np.uint8),
    }
    path = tmp_path / "table.safetensors"
    metadata = {"format": "sigmask-embedding-table-1", "name": "two", "head_weight": "1.0"}
    save_file(tensors, path, metadata)
    assert read_table(path).vocabulary == ("cat", "dog")
    kept = {key: value for key, value in {**tensors, **change}.items() if value is not None}
    save_file(kept, path, metadata)
    with pytest.raises(WeightsError, match=message):
        read_table(path)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [({}, "format"), ({"name": ""}, "name"), ({"head_weight": "much"}, "number"), ({"head_weight": "-1"}, "lie in")],
)
def test_damaged_metadata_say_what_is_wrong(tmp_path: Path, metadata: dict[str, str], message: str) -> None:
    path = tmp_path / "table.safetensors"
    good = {"format": "sigmask-embedding-table-1", "name": "one", "head_weight": "1.0"}
    tensors = {
        "vectors": np.ones((1, 4), np.int8),
        "scale": np.ones(1, np.float16),
        "weights": np.ones(1, np.float16),
        "vocabulary": np.frombuffer(b"cat", np.uint8),
    }
    save_file(tensors, path, {**good, **metadata} if metadata else None)
    with pytest.raises(WeightsError, match=message):
        read_table(path)


def test_a_file_of_rubbish_is_a_weights_error(tmp_path: Path) -> None:
    (tmp_path / "table.safetensors").write_bytes(b"rubbish")
    with pytest.raises(WeightsError, match="expected an embedding table"):
        read_table(tmp_path / "table.safetensors")
