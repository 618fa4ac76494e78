"""The loop that the stages share: batch → losses → step → moving average → checkpoint.

A checkpoint holds the position in the data too, so that a run killed and started again goes on with the view it would
have seen next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from sigmask.errors import SigmaskError
from sigmask.training.checkpoint import learned_settings, load_checkpoint, save_checkpoint
from sigmask.training.device import on_device
from sigmask.training.ema import Model, MovingAverage
from sigmask.training.schedule import learning_rate_factor, parameter_groups, set_learning_rates
from sigmask.training.training_log import TrainingLog

Batch = TypeVar("Batch")


class LoopConfig(Protocol):
    """What the loop asks of a stage's config."""

    @property
    def output(self) -> Path: ...
    @property
    def steps(self) -> int: ...
    @property
    def warmup(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def backbone_learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def log_every(self) -> int: ...
    @property
    def checkpoint_every(self) -> int: ...


def run_steps(
    model: Model,
    average: MovingAverage[Model],
    backbone: nn.Module,
    config: LoopConfig,
    *,
    batches_from: Callable[[int], Iterable[Batch]],
    losses_of: Callable[[Batch, int], dict[str, Tensor]],
    save_weights: Callable[[], None],
    resume: bool,
) -> None:
    """Train `model` to the end of the run.

    Args:
        backbone: the part of `model` that has a learning rate of its own.
        batches_from: number of steps done → the batches that are left.
        losses_of: (batch, step from 0) → losses by name; "total" is what is minimised.
        save_weights: writes what the run hands out.
        resume: go on from `output/checkpoint.pt` if there is one.

    Raises:
        SigmaskError: the losses are no numbers any more, or whatever a loader's worker met.
        WeightsError: see `load_checkpoint`.
    """
    optimiser = torch.optim.AdamW(parameter_groups(model, backbone), weight_decay=config.weight_decay)
    checkpoint, settings = config.output / "checkpoint.pt", learned_settings(config)
    done = load_checkpoint(checkpoint, model, average, optimiser, settings) if resume and checkpoint.is_file() else 0
    device = next(model.parameters()).device
    batches = _told_plainly(batches_from(done))
    # Before the folder, since a run without its pairs leaves none behind, and before the log, whose clock starts then.
    first = list(islice(batches, 1))
    config.output.mkdir(parents=True, exist_ok=True)
    log = TrainingLog(config.output / "log.jsonl", done=done, steps=config.steps, every=config.log_every)
    for step, batch in enumerate(chain(first, batches), start=done):
        factor = learning_rate_factor(step, steps=config.steps, warmup=config.warmup)
        set_learning_rates(optimiser, (config.learning_rate, config.backbone_learning_rate), factor)
        losses = losses_of(on_device(batch, device), step)
        require_finite(losses["total"], step)
        optimiser.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_((p for g in optimiser.param_groups for p in g["params"]), 2.0)
        optimiser.step()
        average.update(model)
        log.add(step + 1, losses)
        if (step + 1) % config.checkpoint_every == 0 or step + 1 == config.steps:
            save_weights()  # before the checkpoint: one that says "finished" has its weights beside it
            save_checkpoint(checkpoint, step + 1, model, average, optimiser, settings)


def require_finite(total: Tensor, step: int) -> None:
    """Refuse to go on with a loss that is no number.

    Args:
        step: from 0; it is told from 1, as in the log.

    Raises:
        SigmaskError: if it is not finite.
    """
    if not bool(torch.isfinite(total)):
        raise SigmaskError(
            f"the training diverged: the loss of step {step + 1} is {float(total.detach())}. Lower the learning rates "
            "(or raise 'warmup', or set bfloat16=false), and start anew (--fresh, or another output folder)"
        )


def _told_plainly(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The batches; what a user can mend, met in a loader's worker, is told without the worker's traceback."""
    try:
        yield from batches
    except SigmaskError as error:
        kind = f"{type(error).__module__}.{type(error).__qualname__}: "
        if "\nOriginal Traceback" not in str(error):
            raise
        raise type(error)(str(error).rpartition(kind)[2].strip()) from error
