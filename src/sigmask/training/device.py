"""What every training begins with, how a batch gets to its device, and in which precision it runs there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from sigmask.cpu_precision import cpu_multiplies_bfloat16
from sigmask.kept_memory import keep_freed_memory
from sigmask.output_path import require_no_file


def begin_training(seed: int, threads: int, output: Path) -> None:
    """The first lines of a training: the same draws for a seed, so many threads, and memory that stays with it.

    Raises:
        SigmaskError: there is a file in the place of the folder `output`.
    """
    require_no_file(output, option="--set output=FOLDER")
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    keep_freed_memory()


def on_device(batch: Any, device: torch.device) -> Any:
    """`batch` with every tensor in its dicts and lists on `device`; the copy overlaps where memory is pinned."""
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {name: on_device(part, device) for name, part in batch.items()}
    if isinstance(batch, list):
        return [on_device(part, device) for part in batch]
    return batch


@contextmanager
def mixed_precision(device: torch.device, *, enabled: bool) -> Iterator[None]:
    """bfloat16 where it is safe and fast, in the block.

    On a CPU, depthwise convolutions that learn stay in float32, and everything does where the CPU would emulate it.
    """
    on_cpu = device.type == "cpu"
    enabled = enabled and not (on_cpu and not cpu_multiplies_bfloat16())
    with torch.autocast(device.type, torch.bfloat16, enabled=enabled):
        if enabled and on_cpu:
            with _Float32Depthwise():
                yield
        else:
            yield


class _Float32Depthwise(TorchFunctionMode):
    """Takes depthwise convolutions out of autocast.

    Their way back is 3 to 13 times slower in bfloat16 on a CPU than in float32 (`docs/decisions/0012`).
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if _is_depthwise(func, args, kwargs) and _learns(args):
            with torch.autocast("cpu", enabled=False):
                exact = [part.float() if isinstance(part, Tensor) else part for part in args]
                found: Tensor = func(*exact, **kwargs)
                return found.to(args[0].dtype)
        return func(*args, **kwargs)


def _learns(args: tuple[Any, ...]) -> bool:
    """Whether a gradient will come back through it: not in a frozen trunk."""
    return torch.is_grad_enabled() and any(isinstance(part, Tensor) and part.requires_grad for part in args)


def _is_depthwise(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether it is `torch.conv2d(input, weight, bias, stride, padding, dilation, groups)` of more than one group."""
    return func is torch.conv2d and (args[6] if len(args) > 6 else kwargs.get("groups", 1)) > 1
