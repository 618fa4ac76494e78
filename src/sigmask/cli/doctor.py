"""`sigmask doctor`: is this installation able to do its job?"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from sigmask.command_errors import EXTRA_OF
from sigmask.models.weights_folder import GRAPH_FILE, MODEL_FILE, TEXT_FILE
from sigmask.version import __version__

if TYPE_CHECKING:
    from sigmask.types import ImageArray

_PACKAGES = ("onnxruntime", "opencv-python-headless", "pyarrow", "numpy", "pillow")
_EXTRAS = dict(EXTRA_OF.values())
"""Package → the extra that brings it."""


def doctor() -> None:
    """Print versions, devices and weights, and run a self-test. Exit code 1 if a check fails."""
    console = Console(highlight=False)
    console.print(f"sigmask {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for package in _PACKAGES:
        console.print(f"  {package} {_installed(package) or 'is not installed under this name'}")
    for package, extra in _EXTRAS.items():
        missing = f"is not installed (an extra: pip install 'sigmask[{extra}]')"
        console.print(f"  {package} {_installed(package) or escape(missing)}")
    console.print(f"  {os.cpu_count()} cores, devices: {', '.join(_devices())}")
    for path in _embedded_weights():
        size = path.stat().st_size / 1e6
        console.print(escape(f"  weights {path.parent.name}/{path.name}: {size:.1f} MB, sha256 {_sha256(path)[:16]}"))
    failed = 0
    for name, check in _CHECKS.items():
        try:
            problem = check()
        except Exception as error:  # a broken installation breaks in any way; the doctor reports each
            problem = f"{type(error).__name__}: {error}"
        failed += problem is not None
        verdict = f"[red]FAILED[/]  {name}: {escape(problem)}" if problem else f"[green]ok[/]  {name}"
        console.print(f"  {verdict}")
    if failed:
        raise typer.Exit(1)


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _devices() -> list[str]:
    if importlib.util.find_spec("torch") is None:
        return ["cpu"]
    import torch

    names = [f"cuda:{index} ({torch.cuda.get_device_name(index)})" for index in range(torch.cuda.device_count())]
    return ["cpu", *names, *(["mps"] if torch.backends.mps.is_available() else [])]


def _embedded_weights() -> list[Path]:
    folder = Path(str(resources.files("sigmask"))) / "weights"
    return sorted(path for path in folder.rglob("*") if path.suffix in (".safetensors", ".onnx"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _weights_present() -> str | None:
    missing = {MODEL_FILE, TEXT_FILE, GRAPH_FILE} - {path.name for path in _embedded_weights()}
    return f"no {', no '.join(sorted(missing))} inside the package: reinstall it" if missing else None


def _finds_a_drawn_edit() -> str | None:
    import cv2
    import numpy as np

    from sigmask.annotation.annotator import Annotator

    original = _drawn_picture()
    edited = original.copy()
    cv2.circle(edited, (170, 100), 34, (210, 40, 30), -1)
    mask = np.zeros(original.shape[:2], np.uint8)
    cv2.circle(mask, (170, 100), 34, (255,), -1)
    truth = mask > 0
    found = Annotator.from_pretrained("tiny", device="cpu")(original, edited, "add a red ball").mask
    overlap = float((found & truth).sum() / max((found | truth).sum(), 1))
    return None if overlap > 0.5 else f"IoU with the true mask is {overlap:.2f}, expected above 0.5"


def _identical_pair_is_empty() -> str | None:
    from sigmask.annotation.annotator import Annotator

    original = _drawn_picture()
    found = Annotator.from_pretrained("tiny", device="cpu")(original, original.copy(), "add a red ball").mask
    return f"{int(found.sum())} pixels are marked, expected none" if found.any() else None


def _drawn_picture() -> ImageArray:
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 216, (6, 8, 3)).astype(np.float32)
    picture = cv2.resize(coarse, (256, 192), None, 0, 0, cv2.INTER_CUBIC)
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


_CHECKS: dict[str, Callable[[], str | None]] = {
    "weights inside the package": _weights_present,
    "a drawn edit is found": _finds_a_drawn_edit,
    "an image against itself gives an empty mask": _identical_pair_is_empty,
}
