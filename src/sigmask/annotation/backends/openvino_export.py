"""Weights without a graph, exported from torch to OpenVINO.

The export is kept in the user's cache, under the hash of weights and code: the first start takes seconds longer than
the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

from sigmask.annotation.backends.flat_model import FlatModel, tracing
from sigmask.annotation.backends.openvino_backend import import_openvino
from sigmask.models.locator import Locator
from sigmask.user_cache import cache_folder
from sigmask.whole_file import whole_folder

_GRAPH = "model.xml"
_GRAPH_CODE = (
    *("models", "types.py", "instruction/named_concepts.py", "instruction/instruction_arrays.py"),
    *("annotation/backends/backend.py", "annotation/backends/flat_model.py"),
)


def exported(core: Any, model: Locator, key: str) -> Any:
    """The export of `model`, on the CPU: from the cache where it is there under `key`, "" keeps nothing."""
    folder = cache_folder()
    if not key or folder is None:
        return _export(model)
    kept = folder / "openvino" / f"{key}-{_version()}"
    with contextlib.suppress(RuntimeError):  # not there, or not whole
        return core.read_model(kept / _GRAPH)
    damaged = kept.exists()
    exported = _export(model)
    for other in kept.parent.glob(f"{key}-*"):  # of other code, which is gone
        if other != kept or damaged:
            shutil.rmtree(other, ignore_errors=True)
    _keep(exported, kept)
    with contextlib.suppress(RuntimeError):  # as later starts will take it: read back, it rounds a little differently
        return core.read_model(kept / _GRAPH)
    return exported


def _version() -> str:
    """Of the engine and of the code that is exported: an export of other code is never taken."""
    digest = hashlib.sha256(import_openvino().__version__.encode())
    package = Path(str(resources.files("sigmask")))
    for part in _GRAPH_CODE:
        for source in sorted((package / part).glob("*.py")) if (package / part).is_dir() else [package / part]:
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _export(model: Locator) -> Any:
    flat = FlatModel(model.eval())
    with tracing():
        return import_openvino().convert_model(flat, example_input=flat.example())


def _keep(exported: Any, kept: Path) -> None:
    """Write the export into a folder of its own that appears whole; where that cannot be done, nothing is kept."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(kept) as made:
            import_openvino().save_model(exported, made / _GRAPH, compress_to_fp16=False)
    except (OSError, RuntimeError):  # a full or closed disk, or another process that was first
        return
