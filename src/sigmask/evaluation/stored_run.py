"""One method on one benchmark, kept on disk, so that a table costs what is new in it and a killed one goes on.

An entry is a folder named by a hash of everything that decides the result: the method's weights, values and code, the
benchmark's files, what the method was told, and the code of the metrics. It holds `run.json` and the worst cases as
pictures. It appears whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmask.errors import ConfigError, SigmaskError
from sigmask.evaluation.benchmark import Benchmark
from sigmask.evaluation.benchmark_result import BenchmarkResult, ResultError
from sigmask.evaluation.methods import NamedMethod, code_fingerprint
from sigmask.user_cache import CACHE_VARIABLE, cache_folder
from sigmask.whole_file import whole_file

_NOT_OF_RESULTS = (
    *("benchmark_facts", "comparison", "gain", "hard_bench", "instruction_ablation", "methods", "null_round_trips"),
    *("prior_accuracy", "prior_variants", "results_page", "selective_scores", "suite", "tables"),
)
"""Modules that change nothing of a result, or whose share in it the method's fingerprint covers."""
_TABLES_WITH_IMAGES_BESIDE = {".jsonl", ".ndjson", ".csv", ".tsv", ".json"}
_DAY = 86_400  # seconds
_LIBRARIES = ("numpy", "opencv-python-headless", "scikit-image", "onnxruntime", "torch", "timm")
"""Their versions decide the last digits, and may decide more."""


@dataclass(frozen=True, slots=True)
class StoredCase:
    """The picture of one pair: `badness` is 1 - F1, or the false-positive share where nothing was edited."""

    file: str
    sample_id: str
    badness: float


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A result and what belongs to it.

    Attributes:
        origin: where the method's weights or values come from, in words.
        rival: see `NamedMethod`.
        peak_memory: of the process that ran the method, in bytes; None where the system does not tell.
        threads: how many the method could use while it was timed.
        machine: where it was timed.
        cases: the worst pairs, the worst first; their files lie in `folder`.
    """

    result: BenchmarkResult
    origin: str
    rival: bool
    peak_memory: int | None
    threads: int
    machine: str
    cases: tuple[StoredCase, ...]
    folder: Path

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, the folder left out."""
        return {
            "result": self.result.to_dict(),
            "origin": self.origin,
            "rival": self.rival,
            "peak_memory": self.peak_memory,
            "threads": self.threads,
            "machine": self.machine,
            "cases": [[case.file, case.sample_id, case.badness] for case in self.cases],
        }


class RunStore:
    """Entries below a folder, which is made when the first is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, key: str) -> StoredRun | None:
        """The entry, None if there is none; a damaged one counts as none and is made again."""
        folder = self.folder / key
        try:
            plain = json.loads((folder / "run.json").read_bytes())
            cases = tuple(StoredCase(str(file), str(name), float(bad)) for file, name, bad in plain["cases"])
            if not all((folder / case.file).is_file() for case in cases):
                return None
            return StoredRun(
                BenchmarkResult.from_dict(plain["result"]),
                str(plain["origin"]),
                bool(plain["rival"]),
                plain["peak_memory"],
                int(plain["threads"]),
                str(plain["machine"]),
                cases,
                folder,
            )
        except (OSError, ValueError, KeyError, TypeError, ResultError):
            return None

    def store(self, key: str, make: Callable[[Path], StoredRun]) -> StoredRun:
        """Give `make` a new folder for its pictures, and keep what it returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=self.folder))
        try:
            plain = make(partial).to_dict()
            with whole_file(partial / "run.json") as file:
                file.write_text(json.dumps(plain, allow_nan=False), encoding="utf-8")
            shutil.rmtree(self.folder / key, ignore_errors=True)
            with contextlib.suppress(OSError):  # another process may have stored the same at this moment
                partial.rename(self.folder / key)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        stored = self.load(key)
        if stored is None:
            raise SigmaskError(f"the result could not be kept in {self.folder}: is the disk full, or not writable?")
        return stored

    def _sweep(self) -> None:
        """Remove what processes left behind that were killed a day ago or earlier."""
        for left in self.folder.glob(".partial-*"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _DAY:
                    shutil.rmtree(left, ignore_errors=True)


def default_store() -> Path:
    """`evaluation` in the cache folder.

    Raises:
        ConfigError: there is no home for one.
    """
    folder = cache_folder()
    if folder is None:
        raise ConfigError(f"results are kept in the user's cache folder, and there is no home: set {CACHE_VARIABLE}")
    return folder / "evaluation"


def run_key(method: NamedMethod, benchmark: Benchmark, condition: str, limit: int | None) -> str:
    """The name of an entry; see the module."""
    versions = [(name, _version(name)) for name in _LIBRARIES]
    parts = (versions, method.name, method.fingerprint, benchmark.name, files_fingerprint(benchmark), condition, limit)
    code = code_fingerprint(("evaluation", "evaluation/benchmark_layouts", "data"), _NOT_OF_RESULTS)
    return hashlib.sha256(repr((parts, code)).encode()).hexdigest()[:32]


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return ""


def files_fingerprint(benchmark: Benchmark) -> str:
    """Hash of the names, sizes and times of change of a benchmark's files; no file is read."""
    source = benchmark.source
    beside = source.is_file() and source.suffix.lower() in _TABLES_WITH_IMAGES_BESIDE
    root = source.parent if beside else source
    files = sorted(root.rglob("*")) if root.is_dir() else [root]
    digest = hashlib.sha256(str(source.resolve()).encode())
    for file in files:
        if file.is_file():
            facts = file.stat()
            digest.update(f"{file.relative_to(root)}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
