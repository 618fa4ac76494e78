"""The comparison as one Markdown page: gains over the best rival first, then every figure, then what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sigmask.evaluation.benchmark_result import BenchmarkResult, EditedScores
from sigmask.evaluation.gain import Gain, gains, means_over_benchmarks
from sigmask.evaluation.scores import image_level_scores
from sigmask.evaluation.stored_run import StoredRun
from sigmask.evaluation.tables import markdown_table
from sigmask.version import __version__


def results_page(runs: Sequence[StoredRun], model: str, command: str, not_run: Mapping[str, str]) -> str:
    """The page as Markdown.

    Args:
        runs: every method on every benchmark.
        model: the model under test.
        command: what was typed.
        not_run: the rivals that could not be run here, with the reason.
    """
    results = [run.result for run in runs]
    machines = ", ".join(dict.fromkeys(run.machine for run in runs))
    lines = ["# Results", "", f"Made by `{command}`, sigmask {__version__}, on {machines}.", ""]
    lines += [
        "In %, mean per image at the native size of the edited image. F1 and IoU are at each method's one fixed",
        "threshold: 0.5 for the model, and for a rival the value tuned once on synthetic pairs",
        "(docs/rivals.md), never on a benchmark. *Best* is at the single threshold that suits the method best on that",
        "very benchmark, which flatters it. Intervals are 95 % bootstrap intervals over images. docs/evaluation.md",
        "defines every column.",
        "",
    ]
    lines += _gain_section(gains(runs, model), model)
    lines += _mean_section(runs, model)
    lines += ["", "## F1 at the fixed threshold / at the best one", "", *_matrix(results)]
    lines += _unedited_section(runs, model)
    lines += _image_level_section(results)
    lines += _breakdown("Per size of the true mask", "mask", group_rows(results, "by_mask_size"))
    several = [result for result in results if result.method == model and len(result.by_edit_type) > 1]
    lines += _breakdown("Per edit type", "edit type", group_rows(several, "by_edit_type"))
    lines += _side_effect_section(results)
    lines += ["", "## What it costs", "", *markdown_table(COST_HEADERS, cost_rows(runs), 2)]
    if not_run:
        lines += ["", "## Not run here", "", *(f"- `{name}`: {reason}" for name, reason in not_run.items())]
    return "\n".join(lines) + "\n"


def gain_cells(gain: Gain) -> list[str]:
    """One row of the table of gains: benchmark to p-value."""
    ours, compared = gain.model.edited, gain.comparison
    assert ours is not None and gain.rival.edited is not None and gain.flattered.edited is not None
    return [
        gain.model.benchmark,
        str(compared.images),
        f"{100 * ours.f1:.1f}",
        f"{100 * gain.rival.edited.f1:.1f} ({gain.rival.method})",
        f"{100 * compared.difference:+.1f}",
        f"{100 * compared.interval.low:+.1f} to {100 * compared.interval.high:+.1f}",
        f"{compared.p_value:.4f}",
        f"{100 * gain.flattered.edited.best_f1:.1f} ({gain.flattered.method})",
        f"{100 * gain.flattered_gain:+.1f}",
    ]


GAIN_HEADERS = [
    "benchmark",
    "pairs",
    "F1",
    "best rival, F1",
    "gain",
    "95 % interval",
    "p",
    "best rival at its best threshold, F1",
    "gain over that",
]


def _gain_section(found: Sequence[Gain], model: str) -> list[str]:
    if not found:
        return [f"`{model}` was not compared with a rival."]
    intervals = {gain.model.benchmark: gain.comparison.interval for gain in found}
    lost = [name for name, interval in intervals.items() if interval.high < 0]
    unsure = [name for name, interval in intervals.items() if interval.low <= 0 <= interval.high]
    flattered = [gain.model.benchmark for gain in found if gain.flattered_gain < 0]
    lines = [f"## `{model}` against the best rival", ""]
    lines += markdown_table(GAIN_HEADERS, [gain_cells(gain) for gain in found])
    lines += ["", f"Where it loses: {_listed(lost)}. Where the interval leaves it open: {_listed(unsure)}."]
    lines += [f"Where a rival that chooses its threshold on the benchmark is ahead: {_listed(flattered)}."]
    return lines


def _mean_section(runs: Sequence[StoredRun], model: str) -> list[str]:
    benchmarks, means = means_over_benchmarks(runs)
    ours = next((each for each in means if each.method == model), None)
    if ours is None or len(means) < 2:
        return []
    rows = [
        [
            each.method,
            f"{100 * each.f1:.1f}",
            f"{100 * each.iou:.1f}",
            *("" if each is ours else f"{100 * gain:+.1f}" for gain in (ours.f1 - each.f1, ours.iou - each.iou)),
        ]
        for each in means
    ]
    headers = ["method", "F1", "IoU", f"{model} gains, F1", f"{model} gains, IoU"]
    heading = ["", f"## Mean over {len(benchmarks)} benchmarks", ""]
    return [*heading, f"Of {', '.join(benchmarks)}; each counts alike.", "", *markdown_table(headers, rows)]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nowhere"


def _matrix(results: Sequence[BenchmarkResult]) -> list[str]:
    edited = {(each.method, each.benchmark): each.edited for each in results if each.edited is not None}
    benchmarks = list(dict.fromkeys(benchmark for _, benchmark in edited))
    top = {name: max(scores.f1 for key, scores in edited.items() if key[1] == name) for name in benchmarks}

    def cell(method: str, benchmark: str) -> str:
        scores = edited.get((method, benchmark))
        if scores is None:
            return "–"
        f1 = f"{100 * scores.f1:.1f}"
        return f"{f'**{f1}**' if scores.f1 == top[benchmark] else f1} / {100 * scores.best_f1:.1f}"

    methods = list(dict.fromkeys(each.method for each in results))
    rows = [[method, *(cell(method, benchmark) for benchmark in benchmarks)] for method in methods]
    return markdown_table(["method", *benchmarks], rows)


def _unedited_section(runs: Sequence[StoredRun], model: str) -> list[str]:
    rows, words = [], []
    for benchmark in dict.fromkeys(run.result.benchmark for run in runs):
        areas = {}
        for run in runs:
            unedited = run.result.unedited
            if run.result.benchmark != benchmark or unedited is None:
                continue
            areas[run.result.method] = (unedited.false_positive_share, run.rival)
            share, marked = f"{100 * unedited.false_positive_share:.2f}", f"{100 * unedited.marked_pairs:.1f}"
            rows.append(
                [benchmark, run.result.method, str(unedited.pairs), share, f"{100 * unedited.specificity:.2f}", marked]
            )
        rivals = {method: area for method, (area, is_rival) in areas.items() if is_rival}
        if model in areas and rivals:
            least = min(rivals, key=lambda method: rivals[method])
            words.append(
                f"On {benchmark}, `{model}` marks {100 * areas[model][0]:.2f} % of the area; "
                f"the rival that marks least, {least}, {100 * rivals[least]:.2f} %."
            )
    if not rows:
        return []
    headers = ["benchmark", "method", "pairs", "area marked", "specificity", "pairs with over 0.1 % marked"]
    return ["", "## Where nothing was edited", "", *words, "", *markdown_table(headers, rows, 2)]


def image_level_rows(results: Sequence[BenchmarkResult]) -> list[list[str]]:
    """Per method, over all its edited and unedited pairs together: was the pair edited at all; in %."""
    rows = []
    for method in dict.fromkeys(result.method for result in results):
        pairs = [pair for result in results if result.method == method for pair in result.pairs]
        scores = image_level_scores(pairs)
        if scores is not None:
            figures = (scores.auc, scores.balanced_accuracy, scores.equal_error_rate, scores.expected_calibration_error)
            counts = [str(scores.edited_pairs), str(scores.unedited_pairs)]
            rows.append([method, *counts, *(f"{100 * figure:.1f}" for figure in figures)])
    return rows


IMAGE_LEVEL_HEADERS = [
    *("method", "edited pairs", "unedited pairs", "AUC", "balanced accuracy", "equal error rate", "calibration error"),
]


def _image_level_section(results: Sequence[BenchmarkResult]) -> list[str]:
    rows = image_level_rows(results)
    if not rows:
        return []
    note = "All edited pairs against all unedited ones; a pair's score is that of its most probable part."
    return ["", "## Was it edited at all", "", note, "", *markdown_table(IMAGE_LEVEL_HEADERS, rows)]


def group_rows(results: Sequence[BenchmarkResult], groups: Literal["by_edit_type", "by_mask_size"]) -> list[list[str]]:
    """Benchmark, method, group, pairs, F1 and IoU in %, for every group of every result."""
    rows = []
    for result in results:
        found: dict[str, EditedScores] = getattr(result, groups)
        for name, scores in found.items():
            f1, iou = f"{100 * scores.f1:.1f}", f"{100 * scores.iou:.1f}"
            rows.append([result.benchmark, result.method, name, str(scores.pairs), f1, iou])
    return rows


def _breakdown(title: str, label: str, rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    return ["", f"## {title}", "", *markdown_table(["benchmark", "method", label, "pairs", "F1", "IoU"], rows, 3)]


def _side_effect_section(results: Sequence[BenchmarkResult]) -> list[str]:
    rows = [
        [
            result.benchmark,
            result.method,
            str(scores.side_effect_pairs),
            f"{100 * scores.side_effect_recall:.1f}",
            f"{100 * scores.precision:.1f}",
        ]
        for result in results
        if (scores := result.edited) is not None and scores.side_effect_recall is not None
    ]
    if not rows:
        return []
    headers = ["benchmark", "method", "pairs with side effects", "their recall", "precision of the whole mask"]
    note = "Changed pixels that the instruction does not name. Recall alone is cheap: marking everything has 100."
    return ["", "## Side effects", "", note, "", *markdown_table(headers, rows, 2)]


COST_HEADERS = ["method", "values or weights", "ms a pair", "threads", "peak MB of its process"]


def cost_rows(runs: Sequence[StoredRun]) -> list[list[str]]:
    """What each method takes: mean time a pair without reading, and the most memory of its processes."""
    rows = []
    for method in dict.fromkeys(run.result.method for run in runs):
        own = [run for run in runs if run.result.method == method]
        pairs = sum(len(run.result.pairs) for run in own)
        seconds = sum(run.result.seconds_per_pair * len(run.result.pairs) for run in own)
        peaks = [run.peak_memory for run in own if run.peak_memory is not None]
        threads = sorted({run.threads for run in own})
        rows.append(
            [
                method,
                own[0].origin,
                f"{1000 * seconds / max(pairs, 1):.0f}",
                "–".join(str(number) for number in threads),
                f"{max(peaks) / 2**20:.0f}" if peaks else "–",
            ]
        )
    return rows
