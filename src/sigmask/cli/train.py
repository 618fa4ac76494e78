"""`sigmask train`: the training stages, each from a config file."""

from __future__ import annotations

import importlib
import shlex
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command

app = typer.Typer(no_args_is_help=True, help="Train the model.")

Resume = Annotated[bool, typer.Option("--resume/--fresh", help="Go on from the run's last checkpoint, or start anew.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="Change a key of the file: --set steps=100 (may be repeated).")
]
_TOOLS = {
    "corpus": ("sigmask.synthesis.stage1_corpus", "Make the pairs that stage1 reads, from photographs with polygons."),
    "autoencoder": ("sigmask.training.autoencoder", "A small autoencoder for round trips, from photographs."),
    "average": ("sigmask.training.weight_average", "Weights between two trainings of one model."),
    "calibrate": ("sigmask.training.null_calibration", "Null statistics of weights anew, for other editors' noise."),
}
"""Command → the module whose `main` it is, imported when it is called: they need torch."""


@app.command("stage1")
def stage1(
    config: Annotated[Path, typer.Argument(help="A file like those in configs/.")],
    resume: Resume = True,
    init: Annotated[
        str | None, typer.Option(help="Go on from these weights: a name, folder or Hub id, in place of a new model.")
    ] = None,
    actions: Annotated[
        str | None,
        typer.Option(
            help="Kinds of edits, actions or families: '+text' teaches it beside a replay of the others, "
            "'-text' leaves it out."
        ),
    ] = None,
    changes: Changes = None,
) -> None:
    """Stage I: supervised, on pairs made from photographs with object polygons."""
    from sigmask.training import stage1 as stage

    overrides = [*(changes or ()), *_kind_overrides(actions)]
    if init is not None:
        overrides.append(f"initial={init}")
    folder = stage.train(config, resume=resume, overrides=tuple(overrides))
    typer.echo(f"trained weights: {folder} (try: sigmask mask ORIGINAL EDITED --model {folder})")


@app.command("stage2")
def stage2(
    config: Annotated[Path, typer.Argument(help="A file like configs/tiny_stage2.yaml.")],
    resume: Resume = True,
    changes: Changes = None,
) -> None:
    """Stage II: round-trip calibration, self-training on unlabelled pairs, edit and noise told apart."""
    from sigmask.training import stage2 as stage

    folder = stage.train(config, resume=resume, overrides=tuple(changes or ()))
    typer.echo(f"trained weights: {folder} (try: sigmask mask ORIGINAL EDITED --model {folder})")


@app.command("ablate")
def ablate(
    config: Annotated[Path, typer.Argument(help="A file like configs/ablation.yaml.")],
    changes: Changes = None,
) -> None:
    """Stage II with its parts on and off, trained and measured: one table. What is finished is not done again."""
    from sigmask.cli.ablation import AblationConfig, run_ablation
    from sigmask.config import load_config

    settings = load_config(config, AblationConfig, tuple(changes or ()))
    changed = [part for change in changes or () for part in ("--set", change)]
    typer.echo(run_ablation(settings, command=shlex.join(["sigmask", "train", "ablate", str(config), *changed])))
    typer.echo(f"written: {settings.output / 'ablation.md'}")


def _kind_overrides(actions: str | None) -> list[str]:
    """'+text,-material' as keys of the config."""
    if actions is None:
        return []
    named = [part.strip() for part in actions.split(",") if part.strip()]
    if not named:
        raise typer.BadParameter(
            f"--actions: expected kinds of edits such as '+text,-material', got '{actions}'; leave it out for all kinds"
        )
    if bad := [part for part in named if part[0] not in "+-" or len(part) < 2]:
        raise typer.BadParameter(f"--actions: expected '+' or '-' before each kind of edit, got '{bad[0]}'")
    new = [part[1:] for part in named if part[0] == "+"]
    left_out = [part[1:] for part in named if part[0] == "-"]
    if both := [kind for kind in new if kind in left_out]:
        raise typer.BadParameter(f"--actions: got both '+{both[0]}' and '-{both[0]}': give one of them")
    return [f"{key}=[{', '.join(kinds)}]" for key, kinds in (("new_kinds", new), ("left_out_kinds", left_out)) if kinds]


@app.command("grounding")
def grounding(
    config: Annotated[Path, typer.Argument(help="A file like configs/tiny_grounding.yaml.")],
    changes: Changes = None,
) -> None:
    """Grounding alone, on photographs in which it is known where named things are; after Stage I."""
    from sigmask.training import grounding as stage

    folder = stage.train(config, overrides=tuple(changes or ()))
    typer.echo(f"trained weights: {folder} (try: sigmask explain ORIGINAL EDITED --model {folder})")


@app.command("look")
def look(
    corpus: Annotated[Path, typer.Argument(help="What 'sigmask train corpus' wrote; it need not be finished.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the sheets; earlier ones of a family are replaced.")
    ],
    most: Annotated[int, typer.Option(min=1, help="Pairs shown of each family at most.")] = 12,
) -> None:
    """Show the pairs of CORPUS on a sheet for each family: original, edited, round trip, the mask's outline."""
    from sigmask.report.corpus_sheets import write_corpus_sheets

    for sheet in write_corpus_sheets(corpus, output, most=most):
        typer.echo(sheet)


def _run_tool(ctx: typer.Context) -> None:
    """Hand all that was given, --help too, to the tool's own command."""
    tool = typer.Typer(add_completion=False)
    tool.command()(importlib.import_module(_TOOLS[str(ctx.info_name)][0]).main)
    get_command(tool).main(args=ctx.args, prog_name=ctx.command_path, standalone_mode=False)


for _name, (_, _help) in _TOOLS.items():
    app.command(
        _name,
        help=_help,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )(_run_tool)
