"""`sigmask parse`: how an instruction is read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sigmask.cli.printable import print_line

if TYPE_CHECKING:
    from sigmask.types import EditTuple

_HEADER = ("action", "original", "edited", "location", "attributes", "quoted text")


def parse(
    texts: Annotated[list[str], typer.Argument(help="Instructions, each in quotes; - reads one a line from stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each instruction.")] = False,
) -> None:
    """Print the edits that each of TEXTS asks for, as `annotate` reads it."""
    from sigmask.instruction.parser import parse as parse_instruction

    for text in _said(texts):
        edits = parse_instruction(text)
        if as_json:
            plain = {"text": text, "edits": [dataclasses.asdict(edit) for edit in edits]}
            print_line(json.dumps(plain))
        else:
            print_line(text)
            for line in _table([_HEADER, *map(_cells, edits)] if edits else [("no edit",)]):
                print_line(f"  {line}")


def _said(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if text == "-":
            for line in typer.get_text_stream("stdin", encoding="utf-8", errors="replace"):
                yield line.rstrip("\r\n")
        else:
            yield text


def _cells(edit: EditTuple) -> tuple[str, ...]:
    cells = (edit.original_concept, edit.edited_concept, edit.location, ", ".join(edit.attributes), edit.quoted_text)
    return (edit.action.value, *(cell or "–" for cell in cells))


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, with columns as wide as their longest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
