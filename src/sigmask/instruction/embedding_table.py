"""The file behind `StaticTextEncoder`: a vocabulary and its vectors, eight bits a number, as safetensors.

Tensors: `vectors` (V, D) int8 and `scale` (V,) float16, a row's vector being vectors · scale; `weights` (V,) float16,
how much an entry counts in a phrase; `vocabulary` (bytes,) uint8, the V entries as UTF-8, one a line.
Metadata: `format`, `name`, `head_weight`, and whatever says where the table came from. Nothing in it is code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from sigmask.errors import WeightsError
from sigmask.whole_file import whole_file

_FORMAT = "sigmask-embedding-table-1"
_DTYPES = {"vectors": np.int8, "scale": np.float16, "weights": np.float16, "vocabulary": np.uint8}


@dataclass(frozen=True, slots=True)
class EmbeddingTable:
    """Entries (words, or words joined by single spaces, lower case) and their vectors.

    Attributes:
        name: names the table, so that a checkpoint knows which one it was trained with.
        vocabulary: V entries, each once.
        vectors: (V, D) float32.
        weights: (V,) float32, above 0: how much an entry counts in the mean of a phrase.
        head_weight: factor on the weight of a phrase's last entry.
    """

    name: str
    vocabulary: tuple[str, ...]
    vectors: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    head_weight: float = 1.0


def write_table(path: Path, table: EmbeddingTable, provenance: Mapping[str, str] | None = None) -> None:
    """Write the table with eight-bit vectors; a file that exists is whole.

    `provenance` goes into the file's metadata (licences, command, data).
    """
    scale = np.maximum(np.abs(table.vectors).max(axis=1), 1e-6) / 127.0
    scale = scale.astype(np.float16)
    quantised = np.clip(np.rint(table.vectors / scale[:, None].astype(np.float32)), -127, 127)
    tensors = {
        "vectors": quantised.astype(np.int8),
        "scale": scale,
        "weights": table.weights.astype(np.float16),
        "vocabulary": np.frombuffer("\n".join(table.vocabulary).encode(), np.uint8).copy(),
    }
    metadata = {**(provenance or {}), "format": _FORMAT, "name": table.name, "head_weight": repr(table.head_weight)}
    with whole_file(path) as partial:
        partial.write_bytes(save(tensors, metadata))


def read_table(path: Path) -> EmbeddingTable:
    """Read and check a table.

    Raises:
        WeightsError: if the file is missing, damaged, or its tensors are not those of an embedding table.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"expected an embedding table at {path}, got: {error}. Reinstall or rebuild it.") from error
    problem = _problem(metadata, tensors)
    if problem:
        raise WeightsError(
            f"{path} is not an embedding table: {problem}. "
            "Build one with `python -m sigmask.training.text_table`, or reinstall sigmask."
        )
    vocabulary = tuple(tensors["vocabulary"].tobytes().decode().split("\n"))
    scale = tensors["scale"].astype(np.float32)
    return EmbeddingTable(
        name=metadata["name"],
        vocabulary=vocabulary,
        vectors=tensors["vectors"].astype(np.float32) * scale[:, None],
        weights=tensors["weights"].astype(np.float32),
        head_weight=float(metadata["head_weight"]),
    )


def read_vocabulary(path: Path) -> tuple[str, ...]:
    """The entries of a table alone, which are read in a few milliseconds; the rest is not checked.

    Raises:
        WeightsError: if the file is missing, damaged or not an embedding table.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            return tuple(file.get_tensor("vocabulary").tobytes().decode().split("\n"))
    except (OSError, SafetensorError, UnicodeDecodeError) as error:
        raise WeightsError(f"expected an embedding table at {path}, got: {error}. Reinstall or rebuild it.") from error


def _problem(metadata: Mapping[str, str], tensors: Mapping[str, npt.NDArray[np.generic]]) -> str | None:
    """What is wrong with the file's content, or None."""
    if metadata.get("format") != _FORMAT:
        return f"expected format '{_FORMAT}', got '{metadata.get('format')}'"
    for key, dtype in _DTYPES.items():
        if key not in tensors:
            return f"tensor '{key}' is missing"
        if tensors[key].dtype != dtype:
            return f"tensor '{key}' must be {np.dtype(dtype)}, got {tensors[key].dtype}"
    if tensors["vectors"].ndim != 2:
        return f"vectors must be (V, D), got shape {tensors['vectors'].shape}"
    rows = tensors["vectors"].shape[0]
    for key in ("scale", "weights"):
        if tensors[key].shape != (rows,):
            return f"tensor '{key}' must have shape ({rows},), got {tensors[key].shape}"
        if not (np.isfinite(tensors[key]).all() and (tensors[key] > 0).all()):  # type: ignore[operator]
            return f"tensor '{key}' must be finite and above 0"
    return _metadata_problem(metadata) or _vocabulary_problem(tensors["vocabulary"].tobytes(), rows)


def _metadata_problem(metadata: Mapping[str, str]) -> str | None:
    if not metadata.get("name"):
        return "metadata 'name' is missing"
    try:
        head_weight = float(metadata["head_weight"])
    except (KeyError, ValueError):
        return f"metadata 'head_weight' must be a number, got {metadata.get('head_weight')!r}"
    return None if 0 < head_weight < 100 else f"metadata 'head_weight' must lie in (0, 100), got {head_weight}"


def _vocabulary_problem(encoded: bytes, rows: int) -> str | None:
    try:
        entries = encoded.decode().split("\n")
    except UnicodeDecodeError as error:
        return f"the vocabulary is not UTF-8 ({error})"
    if len(entries) != rows:
        return f"the vocabulary has {len(entries)} entries for {rows} vectors"
    if len(set(entries)) != rows or "" in entries:
        return "the vocabulary has an empty or a repeated entry"
    return None
