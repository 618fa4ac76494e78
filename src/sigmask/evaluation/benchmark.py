"""Benchmarks: pairs with true masks, from a table beside its images or from any folder of triplets.

A table is JSONL, one object a line: `id`, `original`, `edited`, `mask` (paths relative to the table), and where known
`instruction`, `prompt` (an object's name, used as the instruction where there is no other) and `edit_type`.
Anything else that `sigmask.data.corpus` opens and that has masks is a benchmark too: a folder of `original/`, `edited/`
and `mask/`, paired by stem, a CSV table, parquet files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmask.data.corpus import load_corpus
from sigmask.data.image_decoding import decode_image, decode_mask
from sigmask.errors import BadReason, CorpusError, SampleError, unknown_name
from sigmask.types import BadSample, EditPair

Sample = EditPair | BadSample


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A named set of pairs. `read` starts from the first sample each time it is called and decodes lazily."""

    name: str
    source: Path
    read: Callable[[], Iterator[Sample]]
    length: int | None = None


@dataclass(frozen=True, slots=True)
class KnownBenchmark:
    """A benchmark that has a name: where its table lies below the shared data, and what it shows."""

    name: str
    table: str
    what: str


KNOWN_BENCHMARKS: tuple[KnownBenchmark, ...] = (
    KnownBenchmark("cocoglide", "cocoglide/pairs.jsonl", "GLIDE inpaintings of COCO photographs, exact masks"),
    KnownBenchmark("cocoglide_vae", "cocoglide/vae.jsonl", "the same through an autoencoder and JPEG 90"),
    KnownBenchmark("cocoglide_vae_strong", "cocoglide/vae_strong.jsonl", "the same, stronger noise and JPEG 75"),
    KnownBenchmark("casia", "casia/pairs.jsonl", "copy-moves and splices made by people (CASIA v1)"),
    KnownBenchmark("casia_vae", "casia/vae.jsonl", "the same through an autoencoder and JPEG"),
    KnownBenchmark("inpainting", "inpainting/pairs.jsonl", "results published by six inpainters; some masks are loose"),
    KnownBenchmark("inpainting_vae", "inpainting/vae.jsonl", "the same through an autoencoder and JPEG"),
    KnownBenchmark("true_edits", "true_edits/pairs.jsonl", "what text-driven editors really did, masks drawn by hand"),
    KnownBenchmark("null", "cocoglide/null.jsonl", "photographs against their own round trip: nothing was edited"),
)


def load_benchmark(path_or_name: str | Path) -> Benchmark:
    """The benchmark of a known name, of a JSONL table, or of any corpus with masks.

    Known names are looked for below `$SIGMASK_SHARED/data/bench` (default `../shared`, from the working directory).

    Raises:
        CorpusError: if there is no such name or path, or the table as a whole cannot be read. A bad row of a table
            is no error: it is read as a `BadSample`.
    """
    known = {benchmark.name: benchmark for benchmark in KNOWN_BENCHMARKS}
    path = Path(path_or_name)
    if str(path_or_name) in known:
        path = shared_benchmarks_folder() / known[str(path_or_name)].table
        if not path.is_file():
            raise CorpusError(
                f"benchmark '{path_or_name}': expected its table at {path}, but there is none. "
                "Set SIGMASK_SHARED to the folder that holds data/bench, or give the path of a table."
            )
        return _table_benchmark(path, str(path_or_name))
    if path.is_file() and path.suffix == ".jsonl":
        return _table_benchmark(path, table_benchmark_name(path))
    if path.exists():
        corpus = load_corpus(path)
        return Benchmark(corpus.name, path, lambda: iter(corpus), len(corpus))
    raise CorpusError(unknown_name("benchmark", str(path_or_name), known) + " Or give the path of a table or a folder.")


def shared_benchmarks_folder() -> Path:
    """Where the development benches lie: `$SIGMASK_SHARED/data/bench`."""
    return Path(os.environ.get("SIGMASK_SHARED", "../shared")) / "data" / "bench"


def table_benchmark_name(table: Path) -> str:
    """The folder's name, and the table's unless that is `pairs`: `cocoglide/vae.jsonl` → cocoglide_vae."""
    folder = table.resolve().parent.name
    return folder if table.stem == "pairs" else f"{folder}_{table.stem}"


def _table_benchmark(table: Path, name: str) -> Benchmark:
    try:
        lines = [line for line in table.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{table}: expected a JSONL table in UTF-8, got: {error}.") from error
    if not lines:
        raise CorpusError(f"{table}: expected one JSON object a line, got an empty table.")

    def read() -> Iterator[Sample]:
        for index, line in enumerate(lines):
            yield _read_row(table, index, line)

    return Benchmark(name, table, read, len(lines))


def _read_row(table: Path, index: int, line: str) -> Sample:
    sample_id, root = f"row {index}", table.parent
    try:
        row = _parse_row(line)
        sample_id = str(row.get("id") or sample_id)
        edited = decode_image(row.get("edited"), root)
        return EditPair(
            sample_id=sample_id,
            original=decode_image(row.get("original"), root),
            edited=edited,
            instruction=row.get("instruction") or row.get("prompt") or None,
            edit_type=row.get("edit_type"),
            mask=decode_mask(row.get("mask"), root, edited.shape[:2]),
            source_file=str(table),
            row_index=index,
        )
    except SampleError as error:
        return BadSample(sample_id, error.reason, str(error), str(table), index)


def _parse_row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise SampleError(BadReason.BAD_ROW, f"expected a JSON object, got: {error}") from error
    if not isinstance(row, dict):
        raise SampleError(BadReason.BAD_ROW, f"expected a JSON object, got {type(row).__name__}")
    for key in ("instruction", "prompt", "edit_type"):
        if not isinstance(row.get(key), str | None):
            raise SampleError(BadReason.BAD_ROW, f"expected text or null as '{key}', got {row[key]!r}")
    return row
