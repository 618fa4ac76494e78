"""Text encoders: concept phrases → vectors in which near in meaning is near in angle.

`StaticTextEncoder` is a table of word vectors that ships with the weights and needs nothing but NumPy;
`SentenceTextEncoder` is a sentence-transformers model by name or folder (extra `text`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from sigmask.errors import MissingExtraError, WeightsError
from sigmask.instruction.embedding_table import EmbeddingTable, read_table
from sigmask.instruction.lemma import lemmas

EmbeddingArray = npt.NDArray[np.float32]
"""(K, dimension) float32, each row of length one or all zero."""

_WORD = re.compile(r"[a-z]+(?:'[a-rt-z][a-z]*)?")


class TextEncoder(Protocol):
    """Turns concept phrases into vectors."""

    @property
    def name(self) -> str:
        """For people to read."""
        ...

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        ...

    def encode(self, phrases: Sequence[str]) -> EmbeddingArray:
        """Vectors (K, dimension), each L2-normalised, all zero where the encoder knows none of the words."""
        ...


STATIC = "static"
_SENTENCE = "sentence:"


def create_text_encoder(name: str, table: Path | None = None) -> TextEncoder:
    """The encoder that weights go with.

    Args:
        name: "static", or "sentence:" and the Hub name or folder of a sentence-transformers model.
        table: the static encoder's; None for the one in the package.

    Raises:
        WeightsError: for another name, or an encoder that cannot be loaded.
        MissingExtraError: sentence-transformers is not installed.
    """
    if name == STATIC:
        return StaticTextEncoder.from_package() if table is None else StaticTextEncoder.from_file(table)
    if name.startswith(_SENTENCE):
        return SentenceTextEncoder(name.removeprefix(_SENTENCE))
    raise WeightsError(f"expected text_encoder 'static' or 'sentence:NAME', got '{name}'")


class StaticTextEncoder:
    """A word-vector table: longest known multi-word entries first, then words, then lemmas of words.

    A phrase is the weighted mean of its entries. Frequent words weigh less (the table says how much), the last
    entry of the noun phrase (its head: the table in "small wooden table") weighs `table.head_weight` times as much.
    """

    def __init__(self, table: EmbeddingTable) -> None:
        self._table = table
        self._row = {entry: row for row, entry in enumerate(table.vocabulary)}
        self._longest = max((entry.count(" ") + 1 for entry in table.vocabulary), default=1)
        self._continued = {
            " ".join(words[:count])
            for words in (entry.split(" ") for entry in table.vocabulary)
            for count in range(1, len(words))
        }

    @classmethod
    def from_file(cls, path: str | Path) -> StaticTextEncoder:
        """Load a table from a safetensors file.

        Raises:
            WeightsError: if the file is missing, damaged or not an embedding table.
        """
        return cls(read_table(Path(path)))

    @classmethod
    def from_package(cls) -> StaticTextEncoder:
        """The table that ships with the `tiny` weights."""
        with as_file(files("sigmask") / "weights" / "tiny" / "text.safetensors") as path:
            return cls.from_file(path)

    @property
    def name(self) -> str:
        return self._table.name

    @property
    def dimension(self) -> int:
        return int(self._table.vectors.shape[1])

    def encode(self, phrases: Sequence[str]) -> EmbeddingArray:
        """See `TextEncoder.encode`."""
        encoded = np.zeros((len(phrases), self.dimension), np.float32)
        for index, phrase in enumerate(phrases):
            rows = self.rows(phrase)
            if rows:
                weights = self._table.weights[rows].copy()
                weights[-1] *= self._table.head_weight
                encoded[index] = weights @ self._table.vectors[rows]
        return _normalised(encoded)

    def rows(self, phrase: str) -> list[int]:
        """Rows of the entries that cover the phrase from left to right; unknown words are passed over."""
        words = _WORD.findall(phrase.lower())
        rows: list[int] = []
        start = 0
        while start < len(words):
            row, length = self._longest_entry(words, start)
            if row is not None:
                rows.append(row)
            start += length
        return rows

    def _longest_entry(self, words: list[str], start: int) -> tuple[int | None, int]:
        """The longest entry at `start` and how many words it covers; (None, 1) where there is none."""
        if words[start] in self._continued:
            for end in range(min(start + self._longest, len(words)), start + 1, -1):
                *front, last = words[start:end]
                for form in (last, *lemmas(last)):  # "traffic lights" is "traffic light"
                    row = self._row.get(" ".join((*front, form)))
                    if row is not None:
                        return row, end - start
        for form in (words[start], *lemmas(words[start])):
            row = self._row.get(form)
            if row is not None:
                return row, 1
        return None, 1


class SentenceTextEncoder:
    """A sentence-transformers model, by Hub name or local folder (extra `text`)."""

    def __init__(self, name_or_folder: str = "sentence-transformers/all-MiniLM-L6-v2", device: str = "cpu") -> None:
        """Load the model.

        Raises:
            MissingExtraError: if sentence-transformers is not installed.
            WeightsError: if the model cannot be found or loaded.
        """
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtraError("sentence-transformers", "text", "the sentence encoder") from error
        try:
            self._model: Any = SentenceTransformer(name_or_folder, device=device)
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"expected a sentence-transformers model at '{name_or_folder}', got: {error}. "
                "Give a local folder or a Hub name that this machine can reach."
            ) from error
        self._name = f"sentence:{Path(name_or_folder).name}"
        self._dimension = int(self._model.encode(["width"], show_progress_bar=False).shape[1])

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, phrases: Sequence[str]) -> EmbeddingArray:
        """See `TextEncoder.encode`; a phrase without a letter or digit is all zero."""
        encoded = np.zeros((len(phrases), self.dimension), np.float32)
        spoken = [index for index, phrase in enumerate(phrases) if any(map(str.isalnum, phrase))]
        if spoken:
            texts = [phrases[index] for index in spoken]
            encoded[spoken] = self._model.encode(texts, convert_to_numpy=True, show_progress_bar=False)
        return _normalised(encoded)


def _normalised(vectors: EmbeddingArray) -> EmbeddingArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return cast(EmbeddingArray, np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-8))
