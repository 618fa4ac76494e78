"""Pairs a second and memory of `annotate`, on drawn 512-px JPEG pairs in parquet.

    python benchmarks/annotate_throughput.py --pairs 400
    python benchmarks/annotate_throughput.py --pairs 10000   # is memory flat?
    python benchmarks/annotate_throughput.py --scaling 100 1000 10000 100000    # of the data path, without the model

It needs psutil, which comes with `sigmask[dev]`. The pairs are drawn once per distinct picture and repeated, so that
drawing takes seconds whatever their number. Beside the whole it measures its parts: the model alone on prepared
pairs; the data path alone, with a model that answers at once; and a naive loop, which opens each pair with Pillow,
asks for one mask and saves it, before it takes the next: in the same engine, and with the model in torch and float32,
as someone would write it who has the weights alone.
"""

from __future__ import annotations

import argparse
import io
import itertools
import resource
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from sigmask.annotation.annotator import Annotator
from sigmask.annotation.backends import Backend, RawOutput
from sigmask.annotation.pipeline import AnnotateOptions, annotate
from sigmask.data.corpus import Corpus, load_corpus
from sigmask.demo.perturbation import disturb_every_pixel
from sigmask.errors import MissingExtraError
from sigmask.instruction.instruction_arrays import InstructionArrays
from sigmask.types import EditPair, ImageArray

SIDE = 512
DISTINCT = 32
NAIVE_PAIRS = 60
MODEL_ROUNDS = 4
KILOBYTE = 1024  # what Linux counts ru_maxrss in


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures sigmask annotate end to end.")
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--scaling", type=int, nargs="*", help="only the data path, for corpora of so many pairs")
    arguments = parser.parse_args()
    for pairs in arguments.scaling or ():
        print_data_path(arguments.model, pairs, arguments.batch_size)
    if arguments.scaling:
        return
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "pairs.parquet"
        write_pairs(table, arguments.pairs, np.random.default_rng(0))
        print(f"{arguments.pairs} pairs of {SIDE} px, {table.stat().st_size / 1e6:.0f} MB of parquet")
        corpus = load_corpus(table)
        annotator = Annotator.from_pretrained(arguments.model, backend=arguments.backend, precision=arguments.precision)
        print(f"backend       {annotator.backend.name}, {annotator.backend.precision}")
        alone = model_rate(annotator, corpus, arguments.batch_size)
        print(f"model alone   {alone:.1f} pairs/s")
        memory = MemoryLog(arguments.pairs)
        options = AnnotateOptions(batch_size=arguments.batch_size, workers=arguments.workers)
        summary = annotate(corpus, annotator, Path(folder) / "out", options, on_rows=memory.note)
        rate = summary.pairs_per_second
        print(f"end to end    {rate:.1f} pairs/s ({summary.written} written, bad {summary.bad})")
        print("memory        " + ", ".join(f"{name} {peak / 1e6:.0f} MB" for name, peak in memory.peaks.items()))
        print(f"peak memory   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE / 1e6:.0f} MB")
        naive = naive_rate(annotator, table, Path(folder), min(arguments.pairs, NAIVE_PAIRS))
        print(f"naive loop    {naive:.1f} pairs/s")
        annotator.backend = ConstantAnswer()
        data = annotate(corpus, annotator, Path(folder) / "data", options).pairs_per_second
        print(f"data path     {data:.1f} pairs/s")
        print(f"end to end ÷ model alone {rate / alone:.2f}, ÷ naive loop {rate / naive:.2f}", end="")
        plain = plain_torch_rate(arguments.model, table, Path(folder), min(arguments.pairs, NAIVE_PAIRS))
        print("" if plain is None else f", ÷ naive loop in torch ({plain:.1f} pairs/s) {rate / plain:.2f}")


def print_data_path(model: str, pairs: int, batch_size: int) -> None:
    """Time and memory of `annotate` with a model that answers at once, and of the same command again."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "pairs.parquet"
        write_pairs(table, pairs, np.random.default_rng(0))
        annotator = Annotator.from_pretrained(model)
        annotator.backend = ConstantAnswer()
        memory = MemoryLog(pairs)
        options = AnnotateOptions(batch_size=batch_size)
        summary = annotate(load_corpus(table), annotator, Path(folder) / "out", options, on_rows=memory.note)
        started = time.perf_counter()
        annotate(load_corpus(table), annotator, Path(folder) / "out", options)
        again = time.perf_counter() - started
    peaks = ", ".join(f"{peak / 1e6:.0f}" for peak in memory.peaks.values())
    print(
        f"{pairs:7} pairs: {1000 * summary.seconds / pairs:.2f} ms a pair; {peaks} MB in the thirds; "
        f"the finished run again {again:.1f} s",
        flush=True,
    )


def write_pairs(path: Path, number: int, rng: np.random.Generator) -> None:
    """One parquet file of HF image structs, row groups of 100."""
    drawn = [_drawn_pair(rng) for _ in range(min(number, DISTINCT))]
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    fields = [("id", pa.string()), ("original", image), ("edited", image), ("instruction", pa.string())]
    schema = pa.schema(fields)
    with pq.ParquetWriter(path, schema, compression="none") as writer:
        for start in range(0, number, 100):
            rows = [
                {
                    "id": f"{index:06d}",
                    "original": {"bytes": drawn[index % len(drawn)][0], "path": None},
                    "edited": {"bytes": drawn[index % len(drawn)][1], "path": None},
                    "instruction": "add a red ball to the picture",
                }
                for index in range(start, min(start + 100, number))
            ]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def model_rate(annotator: Annotator, corpus: Corpus, batch_size: int) -> float:
    """Pairs a second of `infer` on prepared pairs, after one batch to warm up."""
    pairs = itertools.islice(corpus, 4 * batch_size)
    prepared = [annotator.prepare(pair) for pair in pairs if isinstance(pair, EditPair)]
    annotator.infer(prepared[:batch_size])
    started = time.perf_counter()
    for _ in range(MODEL_ROUNDS):
        for start in range(0, len(prepared), batch_size):
            annotator.infer(prepared[start : start + batch_size])
    return MODEL_ROUNDS * len(prepared) / (time.perf_counter() - started)


def naive_rate(annotator: Annotator, table: Path, folder: Path, number: int) -> float:
    """Pairs a second of a loop without threads, batches or a ledger."""
    rows = pq.ParquetFile(table).read_row_group(0).slice(0, number).to_pylist()
    started = time.perf_counter()
    for row in rows:
        original, edited = (
            Image.open(io.BytesIO(row[name]["bytes"])).convert("RGB") for name in ("original", "edited")
        )
        mask = annotator(original, edited, row["instruction"]).mask
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / f"{row['id']}.png")
    return number / (time.perf_counter() - started)


def plain_torch_rate(model: str, table: Path, folder: Path, number: int) -> float | None:
    """The naive loop with the model as its file of weights gives it: torch, float32; None without torch."""
    try:
        annotator = Annotator.from_pretrained(model, backend="torch", device="cpu")
    except MissingExtraError:
        return None
    import torch  # here, since the light install has none

    annotator.backend.dtype = torch.float32
    return naive_rate(annotator, table, folder, number)


class ConstantAnswer(Backend):
    """A backend that marks a square of every picture, at once."""

    name, precision = "constant", "none"

    def run(self, images: np.ndarray, instruction: InstructionArrays) -> RawOutput:
        """See `Backend.run`."""
        _, batch, height, width, _ = images.shape
        logits = np.full((batch, height, width), -8, np.float32)
        logits[:, height // 4 : height // 2, width // 4 : width // 2] = 8
        prior = np.full((batch, height // 16, width // 16), 0.5, np.float32)
        return RawOutput(logits, prior, np.full(batch, 3, np.float32), np.zeros((batch, 3), np.float32))


class MemoryLog:
    """The largest resident memory seen in each third of the run, in bytes."""

    def __init__(self, rows: int) -> None:
        self.peaks = {"start": 0, "middle": 0, "end": 0}
        self._rows = rows
        self._process = psutil.Process()

    def note(self, done: int, bad: int) -> None:
        """Fits `annotate(on_rows=...)`."""
        third = list(self.peaks)[min(2, 3 * done // max(self._rows, 1))]
        self.peaks[third] = max(self.peaks[third], self._process.memory_info().rss)


def _drawn_pair(rng: np.random.Generator) -> tuple[bytes, bytes]:
    coarse = rng.integers(20, 236, (24, 24, 3)).astype(np.float32)
    texture = rng.normal(0.0, 14.0, (SIDE, SIDE, 3)).astype(np.float32)
    picture = cv2.resize(coarse, (SIDE, SIDE), None, 0, 0, cv2.INTER_CUBIC) + cv2.GaussianBlur(texture, (0, 0), 1.0)
    original = np.clip(picture, 0, 255).astype(np.uint8)
    edited = original.copy()
    centre = (int(rng.integers(100, 412)), int(rng.integers(100, 412)))
    cv2.circle(edited, centre, int(rng.integers(30, 90)), (200, 30, 30), -1)
    return _jpeg(original), _jpeg(disturb_every_pixel(edited, rng))


def _jpeg(image: ImageArray) -> bytes:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


if __name__ == "__main__":
    main()
