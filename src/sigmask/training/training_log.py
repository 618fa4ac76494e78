"""The log of a training: one JSON line per interval in a file, one readable line on the terminal."""

from __future__ import annotations

import json
import time
from pathlib import Path

from torch import Tensor


class TrainingLog:
    """Means of every loss over `every` steps, appended to `path`.

    A run that goes on from step `done` takes the place of what an earlier one logged past it. Seconds per step count
    from when the log is made: after the first batch was loaded.
    """

    def __init__(self, path: Path, *, done: int, steps: int, every: int) -> None:
        self._path, self._done, self._steps, self._every = path, done, steps, every
        self._started = time.monotonic()
        self._sums: dict[str, float] = {}
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        kept = [line for line in lines if 0 < _step_of(line) <= done]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")

    def add(self, step: int, values: dict[str, Tensor]) -> None:
        """Note the losses of step `step`, counted from 1."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.detach())
        if step % self._every and step != self._steps:
            return
        count = (step - self._done - 1) % self._every + 1
        means = {name: round(value / count, 4) for name, value in self._sums.items()}
        self._sums = {}
        seconds = (time.monotonic() - self._started) / (step - self._done)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "seconds_per_step": round(seconds, 3), **means}) + "\n")
        shown = "  ".join(f"{name} {value:.3f}" for name, value in means.items())
        left = seconds * (self._steps - step) / 60
        print(f"step {step}/{self._steps}  {shown}  {seconds:.2f} s/step  {left:.0f} min left", flush=True)


def _step_of(line: str) -> int:
    """0 for what is no line of a log: a kill while it was written leaves half of one."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return 0
