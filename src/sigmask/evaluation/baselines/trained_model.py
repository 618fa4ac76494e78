"""The model under test, loaded once for the rivals that show a part of it alone."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from sigmask.errors import SigmaskError

if TYPE_CHECKING:
    from sigmask.annotation.annotator import Annotator


@functools.lru_cache(maxsize=2)
def load_annotator(model: str) -> Annotator:
    """The annotator of that name, folder or Hub id.

    Raises:
        WeightsError: if there are no such weights, or they are damaged.
    """
    from sigmask.annotation.annotator import Annotator

    return Annotator.from_pretrained(model, backend="torch")


def missing_model(model: str) -> str | None:
    """Why the model cannot be loaded here; None if it can."""
    try:
        load_annotator(model)
    except SigmaskError as error:
        return f"model '{model}' cannot be loaded: {str(error).splitlines()[0]}"
    return None


def model_weights(model: str) -> str:
    """The model's name and its fingerprint."""
    return f"{model} {load_annotator(model).fingerprint}"
