"""Scores of the pairs that a model is sure of, and how many those are: what leaving out the others buys and costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rich.markup import escape
from rich.table import Table

from sigmask.evaluation.benchmark_result import BenchmarkResult, PairScore
from sigmask.evaluation.tables import percent


@dataclass(frozen=True, slots=True)
class Means:
    """Mean F1 and IoU of edited pairs, and the marked share of unedited ones; None where there are no such pairs."""

    pairs: int
    f1: float | None
    iou: float | None
    false_positive_share: float | None


@dataclass(frozen=True, slots=True)
class SelectiveScores:
    """A method on a benchmark, of all pairs and of those whose expected IoU is `least_quality` or more."""

    benchmark: str
    method: str
    least_quality: float
    every: Means
    kept: Means

    @property
    def coverage(self) -> float:
        """The share of pairs that are kept, in [0, 1]."""
        return self.kept.pairs / self.every.pairs


def selective_scores(result: BenchmarkResult, least_quality: float) -> SelectiveScores | None:
    """Leave out pairs of a lower expected IoU; None where the method does not tell any, as rivals."""
    judged = [pair for pair in result.pairs if pair.quality is not None]
    if not judged:
        return None
    kept = [pair for pair in judged if pair.quality is not None and pair.quality >= least_quality]
    return SelectiveScores(result.benchmark, result.method, least_quality, _means(judged), _means(kept))


def selective_table(scores: Sequence[SelectiveScores]) -> Table:
    """One line per benchmark and method, in %: the kept pairs, and all of them behind a stroke."""
    table = Table(title="Without the pairs of a lower expected IoU / with them, in %")
    for header in ("benchmark", "method"):
        table.add_column(header, overflow="fold")
    for header in ("least quality", "pairs", "coverage", "F1", "IoU", "null area"):
        table.add_column(header, justify="right", no_wrap=True)
    for each in scores:
        table.add_row(
            escape(each.benchmark),
            escape(each.method),
            f"{each.least_quality:g}",
            f"{each.kept.pairs} / {each.every.pairs}",
            f"{100 * each.coverage:.1f}",
            *(f"{percent(show(each.kept), digits)} / {percent(show(each.every), digits)}" for show, digits in _SHOWN),
        )
    return table


_SHOWN: tuple[tuple[Callable[[Means], float | None], int], ...] = (
    (lambda means: means.f1, 1),
    (lambda means: means.iou, 1),
    (lambda means: means.false_positive_share, 2),
)


def _means(pairs: Sequence[PairScore]) -> Means:
    edited = [pair for pair in pairs if pair.true_share > 0]
    return Means(
        pairs=len(pairs),
        f1=_mean([pair.f1 for pair in edited if pair.f1 is not None]),
        iou=_mean([pair.iou for pair in edited if pair.iou is not None]),
        false_positive_share=_mean([pair.false_positive_share for pair in pairs if pair.true_share == 0]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
