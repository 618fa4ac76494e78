"""From the command to the first mask, and to the end of a run that was finished already; each in a process of its own.

    python benchmarks/start_up.py

The best of three, so that what is measured is the program and not a cold disk.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from annotate_throughput import write_pairs

TRIES = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = cv2.resize(np.random.default_rng(0).integers(0, 256, (12, 12, 3)).astype(np.uint8), (512, 512))
        cv2.imwrite(str(folder / "original.jpg"), picture)
        cv2.circle(picture, (200, 200), 60, (0, 0, 255), -1)
        cv2.imwrite(str(folder / "edited.jpg"), picture)
        write_pairs(folder / "pairs.parquet", 1000, np.random.default_rng(0))
        mask = ["mask", "original.jpg", "edited.jpg", "-i", "add a red ball", "-o", "mask.png"]
        for backend, package in (("onnx", "onnxruntime"), ("openvino", "openvino"), ("torch", "torch")):
            if importlib.util.find_spec(package) is not None:
                print(f"first mask, {backend:9} {seconds([*mask, '--backend', backend], folder):.1f} s")
        run = ["annotate", "pairs.parquet", "-o", "masks"]
        print(f"annotate, 1,000 pairs  {seconds(run, folder, tries=1):.1f} s")
        print(f"the same again         {seconds(run, folder):.1f} s")


def seconds(arguments: list[str], folder: Path, tries: int = TRIES) -> float:
    """The shortest wall time of `sigmask` with these arguments, run in `folder`."""
    times = []
    for _ in range(tries):
        started = time.perf_counter()
        command = [sys.executable, "-m", "sigmask.cli.main", *arguments]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
