"""Errors that a user can mend, as one line: the same for `sigmask` and for the tools behind `python -m sigmask.…`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from sigmask.errors import DISK_ERRORS, EXIT_CANNOT_WRITE, EXIT_USER_ERROR, MissingExtraError, SigmaskError

EXTRA_OF = {
    "torch": ("torch", "torch"),
    "torchvision": ("torchvision", "torch"),
    "timm": ("timm", "torch"),
    "openvino": ("openvino", "openvino"),
    "diffusers": ("diffusers", "vae"),
    "ray": ("ray", "ray"),
    "skimage": ("scikit-image", "demo"),
}
"""Module → its package and the package's extra: what commands import where they need it."""


def reason_of(error: Exception, command: str) -> str | None:
    """What to tell the user of `command`; None if the error is a fault of ours, which needs its traceback.

    A user can mend a `SigmaskError`, a missing extra, and a file that cannot be read or written.
    """
    if isinstance(error, SigmaskError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name in EXTRA_OF:
        return str(MissingExtraError(*EXTRA_OF[error.name], f"'{command}'"))
    if isinstance(error, OSError) and error.filename is not None:  # else it is not of a file that the user named
        return f"{error.strerror or type(error).__name__}: '{error.filename}'"
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:  # of a write in a library, which names no file
        return f"cannot write the output: {os.strerror(error.errno)}"
    return None


def exit_code_of(error: Exception) -> int:
    """The exit code of a command that `error`, which has a reason to tell, ends."""
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return EXIT_CANNOT_WRITE
    return error.exit_code if isinstance(error, SigmaskError) else EXIT_USER_ERROR


def say_error(reason: str) -> None:
    """Print it to stderr."""
    Console(stderr=True).print(f"[bold red]sigmask:[/] {escape(reason)}", soft_wrap=True, highlight=False)


def tell_missing_extras() -> None:
    """From now on a package that is missing at a tool's own imports ends the process with a line and exit code 2."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        reason = reason_of(error, _this_command()) if isinstance(error, ModuleNotFoundError) else None
        if reason is None:
            sys.__excepthook__(kind, error, trace)
            return
        say_error(reason)
        sys.stderr.flush()
        os._exit(EXIT_USER_ERROR)  # a hook cannot choose the exit code otherwise, and nothing has begun

    sys.excepthook = tell


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Leave the process with a line and `exit_code_of` where what a user can mend ends the block."""
    try:
        yield
    except Exception as error:
        reason = reason_of(error, _this_command())
        if reason is None:
            raise
        say_error(reason)
        sys.exit(exit_code_of(error))


def run_tool(main: Callable[..., Any]) -> None:
    """Run a tool's `main`, whose options typer reads, with `one_line_errors`."""
    with one_line_errors():
        typer.run(main)


def _this_command() -> str:
    module = getattr(sys.modules["__main__"], "__spec__", None)
    return Path(sys.argv[0]).name if module is None else f"python -m {module.name}"
