"""What registration is worth: F1 on pairs whose edited image was shifted, cropped off-centre or zoomed afterwards.

`python benchmarks/registration.py --bench true_edits` prints a table: the move, pairs registered, and mean F1 at 0.5
with registration and without it. "none" is the pair as it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from sigmask import Annotator
from sigmask.annotation.guided_outline import outline_guide
from sigmask.data.geometry import fit_original_to_edited, resize_for_model, resize_image
from sigmask.data.registration import REGISTERED
from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.counts import count_mask
from sigmask.evaluation.pixel_metrics import f1
from sigmask.types import BadSample, EditPair

Window = tuple[int, int, int, int]
"""Top, bottom, left, right of what is left of an image of the given height and width."""

MOVES: dict[str, Callable[[int, int], Window]] = {
    "none": lambda height, width: (0, height, 0, width),
    "shifted by 6 px": lambda height, width: (4, height, 6, width),
    "shifted by 12 px": lambda height, width: (8, height, 12, width),
    "cropped off-centre": lambda height, width: (height // 10, height, width // 5, width),
    "zoomed into a corner": lambda height, width: (height // 6, height, 0, width - width // 6),
}


def moved(pair: EditPair, name: str) -> EditPair | None:
    """The pair with its edited image (and mask) cut as `MOVES` says; None if nothing of the edit is left.

    A shift keeps the size of both, so the original is cut on the opposite side; a zoom brings the rest back to size.
    """
    assert pair.mask is not None
    height, width = pair.mask.shape
    top, bottom, left, right = MOVES[name](height, width)
    original, edited, mask = pair.original, pair.edited[top:bottom, left:right], pair.mask[top:bottom, left:right]
    if name.startswith("shifted"):
        fitted, _ = fit_original_to_edited(original, pair.edited)
        original = fitted[: height - top, : width - left]
    if name.startswith("zoomed"):
        edited = resize_image(np.ascontiguousarray(edited), height, width)
        mask = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    if not mask.any():
        return None
    return EditPair(
        pair.sample_id,
        np.ascontiguousarray(original),
        np.ascontiguousarray(edited),
        pair.instruction,
        mask=np.ascontiguousarray(mask),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="true_edits")
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--backend", default="auto")
    arguments = parser.parse_args()
    annotator = Annotator.from_pretrained(arguments.model, backend=arguments.backend)
    pairs = [
        pair
        for pair in load_benchmark(arguments.bench).read()
        if not isinstance(pair, BadSample) and pair.mask is not None and pair.mask.any()
    ]
    table = Table("move", "pairs", "registered", "F1 with registration", "F1 without", title=arguments.bench)
    for name in MOVES:
        scores: list[list[float]] = []
        registered = 0
        for pair in pairs:
            other = moved(pair, name)
            if other is None:
                continue
            assert other.mask is not None
            prepared = annotator.prepare(other)
            registered += REGISTERED in prepared.flags
            fitted, _ = fit_original_to_edited(other.original, other.edited)
            still = replace(
                prepared,
                original=resize_for_model(fitted, *prepared.edited.shape[:2]),
                guide=outline_guide(fitted, other.edited),
            )
            found = annotator.infer([prepared, still])
            scores.append([float(f1(count_mask(each.mask, other.mask))) for each in found])
        means = 100 * np.mean(scores, axis=0)
        table.add_row(name, str(len(scores)), str(registered), *(f"{mean:.1f}" for mean in means))
    Console().print(table)


if __name__ == "__main__":
    main()
