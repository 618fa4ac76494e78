"""What a rival is: a mask maker described as data, and the baseline that it becomes with its tuned values.

A rival is a score, (H, W) and zero or more, that grows with the evidence of a change; a baseline is that score with its
parameters and the threshold at which its probability crosses 0.5.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import ModuleType

from sigmask.evaluation.baselines.rival_score import probability_from_score
from sigmask.types import Annotation, EditPair, MapArray

Parameters = Mapping[str, int | float]


class Need(StrEnum):
    """What a rival asks for beyond the two images."""

    INSTRUCTION = "instruction"
    TORCH = "torch"
    MODEL = "model"
    """The model under test, whose part alone the rival shows."""
    WEIGHTS = "weights"
    """Published weights from a package or a local file."""
    HUB = "hub"
    """Weights that only a hub has."""


def nothing_missing() -> str | None:
    """The availability of a rival that needs no more than what the package depends on."""
    return None


def no_weights() -> str:
    """The weights of a rival that has none."""
    return ""


@dataclass(frozen=True, slots=True)
class Rival:
    """A rival mask maker.

    Attributes:
        name: on the command line.
        idea: what it does, in a line.
        source: whose idea it is.
        score: (pair, **parameters) → (H, W) float32, zero or more, on the edited image's grid; or an `Annotation`,
            which is taken as it is. A rival that needs the model is also given `model`, a model's name.
        threshold: the score whose probability is 0.5, until the tuning finds a better one.
        parameters: of `score`, likewise.
        search: the values that the tuning tries for each parameter.
        self_thresholding: the idea itself says where its threshold lies, so none is tuned.
        needs: beyond the two images.
        missing: why it cannot be run here, None if it can. Given `model` if it needs the model.
        weights: which weights it uses here, empty if it has none. Given `model` if it needs the model.
    """

    name: str
    idea: str
    source: str
    score: Callable[..., MapArray | Annotation]
    threshold: float
    parameters: Parameters = field(default_factory=dict)
    search: Mapping[str, tuple[int | float, ...]] = field(default_factory=dict)
    self_thresholding: bool = False
    needs: tuple[Need, ...] = ()
    missing: Callable[..., str | None] = nothing_missing
    weights: Callable[..., str] = no_weights


@dataclass(frozen=True, slots=True)
class Baseline:
    """A rival with its values, ready to be scored: `baseline(pair)` is what `sigmask.evaluation.run` calls a method.

    Attributes:
        threshold, parameters: see `Rival`.
        origin: where these values come from, in words.
        model: the model whose part a rival shows, for those that need it.
    """

    rival: Rival
    threshold: float
    parameters: Parameters
    origin: str
    model: str = "tiny"

    def __call__(self, pair: EditPair) -> MapArray | Annotation:
        """The probability map, (H, W) float32 in [0, 1] on the edited image's grid, or the model's annotation.

        Raises:
            SigmaskError: if something that `available` names is missing.
        """
        output = self.rival.score(pair, **self.parameters, **self._model_argument())
        return output if isinstance(output, Annotation) else probability_from_score(output, self.threshold)

    def available(self) -> str | None:
        """Why it cannot be run here, and what to do; None if it can."""
        return self.rival.missing(**self._model_argument())

    def weights(self) -> str:
        """Which weights it uses here, for the tables; empty if it has none."""
        return self.rival.weights(**self._model_argument())

    def fingerprint(self) -> str:
        """Hash of its values, its weights and its code, 16 hex digits: equal ones give equal maps."""
        digest = hashlib.sha256(f"{self.rival.name} {self.threshold!r} {sorted(self.parameters.items())}".encode())
        digest.update(self.weights().encode())
        for file in sorted(_source_files(inspect.getmodule(self.rival.score), set())):
            digest.update(Path(file).read_bytes())
        return digest.hexdigest()[:16]

    def _model_argument(self) -> dict[str, str]:
        return {"model": self.model} if Need.MODEL in self.rival.needs else {}


def _source_files(module: ModuleType | None, seen: set[str]) -> set[str]:
    """The file of a rival's module and of those beside it whose functions it uses."""
    if module is None or module.__file__ is None or module.__file__ in seen:
        return seen
    seen.add(module.__file__)
    for value in list(vars(module).values()):
        owner = inspect.getmodule(value) if inspect.isfunction(value) or inspect.isclass(value) else None
        if owner is not None and owner.__name__.startswith(__package__):
            _source_files(owner, seen)
    return seen
