"""sigmask: the pixel mask of what an image editor really changed, from (original, edited, instruction).

The public API is what this module names; everything else may change.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sigmask.errors import SigmaskError
from sigmask.types import Action, Annotation, BadSample, EditPair, EditTuple, Scope
from sigmask.version import __version__

if TYPE_CHECKING:
    from sigmask.annotation.annotator import Annotator
    from sigmask.data.corpus import load_corpus

__all__ = [
    "Action",
    "Annotation",
    "Annotator",
    "BadSample",
    "EditPair",
    "EditTuple",
    "Scope",
    "SigmaskError",
    "__version__",
    "load_corpus",
]

if sys.argv[:1] == ["-m"]:  # `python -m sigmask.…`: the tool's own imports come before it could say what is missing
    from sigmask.command_errors import tell_missing_extras

    tell_missing_extras()


def __dir__() -> list[str]:  # what is imported at first use is there to be completed too
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:  # `import sigmask` stays fast: torch is imported at first use
    if name == "Annotator":
        from sigmask.annotation.annotator import Annotator

        return Annotator
    if name == "load_corpus":
        from sigmask.data.corpus import load_corpus

        return load_corpus
    raise AttributeError(f"module 'sigmask' has no attribute '{name}'")
