"""The gain over the best rival: who is one, which is best, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sigmask.evaluation.benchmark import Benchmark
from sigmask.evaluation.gain import gains, means_over_benchmarks
from sigmask.evaluation.results_page import GAIN_HEADERS, gain_cells, results_page
from sigmask.evaluation.run import evaluate
from sigmask.evaluation.stored_run import StoredRun
from sigmask.types import EditPair, MapArray

SIDE = 8


def _pairs() -> list[EditPair]:
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    masks = [np.zeros((SIDE, SIDE), bool) for _ in range(4)]
    for number, mask in enumerate(masks):
        mask[:, : number + 2] = True
    return [EditPair(str(number), image, image, None, "add", mask) for number, mask in enumerate(masks)]


PAIRS = _pairs()


def run_of(
    method: str,
    value: float,
    columns: int,
    *,
    rival: bool = True,
    pairs: Sequence[EditPair] = PAIRS,
    bench: str = "bench",
) -> StoredRun:
    """A method that says `value` for the left `columns` columns and 0 elsewhere."""

    def call(_: EditPair) -> MapArray:
        probability = np.zeros((SIDE, SIDE), np.float32)
        probability[:, :columns] = value
        return probability

    (result,) = evaluate(call, [Benchmark(bench, Path(), lambda: iter(pairs))], name=method)
    return StoredRun(result, "drawn", rival, 3 << 20, 1, "a machine", (), Path())


def test_the_best_rival_is_chosen_at_fixed_and_at_flattering_thresholds() -> None:
    # F1 of k columns against n: 2 min(k, n) / (k + n); n = 2, 3, 4, 5.
    ours = run_of("ours", 0.9, 3, rival=False)  # 0.8, 1, 6/7, 3/4
    runs = [ours, run_of("weak", 0.9, 8), run_of("faint", 0.2, 4), run_of("part of ours", 0.9, 4, rival=False)]
    (gain,) = gains(runs, "ours")
    assert gain.rival.method == "weak"  # "faint" marks nothing at 0.5, and our own part is no rival
    assert gain.flattered.method == "faint"
    own = np.array([0.8, 1, 6 / 7, 3 / 4])
    weak = np.array([2 * n / (8 + n) for n in (2, 3, 4, 5)])
    faint = np.array([2 * min(4, n) / (4 + n) for n in (2, 3, 4, 5)])
    assert gain.comparison.difference == pytest.approx((own - weak).mean())
    assert gain.comparison.p_value == pytest.approx(
        4 / 16
    )  # the last difference is small and negative: both its signs are as extreme
    assert gain.flattered_gain == pytest.approx(own.mean() - faint.mean())
    cells = gain_cells(gain)
    assert len(cells) == len(GAIN_HEADERS)
    assert cells[:2] == ["bench", "4"] and cells[3].endswith("(weak)") and cells[7].endswith("(faint)")


def test_no_rival_or_no_model_is_no_gain() -> None:
    assert gains([run_of("ours", 0.9, 3, rival=False)], "ours") == []
    assert gains([run_of("weak", 0.9, 8)], "ours") == []


def test_the_page_says_where_the_model_loses() -> None:
    runs = [run_of("ours", 0.9, 8, rival=False), run_of("good", 0.9, 3)]
    page = results_page(runs, "ours", "sigmask evaluate bench", {"dinov2": "no weights"})
    assert "Where it loses: bench." in page
    assert "| ours | " in page and "| good | drawn | " in page
    assert "- `dinov2`: no weights" in page
    assert "## Per size of the true mask" in page


def test_each_benchmark_counts_alike_in_the_means() -> None:
    runs = [
        run_of(method, 0.9, columns, rival=method != "ours", pairs=pairs, bench=bench)
        for method, columns in (("good", 2), ("ours", 3))
        for bench, pairs in (("three", PAIRS[:3]), ("one", PAIRS[3:]))
    ]
    benchmarks, (ours, good) = means_over_benchmarks(runs)
    assert benchmarks == ["three", "one"]
    assert (ours.method, good.method) == ("ours", "good") and good.rival
    # Of n = 2, 3, 4 and of n = 5 columns: F1 2 min(k, n) / (k + n), IoU min / max.
    assert ours.f1 == pytest.approx(((0.8 + 1 + 6 / 7) / 3 + 0.75) / 2)
    assert good.f1 == pytest.approx(((1 + 0.8 + 2 / 3) / 3 + 4 / 7) / 2)
    assert ours.iou == pytest.approx(((2 / 3 + 1 + 3 / 4) / 3 + 3 / 5) / 2)
    page = results_page(runs, "ours", "sigmask evaluate three one", {})
    assert "## Mean over 2 benchmarks" in page
    gained = f"{100 * (ours.f1 - good.f1):+.1f} | {100 * (ours.iou - good.iou):+.1f}"
    assert f"| good | {100 * good.f1:.1f} | {100 * good.iou:.1f} | {gained} |" in page


def test_only_benchmarks_that_all_were_scored_on_make_a_mean() -> None:
    both = [run_of("ours", 0.9, 3, rival=False, bench=bench) for bench in ("bench", "other")]
    runs = [*both, run_of("weak", 0.9, 8)]
    assert means_over_benchmarks(runs) == ([], [])
    assert "Mean over" not in results_page(runs, "ours", "sigmask evaluate bench other", {})
