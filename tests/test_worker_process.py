"""Workers of a killed run end, whether they are at work or wait for some."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sigmask.annotation.output_lock import Owner
from sigmask.annotation.sharding import Shard

_TWO_WORKERS = """
import multiprocessing, os, pathlib, sys, time
from concurrent.futures import ProcessPoolExecutor
from sigmask.worker_process import leave_with_parent

def work(folder, seconds):
    (pathlib.Path(folder) / str(os.getpid())).touch()
    time.sleep(seconds)

if __name__ == "__main__":
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn, initializer=leave_with_parent) as pool:
        for seconds in (600, 0.5):
            pool.submit(work, sys.argv[1], seconds)
"""
_PATIENCE = 60.0  # seconds


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_workers_of_a_killed_run_end(tmp_path: Path) -> None:
    script, folder = tmp_path / "run.py", tmp_path / "workers"
    script.write_text(_TWO_WORKERS)
    folder.mkdir()
    run = subprocess.Popen([sys.executable, str(script), str(folder)])
    try:
        assert _comes_true(lambda: len(list(folder.iterdir())) == 2)
    finally:
        run.kill()
        run.wait()
    this = Owner.this_process(Shard())
    workers = [replace(this, pid=int(path.name)) for path in folder.iterdir()]
    assert _comes_true(lambda: all(worker.is_gone() for worker in workers))


def _comes_true(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
