"""Benchmarks: images with true masks, by a known name, from a table beside its images, or from any corpus with masks.

A table is JSONL, one object a line: `id`, `original`, `edited`, `mask` (paths relative to the table), and where known
`instruction`, `prompt` (an object's name, used as the instruction where there is no other), `edit_type`, `side_effect`
(a mask of what nobody asked for) and `sure`. Anything else that `sigmask.data.corpus` opens and that has masks is a
benchmark too: a folder of `original/`, `edited/` and `mask/`, paired by stem, a CSV table, parquet files. Of a folder
with a `pairs.jsonl` that is such a table, the table is read: the pictures alone have no instructions.

A benchmark is read in two ways. `read` gives pairs, for annotators: edited images with an original. `images` gives
edited images alone, and authentic ones, for detectors, which never see an original. Benchmarks of image manipulation
localization often have no originals; such a one refuses `read` in words and gives its images all the same.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sigmask.data.corpus import Corpus, load_corpus
from sigmask.data.image_cell import is_null
from sigmask.data.raw_pair import RawPair
from sigmask.errors import CorpusError, unknown_name
from sigmask.evaluation.bench_writer import TABLE_NAME
from sigmask.evaluation.benchmark_layouts import Layout, ParquetLayout, TableLayout
from sigmask.evaluation.benchmark_registry import (
    KnownBenchmark,
    Originals,
    known_benchmark,
    known_benchmarks,
    shared_benchmarks_folder,
)
from sigmask.evaluation.benchmark_sample import (
    BenchmarkRow,
    MaskedImage,
    decode_benchmark_pair,
    decode_masked_image,
    side_effect_of,
)
from sigmask.evaluation.mask_reading import MaskRule
from sigmask.types import BadSample, EditPair

Sample = EditPair | BadSample
ImageSample = MaskedImage | BadSample

_UNEDITED_MAY_BE_EMPTY = MaskRule(empty="unedited")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A named set of images with true masks.

    Attributes:
        name: what its results are filed under.
        source: the folder or file that it is read from.
        read: the pairs; starts from the first each time it is called and decodes lazily. Pairs of known benchmarks
            and of tables are `BenchmarkPair`s.
        length: how many samples `read` gives, bad ones included; None where only reading tells.
        read_images: see `images`.
        originals: whether all, some or none of the edited images have an original. With some, `read` gives those.
        unpaired: how many edited images have none, and are in `images` alone.
        entry: the benchmark's entry in the registry, with its licence and citation; None for the user's own.
    """

    name: str
    source: Path
    read: Callable[[], Iterator[Sample]]
    length: int | None = None
    read_images: Callable[[], Iterator[ImageSample]] | None = None
    originals: Originals = Originals.ALL
    unpaired: int = 0
    entry: KnownBenchmark | None = None

    def images(self) -> Iterator[ImageSample]:
        """Edited images and their masks, then authentic ones, all without originals: what a detector is judged on."""
        return _images_of_pairs(self.read()) if self.read_images is None else self.read_images()

    def require_originals(self, method: str) -> None:
        """Refuse a method that needs pairs.

        Raises:
            CorpusError: the benchmark has no originals.
        """
        if self.originals is Originals.NONE:
            raise CorpusError(_no_originals(self.name, method))


def load_benchmark(path_or_name: str | Path, layout: str | None = None) -> Benchmark:
    """The benchmark of a known name, of a JSONL table, or of any corpus with masks.

    Our development benches are looked for below `$SIGMASK_SHARED/data/bench` (default `../shared`, from the working
    directory), published benchmarks in their folder below `$SIGMASK_BENCHMARKS`.

    Args:
        path_or_name: a name of `known_benchmarks()`, or a path.
        layout: the known benchmark whose published layout the folder at the path has.

    Raises:
        CorpusError: if there is no such name or path, or the benchmark as a whole cannot be read. A bad row is no
            error: it is read as a `BadSample`.
    """
    if layout is not None:
        entry = known_benchmark(layout)
        return _known(entry, entry.layout.find(Path(path_or_name)), Path(path_or_name))
    known = {entry.name: entry for entry in known_benchmarks()}
    if str(path_or_name) in known:
        entry = known[str(path_or_name)]
        return _known(entry, entry.base(), entry.place())
    path = Path(path_or_name)
    if path.is_file() and path.suffix == ".jsonl":
        return _table(path)
    if _is_table(path / TABLE_NAME):
        return _table(path / TABLE_NAME)
    if path.exists():
        return _corpus(load_corpus(path), path)
    raise CorpusError(unknown_name("benchmark", str(path_or_name), known) + " Or give the path of a table or a folder.")


def table_benchmark_name(table: Path) -> str:
    """The folder's name, and the table's unless that is `pairs`: `cocoglide/vae.jsonl` → cocoglide_vae."""
    folder = table.resolve().parent.name
    return folder if table.stem == "pairs" else f"{folder}_{table.stem}"


def _is_table(path: Path) -> bool:
    """Whether a file of that name is a table of ours: its first line names an original, an edited image and a mask."""
    try:
        with path.open(encoding="utf-8") as lines:
            row = json.loads(next(lines, "null"))
    except (OSError, ValueError):
        return False
    return isinstance(row, dict) and {"original", "edited", "mask"} <= row.keys()


def _known(entry: KnownBenchmark, base: Path | None, place: Path | None) -> Benchmark:
    if base is None:
        raise CorpusError(_not_at_hand(entry, place))
    layout: Layout = entry.layout
    length = entry.layout.count(base) if isinstance(entry.layout, ParquetLayout) else None
    return _benchmark(entry.name, base, lambda: layout.rows(base), entry.masks.rule, entry=entry, length=length)


def _table(path: Path) -> Benchmark:
    layout, name = TableLayout(table=path.name), table_benchmark_name(path)
    benchmark = _benchmark(name, path, lambda: layout.rows(path.parent), _UNEDITED_MAY_BE_EMPTY)
    if not benchmark.length:
        raise CorpusError(f"{path}: expected one JSON object a line, got an empty table.")
    return benchmark


def _corpus(corpus: Corpus, path: Path) -> Benchmark:
    def rows() -> Iterator[BenchmarkRow | BadSample]:
        return (_of_corpus(row) if isinstance(row, RawPair) else row for row in corpus.rows())

    return _benchmark(corpus.name, path, rows, _UNEDITED_MAY_BE_EMPTY, length=len(corpus))


def _benchmark(
    name: str,
    source: Path,
    rows: Callable[[], Iterable[BenchmarkRow | BadSample]],
    rule: MaskRule,
    *,
    entry: KnownBenchmark | None = None,
    length: int | None = None,
) -> Benchmark:
    originals = Originals.ALL if entry is None else entry.originals

    def in_pairs(row: BenchmarkRow | BadSample) -> bool:
        if isinstance(row, BadSample):
            return True
        return not row.authentic and not (originals is Originals.SOME and is_null(row.original))

    def read() -> Iterator[Sample]:
        if originals is Originals.NONE:  # at once, not when the first pair is asked for
            raise CorpusError(_no_originals(name, "this method"))
        return (
            row if isinstance(row, BadSample) else decode_benchmark_pair(row, rule)
            for row in _distinct(rows())
            if in_pairs(row)
        )

    def read_images() -> Iterator[ImageSample]:
        for row in _authentic_last(_distinct(rows())):
            yield row if isinstance(row, BadSample) else decode_masked_image(row, rule)

    unpaired = 0
    if length is None:
        edited = [in_pairs(row) for row in rows() if isinstance(row, BadSample) or not row.authentic]
        length, unpaired = sum(edited), len(edited) - sum(edited)
        if originals is Originals.NONE:
            length, unpaired = 0, len(edited)
    return Benchmark(name, source, read, length, read_images, originals, unpaired, entry)


def _distinct(rows: Iterable[BenchmarkRow | BadSample]) -> Iterator[BenchmarkRow | BadSample]:
    """The rows, ids that come again numbered: MagicBrush names each turn of a session by its photograph alone."""
    seen: dict[str, int] = {}
    for row in rows:
        sample_id = row.sample_id
        while sample_id in seen:
            seen[row.sample_id] += 1
            sample_id = f"{row.sample_id}-{seen[row.sample_id]}"
        seen[sample_id] = 1
        yield row if sample_id == row.sample_id else dataclasses.replace(row, sample_id=sample_id)


def _authentic_last(rows: Iterable[BenchmarkRow | BadSample]) -> Iterator[BenchmarkRow | BadSample]:
    """Edited images, then authentic ones, each in their order."""
    authentic: list[BenchmarkRow] = []
    for row in rows:
        if isinstance(row, BenchmarkRow) and row.authentic:
            authentic.append(row)
        else:
            yield row
    yield from authentic


def _images_of_pairs(samples: Iterable[Sample]) -> Iterator[ImageSample]:
    for sample in samples:
        if isinstance(sample, BadSample):
            yield sample
        elif sample.mask is not None:
            yield MaskedImage(
                sample.sample_id,
                sample.edited,
                sample.mask,
                sample.edit_type,
                source_file=sample.source_file,
                row_index=sample.row_index,
            )


def _of_corpus(raw: RawPair) -> BenchmarkRow:
    return BenchmarkRow(
        sample_id=raw.sample_id,
        edited=_only_one(raw.edited),
        original=_only_one(raw.original),
        mask=_only_one(raw.mask),
        instruction=raw.instruction,
        edit_type=raw.edit_type,
        source_file=raw.source_file,
        row_index=raw.row_index,
        root=raw.root,
    )


def _only_one(cell: object) -> object:
    """The image of a list of one; a longer list is left for the decoder to refuse."""
    return cell[0] if isinstance(cell, list | tuple) and len(cell) == 1 else cell


def _no_originals(name: str, method: str) -> str:
    return (
        f"benchmark '{name}' has no originals: {method} compares an edited image with its original, so it cannot be "
        "tried there. It judges detectors, which see the edited image alone (Benchmark.images())."
    )


def _not_at_hand(entry: KnownBenchmark, place: Path | None) -> str:
    if entry.shared is not None:
        return (
            f"benchmark '{entry.name}': expected {entry.layout.expected} in {place}, but there is none. "
            "Set SIGMASK_SHARED to the folder that holds data/bench, or give the path of a table."
        )
    if place is None:
        where = f"set SIGMASK_BENCHMARKS to a folder that holds '{entry.folder or entry.name}/' as published"
    elif not place.is_dir():
        where = f"expected it in '{place}', and there is no such folder"
    else:
        where = f"expected {entry.layout.expected} in '{place}', and found none"
    url = f" from {entry.get.url}" if entry.get.url else ""
    note = f" ({entry.get.note})" if entry.get.note else ""
    return f"benchmark '{entry.name}' is not at hand: {where}. Get it{url}{note}. Licence: {entry.licence}."


__all__ = [
    "Benchmark",
    "ImageSample",
    "Sample",
    "known_benchmarks",
    "load_benchmark",
    "shared_benchmarks_folder",
    "side_effect_of",
    "table_benchmark_name",
]
