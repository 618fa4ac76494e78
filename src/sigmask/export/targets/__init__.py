"""The formats that `sigmask export --to` knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sigmask.errors import SigmaskError, unknown_name
from sigmask.export.targets.coco import CocoTarget
from sigmask.export.targets.folders import FoldersTarget
from sigmask.export.targets.hugging_face import HuggingFaceTarget
from sigmask.export.targets.imdl_benco import ImdlBencoTarget
from sigmask.export.targets.target import Target
from sigmask.export.targets.web_dataset import WebDatasetTarget

TARGETS: dict[str, Callable[[Path, Path], Target]] = {
    "imdl-benco": ImdlBencoTarget,
    "coco": CocoTarget,
    "webdataset": WebDatasetTarget,
    "hf": HuggingFaceTarget,
    "folders": FoldersTarget,
}
"""Name to what makes the format from (folder to write into, the folder's final place)."""

WITH_ORIGINALS: dict[str, Callable[[Path, Path], Target]] = {
    "webdataset": partial(WebDatasetTarget, with_originals=True),
    "hf": partial(HuggingFaceTarget, with_originals=True),
    "folders": FoldersTarget,
}
"""The formats that have a place for the original beside the edited picture; `folders` always writes it."""


def find_target(name: str, *, with_originals: bool = False) -> Callable[[Path, Path], Target]:
    """The format of that name, with the originals beside the edited pictures if so wished.

    Raises:
        SigmaskError: there is none; the message names the nearest, or those that have a place for originals.
    """
    if name not in TARGETS:
        raise SigmaskError(f"--to: {unknown_name('format', name, TARGETS)}")
    if not with_originals:
        return TARGETS[name]
    if name not in WITH_ORIGINALS:
        raise SigmaskError(
            f"--with-originals: {name} has no place for originals beside the edited pictures. "
            f"Formats that have: {', '.join(WITH_ORIGINALS)}"
        )
    return WITH_ORIGINALS[name]
