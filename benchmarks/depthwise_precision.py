"""Times a training step's convolutions, there and back, in bfloat16 and in float32, and the grounding both ways.

    python benchmarks/depthwise_precision.py

Why `sigmask.training.device.mixed_precision` keeps them in float32 on a CPU: docs/decisions/0012.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from sigmask.models.pretrained import load_locator
from sigmask.training.device import mixed_precision

BATCH = 32
DEPTHWISE = ((672, 20, 5, 2), (1152, 10, 5, 1), (192, 20, 5, 1))
"""Channels, side, kernel and stride in the grounding of `tiny`, for views of 320 pixels."""
DENSE = ((112, 672, 20), (192, 1152, 10), (1152, 192, 10))
"""Channels before and after, and side, of 1×1 convolutions there."""


def milliseconds(step: Callable[[], object], rounds: int = 5) -> float:
    """Median of a few rounds, after one that does not count."""
    step()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        step()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def both_ways(layer: nn.Conv2d, side: int, name: str) -> None:
    """Print the row of one convolution, there and back in each precision."""
    times = []
    for dtype in (torch.bfloat16, torch.float32):
        learning = layer.to(dtype).to(memory_format=torch.channels_last)
        features = torch.randn(BATCH, layer.in_channels, side, side, dtype=dtype)
        features = features.contiguous(memory_format=torch.channels_last).requires_grad_(True)
        learning.zero_grad()
        times.append(milliseconds(lambda: learning(features).float().sum().backward()))  # noqa: B023 - it runs at once
    half, full = times
    print(f"| {name} | {half:.0f} | {full:.0f} | {half / full:.1f} |")


def main() -> None:
    """Print the table."""
    torch.set_num_threads(2)
    print("| convolution, there and back (ms) | bfloat16 | float32 | ratio |\n|---|---:|---:|---:|")
    for channels, side, kernel, stride in DEPTHWISE:
        layer = nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)
        name = f"depthwise: {channels} channels, {side} × {side}, kernel {kernel}, stride {stride}"
        both_ways(layer, side, name)
    for before, after, side in DENSE:
        name = f"dense: {before} to {after} channels, {side} × {side}"
        both_ways(nn.Conv2d(before, after, 1, bias=False), side, name)
    grounding = load_locator("tiny")[0].grounding.train().requires_grad_(True)
    channels = grounding.visual[0].in_channels
    features = torch.randn(BATCH, channels, 20, 20).contiguous(memory_format=torch.channels_last)
    cpu = torch.device("cpu")

    def whole(context: Callable[[], object]) -> Callable[[], None]:
        def step() -> None:
            with context():  # type: ignore[attr-defined]
                joined = grounding.joint(features).float().sum()
            joined.backward()

        return step

    half = milliseconds(whole(lambda: torch.autocast("cpu", torch.bfloat16)))
    mixed = milliseconds(whole(lambda: mixed_precision(cpu, enabled=True)))
    name = "the grounding's joint space: all in autocast, and as it is trained"
    print(f"| {name} | {half:.0f} | {mixed:.0f} | {half / mixed:.1f} |")


if __name__ == "__main__":
    main()
