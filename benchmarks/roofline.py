"""Operations and bytes of one pair, and what they bound: the figures of docs/roofline.md.

    python benchmarks/roofline.py

Operations are counted by torch on tensors without content, so no weights are needed; a multiplication with its addition
counts as two. Bytes are what every operator writes and the next one reads again, in bfloat16, as if nothing were fused,
and the weights once a batch. The machine's two ceilings are measured: a product of large matrices, and a copy.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from sigmask.annotation.backends.torch_backend import fast_precision
from sigmask.config import load_config
from sigmask.instruction.named_concepts import MAX_CONCEPTS
from sigmask.instruction.picture_side import NOWHERE
from sigmask.models.instruction_batch import InstructionBatch
from sigmask.models.locator import Locator
from sigmask.models.locator_config import LocatorConfig
from sigmask.models.weights_folder import find_weights, read_config
from sigmask.training.stage1 import Stage1Config

BATCH = 8
CONFIGS = Path(__file__).parent.parent / "configs"
PAIRS = 1_100_000
H100_OPERATIONS, H100_BYTES = 989e12, 3.35e12  # a second, dense bfloat16 and memory, from its data sheet (SXM)
ASSUMED_SHARE = 0.35  # of the operations; what vision transformers are commonly seen to reach


class ByteCounter(TorchDispatchMode):
    """Adds up the bytes of what operators make, views left out."""

    def __init__(self) -> None:
        super().__init__()
        self.made = 0

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = operator(*args, **(kwargs or {}))
        if not operator.is_view:
            made = result if isinstance(result, tuple | list) else (result,)
            self.made += sum(2 * tensor.numel() for tensor in made if isinstance(tensor, torch.Tensor))
        return result


def main() -> None:
    dtype = fast_precision(torch.device("cpu"))
    compute, bandwidth = matrix_rate(dtype), copy_rate()
    print(f"this machine: {compute / 1e9:.0f} GFLOP/s in {dtype} matrices, {bandwidth / 1e9:.0f} GB/s copied\n")
    print(
        "| model | GFLOP a pair | in the backbone | MB moved a pair | FLOP a byte | pairs/s here at most | on an H100 |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, config in models().items():
        operations, in_backbone, moved = cost(config)
        here = 1 / max(operations / compute, moved / bandwidth)
        there = 1 / max(operations / (ASSUMED_SHARE * H100_OPERATIONS), moved / H100_BYTES)
        print(
            f"| {name}, {config.long_side} px | {operations / 1e9:.1f} | {100 * in_backbone / operations:.0f} % "
            f"| {moved / 1e6:.0f} | {operations / moved:.0f} | {here:.1f} | {there:.0f} |"
        )
        if name == "dinov2-base":
            print(f"dinov2-base on one H100, estimated: {PAIRS / there / 3600:.2f} hours for {PAIRS:,} pairs")


def models() -> dict[str, LocatorConfig]:
    """`tiny` as it ships, and the recipes for GPUs."""
    recipes = {
        f"dinov2-{size}": load_config(CONFIGS / f"dinov2_{size}_stage1.yaml", Stage1Config).model
        for size in ("small", "base", "large")
    }
    return {"tiny": read_config(find_weights("tiny")), **recipes}


def cost(config: LocatorConfig) -> tuple[float, float, float]:
    """(operations of one square pair, those in the backbone, bytes moved)."""
    with torch.device("meta"):
        model = Locator(config).eval()
        images = torch.zeros(BATCH, 3, config.long_side, config.long_side)
        known = torch.ones(BATCH, MAX_CONCEPTS, dtype=torch.bool)
        concepts = torch.zeros(BATCH, MAX_CONCEPTS, config.text_dimension)
        location = torch.zeros(BATCH, MAX_CONCEPTS, len(NOWHERE))
        said = InstructionBatch(concepts, known, known, known, location, torch.zeros(BATCH, dtype=torch.int64))
    whole, backbone, bytes_made = FlopCounterMode(display=False), FlopCounterMode(display=False), ByteCounter()
    with torch.no_grad(), bytes_made, whole:
        model(images, images, said)
    with torch.no_grad(), backbone:
        model.features(images, images)
    weights = 2 * sum(parameter.numel() for parameter in model.parameters())
    return (
        whole.get_total_flops() / BATCH,
        backbone.get_total_flops() / BATCH,
        (2 * bytes_made.made + weights) / BATCH,
    )


def matrix_rate(dtype: torch.dtype, side: int = 2048) -> float:
    """Operations a second of a product of two square matrices."""
    left, right = (torch.randn(side, side).to(dtype) for _ in range(2))
    return 2 * side**3 / _shortest(lambda: left @ right)


def copy_rate(megabytes: int = 256) -> float:
    """Bytes a second, read and written, of a copy that no cache holds."""
    source = torch.zeros(megabytes * 1_000_000, dtype=torch.uint8)
    target = torch.empty_like(source)
    return 2 * source.numel() / _shortest(lambda: target.copy_(source))


def _shortest(action: Callable[[], Any], tries: int = 7) -> float:
    shortest = math.inf
    for _ in range(tries):
        started = time.perf_counter()
        action()
        shortest = min(shortest, time.perf_counter() - started)
    return shortest


if __name__ == "__main__":
    main()
