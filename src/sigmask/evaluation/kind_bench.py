"""Makes a bench of one kind of edit, from photographs that training never saw.

`python -m sigmask.evaluation.kind_bench --photos DIR --kinds text,material -o runs/bench/kinds`, then
`sigmask evaluate runs/bench/kinds/text/pairs.jsonl runs/bench/kinds/material/pairs.jsonl`.

What a model makes of a kind of edit that it never saw can only be measured where there are pairs of that kind alone.
These are synthetic, made as Stage I's are of the held-out tenth of the photographs, sent through an autoencoder with
latent noise. `docs/new-actions.md` uses them. The pictures are third-party material; keep them out of repositories.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sigmask.command_errors import run_tool
from sigmask.errors import ConfigError, unknown_name
from sigmask.evaluation.bench_writer import BenchWriter
from sigmask.synthesis.autoencoders import SHIPPED
from sigmask.synthesis.edit import FAMILIES, make_edit
from sigmask.synthesis.named_view import is_held_out
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.stage1_corpus import RoundTrip, load_round_trips
from sigmask.types import EditPair

SEED = 70_007
SIDE = 384  # pixels of the longer side


def write_kind_bench(
    library: PhotoLibrary, kind: str, count: int, through: RoundTrip, folder: Path, *, seed: int = SEED
) -> Path:
    """Write `count` pairs of the family `kind` into `folder`; the table. Pair N of a seed is always the same.

    Raises:
        ConfigError: there is no such family, or the photographs have too few objects for it.
    """
    if kind not in FAMILIES:
        raise ConfigError(unknown_name("family of edits", kind, FAMILIES))
    writer = BenchWriter(folder)
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        edit = make_edit(library, rng, size=SIDE, weights={kind: 1.0}, alone=True)
        edited = through(edit.edited, rng)
        writer.add(EditPair(f"{kind}-{index:05d}", edit.original, edited, edit.instruction, kind, mask=edit.mask))
    return writer.finish()


def main(
    photos: Annotated[Path, typer.Option(help="folder of photographs, as the trainers read it")],
    output: Annotated[Path, typer.Option("--output", "-o", help="gets a folder, and in it a bench, for each kind")],
    kinds: Annotated[str, typer.Option(help="families of edits, separated by commas")] = "text,material",
    count: Annotated[int, typer.Option(min=1, help="pairs of each")] = 60,
    autoencoder: Annotated[str, typer.Option(help="'shipped', a folder, or hf:OWNER/NAME")] = SHIPPED,
    seed: int = SEED,
) -> None:
    """Make a bench for each kind of edit."""
    held_out = PhotoLibrary([entry for entry in PhotoLibrary.load(photos).entries if is_held_out(entry)])
    through, *_ = load_round_trips([autoencoder])
    for kind in _names(kinds):
        print(write_kind_bench(held_out, kind, count, through, output / kind, seed=seed))


def _names(listed: str) -> Sequence[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


if __name__ == "__main__":
    run_tool(main)
