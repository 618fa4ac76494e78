"""Runs `annotate` in processes that tests may kill: one interpreter that imports everything once and then forks.

Reads one JSON object a line: the keywords of `_annotate`. Answers with the process's id, and when it has ended with
its exit code: 0, 2 for a `SigmaskError` (its message then lies in OUTPUT.error), or minus the signal's number.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from sigmask.annotation.pipeline import AnnotateOptions, annotate
from sigmask.annotation.sharding import Shard
from sigmask.data.corpus import load_corpus
from sigmask.errors import SigmaskError
from sigmask.types import Annotation, EditPair
from tests.annotation.fake_annotator import FakeAnnotator

ROWS_PER_PART = 6


class CrashServer:
    """The client's side: one process at a time."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.annotation.crash_server"],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> CrashServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(timeout=20)

    def start(self, corpus: Path, output: Path, **keywords: Any) -> int:
        """Start a run; returns its process id."""
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({"corpus": str(corpus), "output": str(output), **keywords}) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def wait(self) -> int:
        """The exit code of the run that was started last."""
        return self._answer()

    def run(self, corpus: Path, output: Path, **keywords: Any) -> int:
        """Start a run and wait for its exit code."""
        self.start(corpus, output, **keywords)
        return self.wait()

    def _answer(self) -> int:
        assert self._server.stdout is not None
        return int(self._server.stdout.readline())


class SlowAnnotator(FakeAnnotator):
    """Takes `pace` seconds for each batch."""

    def __init__(self, pace: float, fails_on: Sequence[str]) -> None:
        super().__init__(fails_on)
        self._pace = pace

    def infer(self, prepared: Sequence[EditPair]) -> list[Annotation]:
        time.sleep(self._pace)
        return super().infer(prepared)


def _annotate(
    corpus: str,
    output: str,
    kill_at: int | None = None,
    pace: float = 0.0,
    fails_on: Sequence[str] = (),
    file_size_limit: int | None = None,
    limit: int | None = None,
    shard: str = "0/1",
    retry_quarantine: bool = False,
) -> None:
    """One run, killed just before its `kill_at`-th change of the file system, counted from 1."""
    if file_size_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_limit, resource.RLIM_INFINITY))
    if kill_at is not None:
        _kill_before_change(kill_at)
    options = AnnotateOptions(
        batch_size=4,
        workers=2,
        limit=limit,
        rows_per_part=ROWS_PER_PART,
        shard=Shard.parse(shard),
        retry_quarantine=retry_quarantine,
    )
    annotate(load_corpus(corpus), SlowAnnotator(pace, fails_on), Path(output), options)


def _kill_before_change(number: int) -> None:
    """Patch everything that makes, names, flushes or removes a file, so that the crash falls between two of them."""
    changes = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            nonlocal changes
            changes += 1
            if changes == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **keywords)

        return call

    for name in ("fsync", "link"):
        setattr(os, name, counted(getattr(os, name)))
    for name in ("replace", "rename", "unlink", "write_bytes"):
        setattr(Path, name, counted(getattr(Path, name)))


def _serve() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        process = os.fork()
        if process == 0:
            code = 3
            try:
                _annotate(**request)
                code = 0
            except SigmaskError as error:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                Path(request["output"] + ".error").write_text(str(error), encoding="utf-8")
                code = 2
            finally:
                os._exit(code)
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
