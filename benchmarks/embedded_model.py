"""What folding, freezing and bfloat16 buy the embedded model: the figures of docs/decisions/0001-embedded-model.md.

    python benchmarks/embedded_model.py

Both sides of a comparison take turns, and the ratio is the median of the turns', so that a machine whose speed drifts
still gives an honest one. Run it on a quiet machine all the same.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import timm
import torch
from torch import Tensor, nn

from sigmask.models.backbone import Backbone
from sigmask.models.backbone_specs import BACKBONES


def main() -> None:
    parser = argparse.ArgumentParser(description="Times the trunk of the embedded model, in pairs of variants.")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    pair = torch.rand(2, 3, 384, 384).contiguous(memory_format=torch.channels_last)
    batch = torch.rand(16, 3, 256, 256).contiguous(memory_format=torch.channels_last)
    folded = Backbone("tiny").to(memory_format=torch.channels_last).freeze()
    adapted = Backbone("tiny").to(memory_format=torch.channels_last).thaw(frozen_stages=2)
    whole = Backbone("tiny").to(memory_format=torch.channels_last).thaw()
    compare(
        "forward, one pair at 384 px: float32 ÷ bfloat16",
        lambda: forward(folded, pair, bfloat16=False),
        lambda: forward(folded, pair, bfloat16=True),
        arguments.turns,
    )
    compare(
        "forward and backward, 8 pairs at 256 px: normalisation apart ÷ folded",
        lambda: step(unfolded(), batch),
        lambda: step(whole, batch),
        arguments.turns,
    )
    compare(
        "forward and backward, 8 pairs at 256 px: nothing frozen ÷ stem and two stages frozen",
        lambda: step(whole, batch),
        lambda: step(adapted, batch),
        arguments.turns,
    )


def compare(what: str, first: Callable[[], None], second: Callable[[], None], turns: int) -> None:
    """Print the median milliseconds of both and the median of the ratios, after one turn that does not count."""
    times = [(_seconds(first), _seconds(second)) for _ in range(turns + 1)][1:]
    before, after = (statistics.median(each) for each in zip(*times, strict=True))
    ratio = statistics.median(one / two for one, two in times)
    print(f"{what}: {1000 * before:.0f} ms ÷ {1000 * after:.0f} ms = {ratio:.2f}")


@torch.inference_mode()
def forward(trunk: nn.Module, pixels: Tensor, *, bfloat16: bool) -> None:
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        trunk(pixels)


def step(trunk: nn.Module, pixels: Tensor) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        features = trunk(pixels)
    sum(depth.float().square().mean() for depth in features).backward()


def unfolded() -> nn.Module:
    """timm's own trunk, cut where ours is cut."""
    spec = BACKBONES["tiny"]
    network = timm.create_model(spec.architecture, features_only=True, out_indices=spec.feature_indices)
    del network.blocks[spec.keep_stages :]
    return network.eval().to(memory_format=torch.channels_last)


def _seconds(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
