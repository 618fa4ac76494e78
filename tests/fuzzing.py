"""Damaged corpora, drawn by number: what a disk, a broken download or a hostile hand makes of a good one.

    python -m tests.fuzzing --inputs 1000

Each input is a small corpus of which one file is mutated. It passes if `annotate` ends, in time, with every row of the
untouched files written; or refuses the corpus as a whole with a `SigmaskError`, which loses nothing in silence.
"""

from __future__ import annotations

import argparse
import dataclasses
import faulthandler
import io
import json
import tarfile
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from sigmask.annotation.pipeline import AnnotateOptions, annotate
from sigmask.data.corpus import load_corpus
from sigmask.errors import SigmaskError
from sigmask.types import EditPair
from tests.annotation.fake_annotator import FakeAnnotator
from tests.drawing import draw_pair
from tests.drawn_corpora import encode_image, write_folder_corpus, write_parquet_corpus, write_table_corpus

PATIENCE = 60.0  # seconds until a hang is called one


@dataclass(frozen=True, slots=True)
class Damaged:
    """A corpus, the file to mutate, and the ids of the rows that must survive it."""

    corpus: Path
    victim: Path
    must_survive: set[str]


def fuzz(number: int, folder: Path) -> str:
    """Make input `number` below `folder` and annotate it; what became of it, in two words.

    Raises:
        AssertionError: a good row was lost.
        Exception: whatever else went wrong, which is what is looked for.
    """
    rng = np.random.default_rng((7, number))
    pairs = [dataclasses.replace(draw_pair(rng, 32, 48), sample_id=f"pair-{index}") for index in range(4)]
    kind = sorted(LAYOUTS)[number % len(LAYOUTS)]
    damaged = LAYOUTS[kind](folder / "corpus", pairs, rng)
    damaged.victim.write_bytes(mutated(damaged.victim.read_bytes(), rng))
    output = folder / "out"
    try:
        summary = annotate(load_corpus(damaged.corpus), FakeAnnotator(), output, AnnotateOptions(workers=1))
    except SigmaskError:
        return f"{kind} refused"
    written = {
        row["sample_id"]
        for part in sorted(output.glob("masks-*.parquet"))
        for row in pq.read_table(part, columns=["sample_id"]).to_pylist()
    }
    assert damaged.must_survive <= written, f"lost {sorted(damaged.must_survive - written)}"
    assert summary.rows == summary.written + sum(summary.bad.values())
    return f"{kind} {'with bad rows' if summary.bad else 'whole'}"


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """One to three of: bits flipped, bytes cut off, taken out, put in, doubled, or set to zero."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        size = len(data)
        # half of the mutations near an end, where headers and footers are
        spot = int(rng.integers(size + 1)) if rng.random() < 0.5 else int(rng.choice([0, max(0, size - 64)]))
        spot = min(size, spot + int(rng.integers(64)))
        length = int(2 ** rng.uniform(0, 8))
        noise = rng.integers(0, 256, length, dtype=np.uint8).tobytes()
        match int(rng.integers(6)):
            case 0 if spot < size:
                data[spot] ^= 1 << int(rng.integers(8))
            case 1:
                del data[spot:]
            case 2:
                del data[spot : spot + length]
            case 3:
                data[spot:spot] = noise
            case 4:
                data[spot:spot] = data[max(0, spot - length) : spot]
            case _:
                data[spot : spot + length] = bytes(len(data[spot : spot + length]))
    return bytes(data)


def _folder_image(root: Path, pairs: list[EditPair], rng: np.random.Generator) -> Damaged:
    write_folder_corpus(root, pairs)
    victim = root / "edited" / "pair-1.png"
    image_format = str(rng.choice(["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"]))  # whatever the suffix says
    victim.write_bytes(encode_image(pairs[1].edited, image_format))
    return Damaged(root, victim, {"pair-0", "pair-2", "pair-3"})


def _folder_instructions(root: Path, pairs: list[EditPair], rng: np.random.Generator) -> Damaged:
    kind = "jsonl" if rng.random() < 0.5 else "csv"
    write_folder_corpus(root, pairs, kind)
    return Damaged(root, root / f"instructions.{kind}", set())


def _parquet_file(root: Path, pairs: list[EditPair], rng: np.random.Generator) -> Damaged:
    write_parquet_corpus(root / "a.parquet", pairs[:2])
    victim = write_parquet_corpus(root / "b.parquet", pairs[2:])
    return Damaged(root, victim, {"pair-0", "pair-1"})


def _table(root: Path, pairs: list[EditPair], rng: np.random.Generator) -> Damaged:
    kind = rng.choice(["jsonl", "json", "csv"])
    table = write_table_corpus(root, pairs, kind)
    return Damaged(table, table, set())


def _tar_file(root: Path, pairs: list[EditPair], rng: np.random.Generator) -> Damaged:
    root.mkdir(parents=True)
    for name, share in (("a.tar", pairs[:2]), ("b.tar", pairs[2:])):
        with tarfile.open(root / name, "w") as archive:
            for pair in share:
                for suffix, content in (
                    ("original.png", encode_image(pair.original)),
                    ("edited.png", encode_image(pair.edited)),
                    ("json", json.dumps({"instruction": pair.instruction}).encode()),
                ):
                    member = tarfile.TarInfo(f"{pair.sample_id}.{suffix}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
    return Damaged(root, root / "b.tar", {"pair-0", "pair-1"})


LAYOUTS: dict[str, Callable[[Path, list[EditPair], np.random.Generator], Damaged]] = {
    "image": _folder_image,
    "instructions": _folder_instructions,
    "parquet": _parquet_file,
    "table": _table,
    "tar": _tar_file,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Annotates damaged corpora and counts what became of them.")
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    outcomes: Counter[str] = Counter()
    failed = 0
    for number in range(arguments.first, arguments.first + arguments.inputs):
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcomes[fuzz(number, Path(folder))] += 1
            except Exception as error:  # counted, so that one run shows all of them
                failed += 1
                print(f"input {number}: {type(error).__name__}: {error}")
    faulthandler.cancel_dump_traceback_later()
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:6} {outcome}")
    print(f"{failed:6} failed")
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()
