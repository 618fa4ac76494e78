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

from sigmask.cli import annotate, corpora, demo, doctor, explain, export, gallery, mask, train
from sigmask.cli.extras import EXTRA_OF
from sigmask.errors import MissingExtraError, SigmaskError
from sigmask.version import __version__

EXIT_USER_ERROR = 2


class _OneLineErrors(TyperGroup):
    """Turns what a user can mend into one line on stderr and exit code 2, for every command.

    That is a `SigmaskError`, a missing extra, and a file that cannot be read or written.
    """

    def invoke(self, ctx: Any) -> Any:
        warnings.showwarning = _print_warning
        warnings.simplefilter("ignore", DecompressionBombWarning)  # such a picture is a bad row, with its name
        try:
            return super().invoke(ctx)
        except SigmaskError as error:
            reason = str(error)
        except ModuleNotFoundError as error:
            if error.name not in EXTRA_OF:
                raise
            reason = str(MissingExtraError(*EXTRA_OF[error.name], f"'sigmask {ctx.invoked_subcommand}'"))
        except OSError as error:
            if error.filename is None:  # not of a file that the user named: a fault of ours
                raise
            reason = f"{error.strerror or type(error).__name__}: '{error.filename}'"
        Console(stderr=True).print(f"[bold red]sigmask:[/] {escape(reason)}", soft_wrap=True, highlight=False)
        ctx.exit(EXIT_USER_ERROR)
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


def _add_evaluate() -> None:
    from sigmask.cli import evaluate

    app.command("evaluate")(evaluate.evaluate)


_add_evaluate()

if __name__ == "__main__":
    sys.exit(app())
