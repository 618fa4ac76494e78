"""What an engine is made of: the graph beside the weights, or the model in torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sigmask.errors import MissingExtraError
from sigmask.models.weights_folder import GRAPH_FILE, MODEL_FILE

if TYPE_CHECKING:
    from sigmask.models.locator import Locator


class ModelSource:
    """Weights in a folder, or a model in memory; torch is loaded when the model itself is asked for.

    Args:
        folder: of weights; None if there is only `model`.
        model: if it is loaded already.
        key: names the weights in the cache of exported models; "" keeps nothing.
    """

    def __init__(self, *, folder: Path | None = None, model: Locator | None = None, key: str = "") -> None:
        if folder is None and model is None:
            raise ValueError("expected a folder of weights or a model, got neither")
        self.folder = folder
        self.key = key
        self._model = model

    @property
    def graph(self) -> Path | None:
        """The exported model beside the weights, if there is one."""
        path = None if self.folder is None else self.folder / GRAPH_FILE
        return path if path is not None and path.is_file() else None

    @property
    def size(self) -> int:
        """Bytes of the weights."""
        if self.folder is not None and (self.folder / MODEL_FILE).is_file():
            return (self.folder / MODEL_FILE).stat().st_size
        return sum(value.numel() * value.element_size() for value in self.model.state_dict().values())

    @property
    def model(self) -> Locator:
        """The model in torch.

        Raises:
            MissingExtraError: torch is not installed.
            WeightsError: the weights are damaged.
        """
        if self._model is None:
            try:
                from sigmask.models.pretrained import load_model
            except ImportError as error:
                raise MissingExtraError(
                    "torch", "torch", "this (the model itself, and not its exported graph)"
                ) from error
            assert self.folder is not None
            self._model = load_model(self.folder)
        return self._model
