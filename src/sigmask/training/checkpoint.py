"""Checkpoints that resume exactly: model, average, optimiser, random state and position in the data."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import torch

from sigmask.config import config_to_dict
from sigmask.errors import WeightsError
from sigmask.training.ema import Model, MovingAverage
from sigmask.whole_file import whole_file

_OF_NO_CONSEQUENCE = ("output", "device", "threads", "workers", "log_every", "checkpoint_every")


def settings_fingerprint(config: Any) -> str:
    """Hash of everything in a training's config that decides what is learned, 16 hex digits."""
    settings = {name: value for name, value in config_to_dict(config).items() if name not in _OF_NO_CONSEQUENCE}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def save_checkpoint(
    path: Path,
    step: int,
    model: Model,
    average: MovingAverage[Model],
    optimiser: torch.optim.Optimizer,
    settings: str = "",
) -> None:
    """Write the training's whole state: to a temporary name, synced, renamed.

    Args:
        settings: see `settings_fingerprint`.
    """
    state = {
        "settings": settings,
        "step": step,
        "model": model.state_dict(),
        "average": average.average.state_dict(),
        "average_steps": average.steps,
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
    }
    with whole_file(path) as partial, partial.open("wb") as file:
        torch.save(state, file)


def load_checkpoint(
    path: Path,
    model: Model,
    average: MovingAverage[Model],
    optimiser: torch.optim.Optimizer,
    settings: str = "",
) -> int:
    """Restore what `save_checkpoint` wrote and return the number of steps already done.

    Raises:
        WeightsError: if the file is damaged, or belongs to another model or to a run with other settings.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        other = state.get("settings", "") != settings
        model.load_state_dict(state["model"])
        average.average.load_state_dict(state["average"])
        average.steps = state["average_steps"]
        optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(
            f"{path} is not a checkpoint of this training ({error}); give another output folder, or remove it"
        ) from error
    if other:
        raise WeightsError(
            f"{path} belongs to a run with other settings; give another output folder, or start anew with --fresh"
        )
    return int(state["step"])
