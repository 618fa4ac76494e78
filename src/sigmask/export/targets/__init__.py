"""The formats that `sigmask export --to` knows."""

from __future__ import annotations

from collections.abc import Callable
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


def find_target(name: str) -> Callable[[Path, Path], Target]:
    """The format of that name.

    Raises:
        SigmaskError: there is none; the message names the nearest.
    """
    if name not in TARGETS:
        raise SigmaskError(f"--to: {unknown_name('format', name, TARGETS)}")
    return TARGETS[name]
