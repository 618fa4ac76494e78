"""What an engine is given and gives back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sigmask.errors import WeightsError
from sigmask.instruction.instruction_arrays import ACTIONS, InstructionArrays

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RawOutput:
    """What the model says of B pairs of one frame.

    Attributes:
        mask_logits: (B, H, W).
        prior: (B, h, w) in [0, 1].
        quality_logits: (B,), the sigmoid is the expected IoU.
        scope_logits: (B, 3), in the order of `types.SCOPES`.
    """

    mask_logits: Floats
    prior: Floats
    quality_logits: Floats
    scope_logits: Floats


INPUTS = ("images", *(field.name for field in fields(InstructionArrays)))
"""What an exported model takes: see `Backend.run` and `InstructionArrays`."""
OUTPUTS = tuple(field.name for field in fields(RawOutput))
"""What of a `LocatorOutput` annotations are made of."""


ACTIONS_KEY, ACTIONS_NAMED = "sigmask.actions", ",".join(ACTIONS)
"""In an exported model's metadata: the actions in the order of their indices, which a new one moves."""

Frame = tuple[npt.NDArray[np.uint8], InstructionArrays]
"""Pairs of one size, as `Backend.run` takes them."""


class Backend(ABC):
    """One model, ready to run. Called from one thread at a time.

    Attributes:
        name: as `--backend` takes it.
        precision: the type it multiplies in, such as "bfloat16": part of a run's fingerprint.
    """

    name: str
    precision: str

    @abstractmethod
    def run(self, images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> RawOutput:
        """Locate.

        Args:
            images: (2, B, H, W, 3), the originals and the edited images, of a size that the backbone can take.
        """

    def run_all(self, frames: Sequence[Frame]) -> list[RawOutput]:
        """The same for pairs of several sizes, which an engine may do side by side."""
        return [self.run(images, instruction) for images, instruction in frames]


def check_graph(inputs: Collection[str], actions: str | None, graph: Path) -> None:
    """Refuse a graph that takes other inputs than this version gives, or counts its actions otherwise.

    Args:
        actions: what the graph's metadata has under `ACTIONS_KEY`; None if nothing.

    Raises:
        WeightsError: it was exported by another version.
    """
    if set(inputs) != set(INPUTS):
        differs = f"it takes {', '.join(sorted(inputs))}, expected {', '.join(sorted(INPUTS))}"
    elif actions != ACTIONS_NAMED:
        differs = f"its actions are {actions or 'not named'}, expected {ACTIONS_NAMED}"
    else:
        return
    raise WeightsError(
        f"{graph} was exported by another version of sigmask: {differs}. Export it again: "
        f"python -m sigmask.annotation.backends.onnx_export {graph.parent}"
    )


def inputs_of(images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> dict[str, np.ndarray]:
    """The arrays of `INPUTS`, by name."""
    said = (getattr(instruction, name) for name in INPUTS[1:])
    return dict(zip(INPUTS, (images, *said), strict=True))


def output_of(arrays: Sequence[np.ndarray]) -> RawOutput:
    """`RawOutput` of the arrays of `OUTPUTS`."""
    return RawOutput(*(np.asarray(array, dtype=np.float32) for array in arrays))
