"""The benchmarks that have a name: what they are, whose they are, how they lie on disk and where they are looked for.

All of it is data, in benchmarks.yaml beside this file; nothing of a benchmark is written in code.
"""

from __future__ import annotations

import os
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sigmask.config import StrictConfig, load_config
from sigmask.errors import CorpusError, unknown_name
from sigmask.evaluation.benchmark_layouts import AnyLayout
from sigmask.evaluation.mask_reading import MaskRule

NOT_STATED = "not stated"


class Originals(StrEnum):
    """Which of a benchmark's edited images come with the image they were made from."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


class MaskFacts(StrictConfig):
    """What a benchmark's masks are.

    Attributes:
        made: `exact`, the pixels that were replaced; `loose`, a region given to the editor beforehand, which may have
            changed more or less; `drawn`, by hand afterwards; `automatic`, by a program; `empty`, nothing was edited.
        note: what a user must know to read a score.
        rule: how the files are read.
    """

    made: Literal["exact", "loose", "drawn", "automatic", "empty", "not stated"]
    note: str = ""
    rule: MaskRule = MaskRule()


class Access(StrictConfig):
    """How to get a benchmark: `open` download, `account`, `form` or `request` to its makers, or `shared` with us."""

    url: str | None = None
    kind: Literal["open", "account", "form", "request", "shared"]
    note: str = ""


class Citation(StrictConfig):
    """Who made it: a short reference, and its arXiv number where there is one."""

    text: str
    arxiv: str | None = None


class ImageCounts(StrictConfig):
    """Images as published; None where no count was found."""

    edited: int | None = None
    authentic: int | None = None


class KnownBenchmark(StrictConfig):
    """One entry of benchmarks.yaml.

    Attributes:
        name: what a user types.
        what: one line.
        shared: folder of its table below `$SIGMASK_SHARED/data/bench`, for our own development benches.
        folder: its folder below `$SIGMASK_BENCHMARKS`, for published ones; the name unless several share a download.
        traps: what goes wrong with it in the wild, and what the loader does.
        sources: where the facts of this entry were read.
        unverified: which of them could not be checked against the data itself or its makers' words.
    """

    name: str
    what: str
    shared: str | None = None
    folder: str | None = None
    layout: Annotated[AnyLayout, Field(discriminator="kind")]
    masks: MaskFacts
    originals: Originals = Originals.ALL
    licence: str
    citation: Citation
    get: Access
    images: ImageCounts = ImageCounts()
    traps: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()

    def place(self) -> Path | None:
        """The folder in which it is looked for; None for a published one while SIGMASK_BENCHMARKS is not set."""
        if self.shared is not None:
            return shared_benchmarks_folder() / self.shared
        root = published_benchmarks_folder()
        return None if root is None else root / (self.folder or self.name)

    def base(self) -> Path | None:
        """The folder in which it was found, None if it is not at hand."""
        place = self.place()
        return None if place is None else self.layout.find(place)


class _Registry(StrictConfig):
    benchmarks: tuple[KnownBenchmark, ...]


def known_benchmarks() -> tuple[KnownBenchmark, ...]:
    """Every entry, our own development benches first."""
    return _registry().benchmarks


def known_benchmark(name: str) -> KnownBenchmark:
    """The entry of that name.

    Raises:
        CorpusError: there is none; the message names the nearest.
    """
    by_name = {entry.name: entry for entry in known_benchmarks()}
    if name not in by_name:
        raise CorpusError(unknown_name("benchmark", name, by_name))
    return by_name[name]


def shared_benchmarks_folder() -> Path:
    """Where the development benches lie: `$SIGMASK_SHARED/data/bench` (default `../shared`)."""
    return Path(os.environ.get("SIGMASK_SHARED", "../shared")) / "data" / "bench"


def published_benchmarks_folder() -> Path | None:
    """Where published benchmarks lie, one folder each: `$SIGMASK_BENCHMARKS`; None if that is not set."""
    folder = os.environ.get("SIGMASK_BENCHMARKS", "").strip()
    return Path(folder) if folder else None


@cache
def _registry() -> _Registry:
    return load_config(Path(__file__).with_name("benchmarks.yaml"), _Registry)
