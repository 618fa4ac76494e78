"""`sigmask mask`: the mask of one pair."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sigmask.annotation.doubtful import DOUBTFUL, EVERY_MASK, LEAST_QUALITY
from sigmask.cli.printable import print_line
from sigmask.errors import SigmaskError
from sigmask.output_path import require_apart, require_parent, require_picture_suffix


def mask(
    original: Annotated[Path, typer.Argument(help="The image before the edit.")],
    edited: Annotated[Path, typer.Argument(help="The image after the edit.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The mask, a PNG: white where changed.")],
    instruction: Annotated[str | None, typer.Option("--instruction", "-i", help="What the editor was told.")] = None,
    overlay: Annotated[
        Path | None, typer.Option(help="Also write the edited image with the outline: PNG, JPEG or WebP.")
    ] = None,
    probability: Annotated[Path | None, typer.Option(help="Also write the probability, an 8-bit grey PNG.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Mask threshold, between 0 and 1; by default 0.5.")] = None,
    least_quality: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Give up masks of a lower expected IoU; 0 keeps every mask.")
    ] = LEAST_QUALITY,
    model: Annotated[str, typer.Option(help="Weights: a name, a folder, or a Hub id.")] = "tiny",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    backend: Annotated[str, typer.Option(help="What runs the model: auto, torch, openvino, onnx.")] = "auto",
) -> None:
    """Write the mask of what changed between ORIGINAL and EDITED, and print what was found."""
    for path in (output, probability):
        if path is not None and path.suffix.lower() != ".png":
            raise SigmaskError(f"masks are written as PNG, which keeps them exact: {path} must end in .png")
    if overlay is not None:
        require_picture_suffix(overlay)
    written = [path for path in (output, probability, overlay) if path is not None]
    for path in written:
        require_parent(path)
    require_apart(written, (original, edited))

    import numpy as np
    from PIL import Image

    from sigmask.annotation.annotator import Annotator, read_pair
    from sigmask.annotation.write_errors import BEGINS_ANEW, writing
    from sigmask.data.overlay import draw_outline

    pair = read_pair(original, edited, instruction)
    annotator = Annotator.from_pretrained(
        model, device=device, threshold=threshold, backend=backend, least_quality=least_quality
    )
    (annotation,) = annotator.infer([annotator.prepare(pair)])
    with writing(output, BEGINS_ANEW):
        annotation.save(str(output))
    if overlay is not None:
        with writing(overlay, BEGINS_ANEW):
            Image.fromarray(draw_outline(pair.edited, annotation.mask)).save(overlay)
    if probability is not None:
        with writing(probability, BEGINS_ANEW):
            Image.fromarray(np.rint(annotation.probability * 255).astype(np.uint8)).save(probability)
    print(f"area     {100 * annotation.area_fraction:.2f} %")
    print(f"quality  {annotation.quality:.2f}")
    print(f"scope    {annotation.scope}")
    for edit in annotation.edit:
        print_line(f"edit     {edit.action}: {edit.original_concept or '–'} → {edit.edited_concept or '–'}")
    if annotation.flags:
        print(f"flags    {', '.join(annotation.flags)}")
    if DOUBTFUL in annotation.flags:
        print(f"doubtful: the expected IoU is below {least_quality:g}, so the mask is empty; {EVERY_MASK}")
    print_line(f"mask     {output}")
