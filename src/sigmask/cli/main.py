"""The `sigmask` command. Each command lives in a file of its own; errors become one line here and nowhere else."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated, Any, TextIO

import typer
from PIL.Image import DecompressionBombWarning
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from sigmask.cli import annotate, corpora, demo, doctor, explain, export, gallery, mask, parse, train
from sigmask.command_errors import exit_code_of, reason_of, say_error
from sigmask.version import __version__


class _OneLineErrors(TyperGroup):
    """Turns what a user can mend (`reason_of`) into one line on stderr and `exit_code_of`, for every command."""

    def invoke(self, ctx: Any) -> Any:
        warnings.showwarning = _print_warning
        warnings.simplefilter("ignore", DecompressionBombWarning)  # such a picture is a bad row, with its name
        try:
            return super().invoke(ctx)
        except Exception as error:
            reason = reason_of(error, f"sigmask {ctx.invoked_subcommand}")
            if reason is None:
                raise
            code = exit_code_of(error)
        say_error(reason)
        ctx.exit(code)
        return None


app = typer.Typer(
    cls=_OneLineErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Recover the pixel mask of what an image editor really changed, from (original, edited, instruction).",
)


def _print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """One line without the place in the code, which says nothing to whoever ran the command."""
    Console(stderr=True).print(f"[yellow]warning:[/] {escape(str(message))}", soft_wrap=True, highlight=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"sigmask {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options that come before the command."""


app.command("mask")(mask.mask)
app.command("explain")(explain.explain)
app.command("annotate")(annotate.annotate)
app.command("gallery")(gallery.gallery)
app.command("export")(export.export)
app.add_typer(train.app, name="train")
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("corpora")(corpora.corpora)
app.command("parse")(parse.parse)


def _add_evaluate() -> None:
    from sigmask.cli import evaluate

    app.command("evaluate")(evaluate.evaluate)


_add_evaluate()

if __name__ == "__main__":
    sys.exit(app())
