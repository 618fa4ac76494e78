"""Checkpoints that resume exactly on a CPU: model, average, optimiser, random state and position in the data.

A GPU's own random state is not kept.
"""

from __future__ import annotations

import json
import pickle
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from sigmask.config import config_to_dict
from sigmask.errors import WeightsError
from sigmask.training.ema import Model, MovingAverage
from sigmask.whole_file import whole_file

_OF_NO_CONSEQUENCE = ("output", "device", "threads", "workers", "log_every", "checkpoint_every")


Settings = dict[str, str]
"""What a training's config says, dotted name → value as JSON."""


def learned_settings(config: Any) -> Settings:
    """Everything in a training's config that decides what is learned."""
    settings = {name: value for name, value in config_to_dict(config).items() if name not in _OF_NO_CONSEQUENCE}
    return dict(_flat(settings, ""))


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", json.dumps(value)


def save_checkpoint(
    path: Path,
    step: int,
    model: Model,
    average: MovingAverage[Model],
    optimiser: torch.optim.Optimizer,
    settings: Settings | None = None,
) -> None:
    """Write the training's whole state: to a temporary name, synced, renamed.

    Args:
        settings: see `learned_settings`.
    """
    state = {
        "settings": settings or {},
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
    settings: Settings | None = None,
) -> int:
    """Restore what `save_checkpoint` wrote and return the number of steps already done.

    Raises:
        WeightsError: if the file is damaged, or belongs to another model or to a run with other settings.
    """
    try:
        _require_whole(path)
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        _require_same(state["settings"], settings or {}, path)
        model.load_state_dict(state["model"])
        average.average.load_state_dict(state["average"])
        average.steps = state["average_steps"]
        optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
    except (
        OSError,
        RuntimeError,
        AttributeError,
        KeyError,
        ValueError,
        TypeError,
        EOFError,
        pickle.UnpicklingError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise WeightsError(
            f"{path} is not a checkpoint of this training ({error}); give another output folder, or remove it"
        ) from error
    return int(state["step"])


def checkpoint_step(path: Path) -> int:
    """The number of steps that a checkpoint holds; 0 where there is none that can be read."""
    try:
        return int(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["step"])
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, EOFError, pickle.UnpicklingError):
        return 0


def _require_whole(path: Path) -> None:
    """Compare every part with its checksum, which `torch.save` writes and `torch.load` does not look at."""
    with zipfile.ZipFile(path) as file:
        damaged = file.testzip()
    if damaged is not None:
        raise ValueError(f"it is damaged: {damaged} is not what was written")


def _require_same(earlier: Settings, now: Settings, path: Path) -> None:
    differing = [
        f"{name}: {earlier.get(name, 'none')} there, {now.get(name, 'none')} now"
        for name in dict.fromkeys((*now, *earlier))
        if earlier.get(name) != now.get(name)
    ]
    if differing:
        longer = _how_to_go_on(earlier, path) if earlier.get("steps") != now.get("steps") else ""
        raise WeightsError(
            f"{path} belongs to a run with other settings ({'; '.join(differing)}); "
            f"give another output folder, or remove that one (--fresh does so for a single run){longer}"
        )


def _how_to_go_on(earlier: Settings, path: Path) -> str:
    """What to do instead of changing `steps`, in words; of views that were seen where a stage can skip them."""
    told = (
        "; the learning rate falls over all of 'steps', so that a run cannot be made longer or shorter: "
        f"to go on from its weights, give another output, initial: {path.parent}"
    )
    if not {"positions_offset", "steps", "batch"} <= earlier.keys():
        return f"{told}, and another seed"
    seen = int(earlier["positions_offset"]) + int(earlier["steps"]) * int(earlier["batch"])
    return f"{told}, and positions_offset: {seen} where the views are to be new ones"
