"""`sigmask train`: the training stages, each from a config file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Train the model.")


@app.command("stage1")
def stage1(
    config: Annotated[Path, typer.Argument(help="A file like those in configs/.")],
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Go on from the run's last checkpoint, or start anew.")
    ] = True,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key of the file: --set steps=100 (may be repeated).")
    ] = None,
) -> None:
    """Stage I: supervised, on pairs made from photographs with object polygons."""
    from sigmask.training import stage1 as stage

    folder = stage.train(config, resume=resume, overrides=tuple(changes or ()))
    typer.echo(f"trained weights: {folder} (try: sigmask mask ORIGINAL EDITED --model {folder})")


@app.command("grounding")
def grounding(
    config: Annotated[Path, typer.Argument(help="A file like configs/tiny_grounding.yaml.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Change a key of the file: --set steps=100 (may be repeated).")
    ] = None,
) -> None:
    """Grounding alone, on photographs in which it is known where named things are; after Stage I."""
    from sigmask.training import grounding as stage

    folder = stage.train(config, overrides=tuple(changes or ()))
    typer.echo(f"trained weights: {folder} (try: sigmask explain ORIGINAL EDITED --model {folder})")
