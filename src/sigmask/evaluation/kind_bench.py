"""Makes a bench of one kind of edit, from photographs that training never saw.

`python -m sigmask.evaluation.kind_bench --photos DIR --kinds text,material -o runs/bench/kinds`, then
`sigmask evaluate runs/bench/kinds/text/pairs.jsonl runs/bench/kinds/material/pairs.jsonl`.

What a model makes of a kind of edit that it never saw can only be measured where there are pairs of that kind alone.
These are synthetic, made as Stage I's are of the held-out tenth of the photographs, sent through an autoencoder with
latent noise. Of their instructions three in ten name nothing ("photoshop the thing out"), as those of training do;
where it matters what is said, `--named` draws the others only. `docs/new-actions.md` uses them. The pictures are
third-party material; keep them out of repositories.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sigmask.command_errors import run_tool
from sigmask.errors import ConfigError, unknown_name
from sigmask.evaluation.bench_writer import BenchWriter, require_no_bench
from sigmask.instruction.named_concepts import named_concepts
from sigmask.instruction.parser import parse
from sigmask.instruction.text_encoder import StaticTextEncoder, TextEncoder
from sigmask.synthesis.autoencoders import SHIPPED
from sigmask.synthesis.edit import FAMILIES, make_edit
from sigmask.synthesis.instruction_templates import vocabulary
from sigmask.synthesis.named_view import is_held_out
from sigmask.synthesis.photos import PhotoLibrary
from sigmask.synthesis.stage1_corpus import RoundTrip, load_round_trips
from sigmask.synthesis.synthetic_edit import SyntheticEdit
from sigmask.types import EditPair

SEED = 70_007
SIDE = 384  # pixels of the longer side
MOST_DRAWS = 100  # of one pair, until its instruction names something


def write_kind_bench(
    library: PhotoLibrary,
    kind: str,
    count: int,
    through: RoundTrip,
    folder: Path,
    *,
    seed: int = SEED,
    named: bool = False,
) -> Path:
    """Write `count` pairs of the family `kind` into `folder`; the table. Pair N of a seed is always the same.

    Args:
        named: draw again where the instruction names nothing (see `names_known_things`). A pair whose first draw names
            something is the same with it and without.

    Raises:
        ConfigError: there is no such family, the photographs have too few objects for it, or `MOST_DRAWS` edits of it
            named nothing; or the folder holds a bench.
    """
    if kind not in FAMILIES:
        raise ConfigError(unknown_name("family of edits", kind, FAMILIES))
    writer = BenchWriter(folder)
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        edit = _drawn(library, kind, rng, named=named)
        edited = through(edit.edited, rng)
        writer.add(EditPair(f"{kind}-{index:05d}", edit.original, edited, edit.instruction, kind, mask=edit.mask))
    return writer.finish()


def names_known_things(instruction: str, encoder: TextEncoder) -> bool:
    """Whether the parser finds concepts in an instruction, the encoder knows each, and none is "the thing"."""
    concepts = [concept for concept, _ in named_concepts(parse(instruction))]
    words = {word.removesuffix("s") for concept in concepts for word in concept.split()}
    known = encoder.encode(concepts).any(-1) if concepts else np.zeros(1, bool)
    return bool(known.all()) and not words & _nameless()


def _drawn(library: PhotoLibrary, kind: str, rng: np.random.Generator, *, named: bool) -> SyntheticEdit:
    for _ in range(MOST_DRAWS):
        edit = make_edit(library, rng, size=SIDE, weights={kind: 1.0}, alone=True)
        if not named or names_known_things(edit.instruction, _encoder()):
            return edit
    raise ConfigError(f"the instructions of {MOST_DRAWS} '{kind}' edits named nothing: leave --named out for this kind")


@functools.cache
def _encoder() -> TextEncoder:
    return StaticTextEncoder.from_package()


@functools.cache
def _nameless() -> frozenset[str]:
    """What the synthesis calls things whose name it does not know."""
    return frozenset((*vocabulary()["nameless"], "something"))


def main(
    photos: Annotated[Path, typer.Option(help="folder of photographs, as the trainers read it")],
    output: Annotated[Path, typer.Option("--output", "-o", help="gets a folder, and in it a bench, for each kind")],
    kinds: Annotated[str, typer.Option(help="families of edits, separated by commas")] = "text,material",
    count: Annotated[int, typer.Option(min=1, help="pairs of each")] = 60,
    autoencoder: Annotated[
        str, typer.Option(help="'shipped', a folder, or hf:OWNER/NAME; of several, the first")
    ] = SHIPPED,
    seed: Annotated[int, typer.Option(min=0, help="the same seed makes the same pairs")] = SEED,
    named: Annotated[
        bool, typer.Option("--named", help="only edits whose instruction names known things, not 'the object'")
    ] = False,
) -> None:
    """Make a bench for each kind of edit."""
    chosen = _names(kinds)
    if not chosen:
        raise ConfigError(f"expected families of edits, separated by commas, got '{kinds}': {', '.join(FAMILIES)}")
    for kind in chosen:  # before the first is made
        require_no_bench(output / kind)
    held_out = PhotoLibrary([entry for entry in PhotoLibrary.load(photos).entries if is_held_out(entry)])
    through, *_ = load_round_trips([autoencoder])
    for kind in chosen:
        print(write_kind_bench(held_out, kind, count, through, output / kind, seed=seed, named=named))


def _names(listed: str) -> Sequence[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


if __name__ == "__main__":
    run_tool(main)
