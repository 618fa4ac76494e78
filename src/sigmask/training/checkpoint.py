"""Checkpoints that resume exactly: model, average, optimiser, random state and position in the data."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from sigmask.data.whole_file import whole_file
from sigmask.errors import WeightsError
from sigmask.training.ema import Model, MovingAverage


def save_checkpoint(
    path: Path, step: int, model: Model, average: MovingAverage[Model], optimiser: torch.optim.Optimizer
) -> None:
    """Write the training's whole state: to a temporary name, synced, renamed."""
    state = {
        "step": step,
        "model": model.state_dict(),
        "average": average.average.state_dict(),
        "average_steps": average.steps,
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
    }
    with whole_file(path) as partial, partial.open("wb") as file:
        torch.save(state, file)


def load_checkpoint(path: Path, model: Model, average: MovingAverage[Model], optimiser: torch.optim.Optimizer) -> int:
    """Restore what `save_checkpoint` wrote and return the number of steps already done.

    Raises:
        WeightsError: if the file is damaged or belongs to another model.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        average.average.load_state_dict(state["average"])
        average.steps = state["average_steps"]
        optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(
            f"{path} is not a checkpoint of this training ({error}); give another output folder, or remove it"
        ) from error
    return int(state["step"])
