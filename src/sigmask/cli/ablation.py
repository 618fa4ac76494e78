"""`sigmask train ablate`: Stage II with its parts switched on and off, each row trained and measured.

Start from Stage I weights that saw no round trips and no null pairs (`mix: {round_trip: 0, null: 0}`), or the first
rows already have what calibration and null pairs would add.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
import typer
from pydantic import AfterValidator, BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass

from sigmask.config import build_config, config_to_dict
from sigmask.errors import WeightsError
from sigmask.evaluation.benchmark import load_benchmark
from sigmask.evaluation.benchmark_result import BenchmarkResult
from sigmask.evaluation.stored_run import RunStore
from sigmask.evaluation.suite import Condition, run_suite
from sigmask.evaluation.tables import markdown_table
from sigmask.evaluation.told_runs import ToldRuns
from sigmask.models.locator import Locator
from sigmask.models.pretrained import load_locator
from sigmask.models.weights_folder import find_weights, weights_hash, weights_name
from sigmask.output_path import require_no_file
from sigmask.training.checkpoint import checkpoint_step
from sigmask.training.setting_ranges import Count, Whole, require_fitting_side
from sigmask.training.stage1_views import pair_paths
from sigmask.training.stage2 import Stage2Config, require_consistent, run_stage2
from sigmask.training.stage2_views import Triples, open_unlabelled
from sigmask.whole_file import whole_file

_STRICT = ConfigDict(extra="forbid")

ROWS: dict[str, dict[str, bool] | None] = {
    "Stage I only": None,
    "nothing added": {"calibration": False, "null_pairs": False, "self_training": False, "disentanglement": False},
    "+ calibration": {"null_pairs": False, "self_training": False, "disentanglement": False},
    "+ null pairs": {"self_training": False, "disentanglement": False},
    "+ self-training": {"disentanglement": False},
    "+ disentanglement": {"self_training": False},
    "all": {},
    "all, without instruction": {"instruction": False},
}
"""Rows of the table: which parts of Stage II are switched off; None is not trained at all. "nothing added" trains as
long as the others on clean pairs alone, so that what more steps buy is not taken for what a part buys."""

_PARTS = {part: True for switches in ROWS.values() for part in switches or ()}
"""Every part that a row switches, on: "all" means all, whatever `base` leaves out."""

_TOLD = {Condition.OWN: "with the instruction", Condition.NONE: "told nothing"}


Item = TypeVar("Item")


def _some_each_once(given: tuple[Item, ...]) -> tuple[Item, ...]:
    if not given or len(set(given)) < len(given):
        raise ValueError("a list of one or more, each of them once")
    return given


def _known_row(name: str) -> str:
    if name not in ROWS:
        raise ValueError(f"one of {', '.join(repr(row) for row in ROWS)}")
    return name


def _not_null(name: Any) -> Any:
    if name is None:
        raise ValueError('a name or a path (the benchmark null in quotes, "null": YAML takes it for nothing without)')
    return name


_Each = AfterValidator(_some_each_once)
_Row = Annotated[str, AfterValidator(_known_row)]
_Benchmark = Annotated[str, BeforeValidator(_not_null)]


@dataclass(frozen=True, config=_STRICT)
class AblationConfig:
    """`base` is the run whose parts are switched, and whose `output` is not used.

    `benchmarks` are names or paths, of which `limit` pairs are taken.
    """

    base: Stage2Config
    output: Path
    benchmarks: Annotated[tuple[_Benchmark, ...], _Each]
    seeds: Annotated[tuple[Whole, ...], _Each] = (0, 1, 2)
    rows: Annotated[tuple[_Row, ...], _Each] = tuple(ROWS)
    limit: Count | None = None


def run_ablation(
    config: AblationConfig, tell: Callable[[str], None] = typer.echo, *, command: str | None = None
) -> str:
    """Train and measure every row with every seed; the table as Markdown, which is also in `output/ablation.md`.

    Args:
        tell: takes a line when a row and seed starts and ends, and where one is skipped as finished.
        command: what was typed to get here, for the page.

    Raises:
        ConfigError, CorpusError, WeightsError: something that a row or a benchmark needs is not there, or settings
            contradict each other; before anything is trained.
    """
    runs = {row: _runs(config, row) for row in config.rows}
    _require_inputs(config, [run for of_row in runs.values() for run in of_row])
    for name in config.benchmarks:
        load_benchmark(name)
    store = RunStore(config.output / "results")
    found: dict[str, dict[Condition, list[list[BenchmarkResult]]]] = {}
    for row in config.rows:
        weights = _trained(row, runs[row], tell) or {row: config.base.initial}
        found[row] = {condition: [] for condition in _TOLD}
        for name, folder in weights.items():
            for condition, measured in found[row].items():
                measured.append(_measured(config, name, folder, condition, store, tell))
    page = ablation_table(found, config, command)
    with whole_file(config.output / "ablation.md") as partial:
        partial.write_text(page, encoding="utf-8")
    return page


def ablation_table(
    found: Mapping[str, Mapping[Condition, Sequence[Sequence[BenchmarkResult]]]],
    config: AblationConfig,
    command: str | None = None,
) -> str:
    """Mean over the seeds, ± their standard deviation where there are several; F1 in %, or the area marked on null."""
    benchmarks = [result.benchmark for result in next(iter(found.values()))[Condition.OWN][0]]
    lines = [
        "# What each part of Stage II buys",
        "",
        f"{config.base.steps} steps of {config.base.batch} views, {len(config.seeds)} seed(s)"
        + (f", the first {config.limit} pairs of each benchmark" if config.limit else "")
        + ". F1 in %, mean per image at 0.5; of pairs in which nothing was edited the area marked, in %.",
        "",
        f"Every row starts from `{weights_name(config.base.initial, weights_hash(find_weights(config.base.initial)))}`"
        + (f"; written by `{command}`." if command else "."),
    ]
    for condition, title in _TOLD.items():
        rows = [
            [row, *(_cell([seed[place] for seed in per_condition[condition]]) for place in range(len(benchmarks)))]
            for row, per_condition in found.items()
        ]
        lines += ["", f"## {title.capitalize()}", "", *markdown_table(["", *benchmarks], rows)]
    return "\n".join(lines) + "\n"


def _runs(config: AblationConfig, row: str) -> list[Stage2Config]:
    """The trainings of a row, one for each seed; none for a row that is not trained."""
    switches = ROWS[row]
    if switches is None:
        return []
    folder = "".join(letter if letter.isalnum() else "-" for letter in row).strip("-")
    return [
        build_config(
            config_to_dict(config.base)
            | _PARTS
            | switches
            | {"seed": seed, "output": str(config.output / f"{folder}-{seed}")},
            Stage2Config,
            source=f"ablation row '{row}'",
        )
        for seed in config.seeds
    ]


def _require_inputs(config: AblationConfig, runs: Sequence[Stage2Config]) -> None:
    """Refuse what would end a row only when its turn comes, hours later. Finished runs read no pairs any more."""
    require_no_file(config.output, option="--set output=FOLDER")
    for run in runs:
        require_consistent(run)
    model = _initial_model(config.base.initial)
    require_fitting_side("base.crop", config.base.crop, model.backbone)
    left = [run for run in runs if _done(run) < run.steps]
    if left:
        pair_paths(config.base.corpus)
    if any(run.disentanglement for run in left):
        Triples(config.base.corpus, crop=config.base.crop, seed=0, positions=range(0))
    if config.base.unlabelled is not None and any(run.self_training for run in left):
        open_unlabelled(config.base.unlabelled)


def _initial_model(initial: str) -> Locator:
    try:
        return load_locator(initial)[0]
    except WeightsError as error:
        if Path(initial).is_dir():
            raise
        raise WeightsError(
            f"base.initial: there is no folder '{initial}', nor weights of this name. Those of configs/ablation.yaml "
            "are made by 'sigmask train stage1 configs/tiny_stage1_clean.yaml'"
        ) from error


def _done(run: Stage2Config) -> int:
    return checkpoint_step(run.output / "checkpoint.pt")


def _trained(row: str, runs: Sequence[Stage2Config], tell: Callable[[str], None]) -> dict[str, str]:
    """What is trained, in words → its weights, one for each seed."""
    if not runs:
        tell(f"{row}: nothing to train")
    folders = {}
    for run in runs:
        name, done = f"{row}, seed {run.seed}", _done(run)
        if done < run.steps:
            tell(f"{name}: training starts at step {done} of {run.steps}")
        started = time.monotonic()
        folders[name] = str(run_stage2(run))
        finished = (
            f"trained in {time.monotonic() - started:.0f} s" if done < run.steps else "training skipped, finished"
        )
        tell(f"{name}: {finished}")
    return folders


def _measured(
    config: AblationConfig,
    name: str,
    weights: str,
    condition: Condition,
    store: RunStore,
    tell: Callable[[str], None],
) -> list[BenchmarkResult]:
    what = f"{name}, {_TOLD[condition]}"
    progress = ToldRuns(lambda benchmark, _: f"{what}: measuring on {benchmark} starts", tell)
    started = time.monotonic()
    suite = run_suite(
        config.benchmarks,
        [weights],
        store,
        model=weights,
        condition=condition,
        limit=config.limit,
        progress=progress,
    )
    seconds = f"measured in {time.monotonic() - started:.0f} s"
    kept = len(config.benchmarks) - progress.begun
    tell(f"{what}: {seconds if progress.begun else 'measuring skipped'}" + (f", {kept} kept" if kept else ""))
    return [dataclasses.replace(result, pairs=()) for result in suite.all_results()]


def _cell(seeds: Sequence[BenchmarkResult]) -> str:
    values = [
        100
        * (result.edited.f1 if result.edited else result.unedited.false_positive_share if result.unedited else np.nan)
        for result in seeds
    ]
    digits = 1 if seeds[0].edited else 2
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}"
