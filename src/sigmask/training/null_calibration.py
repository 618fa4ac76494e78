"""Calibrates weights on one's own pictures and autoencoders: the null statistics measured anew, nothing trained.

    sigmask train calibrate --photos DIR -o OUT [--initial tiny] [--autoencoders shipped]

Each photograph is compared with its own round trip; what the two differ by, channel by channel, is what noise makes
(`models/semantic_difference.py`). The autoencoders that ship do without a download. What it is worth is in
`docs/decisions/0014-null-statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import Tensor

from sigmask.command_errors import run_tool
from sigmask.data.geometry import model_frame, resize_for_model, shrink_to
from sigmask.errors import ConfigError, CorpusError
from sigmask.models.locator import Locator
from sigmask.models.pixels import pixels_of
from sigmask.models.pretrained import load_locator, save_pretrained
from sigmask.models.semantic_difference import measure_null_statistics
from sigmask.models.weights_folder import require_free, text_table_of
from sigmask.synthesis.perturbation import perturb_and_shift
from sigmask.synthesis.photos import readable_photos
from sigmask.synthesis.stage1_corpus import NATIVE_SIZES, RoundTrip, load_round_trips
from sigmask.types import ImageArray


@torch.inference_mode()
def calibrate(
    model: Locator,
    photos: Iterable[ImageArray],
    round_trips: Sequence[RoundTrip],
    rng: np.random.Generator,
    *,
    perturbed: float = 0.0,
) -> list[float]:
    """Set the model's null statistics from `photos`, (H, W, 3) uint8 each, and one round trip of each.

    Sizes are drawn from `NATIVE_SIZES`, as for training pairs.

    Args:
        perturbed: the share of round trips, in [0, 1], that are disturbed besides, as training views are: tone, blur or
            sharpening, noise, JPEG or WebP, and now and then a shift by up to two pixels.

    Returns:
        For each depth, the mean over its channels of the new spread divided by the old one.
    """
    sizes, shares = zip(*NATIVE_SIZES, strict=True)
    features, pictures = [], []
    for photo in photos:
        picture = shrink_to(photo, int(rng.choice(sizes, p=shares)))
        returned = round_trips[int(rng.integers(len(round_trips)))](picture, rng)
        if rng.random() < perturbed:
            returned, _ = perturb_and_shift(returned, [], rng, float(rng.uniform(0.3, 1.2)))
        before, after = (_seen(model, image) for image in (picture, returned))
        features.append((model.backbone(before), model.backbone(after)))
        pictures.append(before)
    difference = model.semantic_difference
    depths = range(len(model.backbone.channels))
    earlier = [difference.null_spread(depth).clone() for depth in depths]
    measure_null_statistics(difference, features, pictures)
    return [float((difference.null_spread(depth) / earlier[depth]).mean()) for depth in depths]


def _seen(model: Locator, image: ImageArray) -> Tensor:
    """(1, 3, h, w) in [0, 1], the picture in the model's frame."""
    height, width = image.shape[:2]
    frame = model_frame(height, width, model.config.long_side, model.backbone.spec.size_multiple)
    return pixels_of(resize_for_model(image, *frame))


def main(
    photos: Annotated[Path, typer.Option(help="folder of unedited photographs, searched recursively")],
    output: Annotated[Path, typer.Option("--output", "-o", help="folder of the new weights")],
    initial: Annotated[str, typer.Option(help="weights to start from: a name, a folder, or a Hub id")] = "tiny",
    autoencoders: Annotated[
        list[str] | None, typer.Option(help="'shipped', a folder, or hf:OWNER/NAME[:SUBFOLDER] (extra vae)")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="photographs at most")] = 100,
    perturbed: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="share of round trips with drift, blur, JPEG and shifts besides")
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the weights that OUTPUT holds.")] = False,
) -> None:
    """Write weights with null statistics of PHOTOS under AUTOENCODERS."""
    require_free(output, overwrite=overwrite)
    images = readable_photos(photos, limit)
    if not images:
        raise CorpusError(f"expected photographs below {photos}, found none that can be read")
    model, _, folder = load_locator(initial)
    if folder.resolve() == output.resolve():
        raise ConfigError(f"{output} holds the weights to start from: name another folder with -o")
    through = load_round_trips(autoencoders or ["shipped"])
    ratios = calibrate(model, images, through, np.random.default_rng(seed), perturbed=perturbed)
    save_pretrained(model, output, text_table_of(folder))
    print(f"spread of {len(images)} photographs, new ÷ old, depth by depth: {', '.join(f'{r:.2f}' for r in ratios)}")
    print(
        f"written: {output}; 'sigmask evaluate --methods {output}' says what it is worth, and "
        f"'python -m sigmask.annotation.backends.onnx_export {output}' makes the graph for installations without torch"
    )


if __name__ == "__main__":
    run_tool(main)
