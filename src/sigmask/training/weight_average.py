"""Weights between two trainings of one model: `sigmask train average FIRST SECOND --share 0.75 -o FOLDER`.

Where the second training went on from the first, what lies between them often keeps what the first was good at and most
of what the second learned (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022). Which share serves is
measured: docs/decisions/0020-context-blocks.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from sigmask.command_errors import run_tool
from sigmask.errors import ConfigError, unknown_name
from sigmask.models.locator import Locator
from sigmask.models.locator_config import DECODER_ADDITIONS
from sigmask.models.pretrained import load_locator, save_pretrained
from sigmask.models.weights_folder import require_free, text_table_of


def weights_between(first: Locator, second: Locator, share: float, without: Collection[str] = ()) -> Locator:
    """Each weight at (1 − `share`) of the first's and `share` of the second's, in evaluation mode.

    Parts of the second that the first lacks (`DECODER_ADDITIONS`) are the second's own: between them and none lies
    nothing. Those named in `without` are left out, for parts that turn out to do nothing.

    Raises:
        ConfigError: `share` is outside [0, 1], the two are of different shapes, or a name is unknown.
    """
    if unknown := [name for name in without if name not in DECODER_ADDITIONS]:
        raise ConfigError(unknown_name("part to leave out", unknown[0], DECODER_ADDITIONS))
    if not 0 <= share <= 1:
        raise ConfigError(f"share must be between 0 and 1, got {share}")
    known, shape = first.state_dict(), second.config
    own = dataclasses.replace(first.config, **{name: getattr(shape, name) for name in DECODER_ADDITIONS})
    if own != shape or not known.keys() <= second.state_dict().keys():
        raise ConfigError(
            "the two weights are of different shapes: between two trainings of one model alone is something"
        )
    between = Locator(dataclasses.replace(shape, **{name: getattr(first.config, name) for name in without}))
    weights = second.state_dict()
    between.load_state_dict(
        {
            name: known[name].lerp(weights[name], share)
            if name in known and weights[name].is_floating_point()
            else weights[name]
            for name in between.state_dict()
        }
    )
    return between.eval().requires_grad_(False)


def main(
    first: Annotated[str, typer.Argument(help="weights: a name, a folder, or a Hub id")],
    second: Annotated[str, typer.Argument(help="weights of a training that went on from them")],
    output: Annotated[Path, typer.Option("--output", "-o", help="folder to write")],
    share: Annotated[float, typer.Option(min=0.0, max=1.0, help="of the second")] = 0.5,
    without: Annotated[
        list[str] | None,
        typer.Option(help=f"parts of SECOND that FIRST lacks, to leave out: {', '.join(DECODER_ADDITIONS)}"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the weights that OUTPUT holds.")] = False,
) -> None:
    """Write the weights between FIRST and SECOND."""
    require_free(output, overwrite=overwrite)
    model, _, _ = load_locator(first)
    other, _, folder = load_locator(second)
    save_pretrained(weights_between(model, other, share, without or ()), output, text_table_of(folder))
    print(f"weights: {output} (try: sigmask mask ORIGINAL EDITED --model {output})")


if __name__ == "__main__":
    run_tool(main)
