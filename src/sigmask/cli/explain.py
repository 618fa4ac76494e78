"""`sigmask explain`: every step from one pair to its mask, as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sigmask.cli.printable import print_line
from sigmask.output_path import require_apart, require_parent, require_picture_suffix


def explain(
    original: Annotated[Path, typer.Argument(help="The image before the edit.")],
    edited: Annotated[Path, typer.Argument(help="The image after the edit.")],
    instruction: Annotated[str | None, typer.Option("--instruction", "-i", help="What the editor was told.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture: PNG, JPEG or WebP.")] = Path(
        "explanation.png"
    ),
    model: Annotated[str, typer.Option(help="Weights: a name, a folder, or a Hub id.")] = "tiny",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
) -> None:
    """Draw why the mask of ORIGINAL and EDITED is as it is: words, prior, differences, refined prior, mask."""
    require_picture_suffix(output)
    require_parent(output)
    require_apart((output,), (original, edited))

    from sigmask.annotation.annotator import Annotator
    from sigmask.annotation.explanation import explain as explain_pair
    from sigmask.report.explanation_sheet import describe_explanation, draw_explanation

    explanation = explain_pair(
        Annotator.from_pretrained(model, device=device, backend="torch"), original, edited, instruction
    )
    draw_explanation(explanation, instruction).save(output)
    for line in describe_explanation(explanation, instruction):  # the picture cuts long lines, and lacks some letters
        print_line(line)
    print_line(f"picture: {output}")
