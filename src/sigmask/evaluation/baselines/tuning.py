"""Gives every rival the threshold and the parameters that do best on a development split of synthetic edits.

`python -m sigmask.evaluation.baselines.tuning --shared DIR` (about 10 minutes on one core, DINOv2 half of them).

The split is made from photographs, never from a bench: edits with their exact masks, every second one sent through an
autoencoder and recompressed, so that each rival gets a fair threshold for what it will be scored on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from sigmask.command_errors import run_tool
from sigmask.errors import ConfigError, unknown_name
from sigmask.evaluation import pixel_metrics
from sigmask.evaluation.baselines import BASELINES, create_baseline
from sigmask.evaluation.baselines.rival import Baseline, Rival
from sigmask.evaluation.baselines.tuned_values import (
    TUNED_FILE,
    TunedRival,
    TunedValues,
    tuned_table,
    tuned_values,
    write_tuned_values,
)
from sigmask.evaluation.counts import THRESHOLDS, count_thresholds
from sigmask.types import Annotation, EditPair

SEED = 40_004
"""Far from the seeds of the Stage I corpora, so that no pair of the split is one that the model was trained on."""
COUNT = 120
_HALF = int(np.flatnonzero(THRESHOLDS == 0.5)[0])


class Curves:
    """Sums of F1 over the grid of thresholds, for one rival with one choice of parameters."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self._sums = {False: np.zeros(len(THRESHOLDS)), True: np.zeros(len(THRESHOLDS))}
        self._counts = {False: 0, True: 0}

    def add(self, pair: EditPair, *, round_trip: bool) -> None:
        """Score a pair whose mask is not empty."""
        assert pair.mask is not None  # `tune` checked it
        output = self.baseline(pair)
        probability = output.probability if isinstance(output, Annotation) else output
        self._sums[round_trip] += pixel_metrics.f1(count_thresholds(probability, pair.mask))
        self._counts[round_trip] += 1

    def mean(self, round_trip: bool | None = None) -> npt.NDArray[np.float64]:
        """(1024,) mean F1 at each threshold: of the clean pairs, of the round-tripped ones, or of all."""
        kinds = (False, True) if round_trip is None else (round_trip,)
        total = np.sum([self._sums[kind] for kind in kinds], axis=0)
        return np.asarray(total / max(1, sum(self._counts[kind] for kind in kinds)))

    def best(self) -> int:
        """Index of the best threshold; 0.5 where the rival sets its own. The first of the grid, 0, is no threshold."""
        return _HALF if self.baseline.rival.self_thresholding else 1 + int(self.mean()[1:].argmax())


def tune(
    rivals: Mapping[str, Baseline], pairs: Iterable[tuple[EditPair, bool]], *, seed: int = SEED
) -> dict[str, TunedRival]:
    """The best values of each rival over pairs with a mask, each with whether it went through an autoencoder.

    A score above t is a probability s / (s + t0) above t / (t + t0), so one histogram at the rival's first threshold
    t0 gives the F1 at 1023 thresholds, and the best of them, p, is the score t0 · p / (1 - p).
    """
    curves = {name: [Curves(each) for each in _candidates(baseline)] for name, baseline in rivals.items()}
    digest, index = hashlib.sha256(), -1
    for index, (pair, round_trip) in enumerate(pairs):
        digest.update(pair.original.tobytes() + pair.edited.tobytes())
        if pair.mask is None or not pair.mask.any():  # its F1 says nothing and would make every mean NaN
            raise ValueError(f"pair {pair.sample_id}: expected a mask that marks something")
        for each in itertools.chain.from_iterable(curves.values()):
            each.add(pair, round_trip=round_trip)
        if index % 10 == 9:
            print(f"{index + 1} pairs", flush=True)
    split = {"pairs": index + 1, "seed": seed, "split": digest.hexdigest()[:16]}
    return {name: _chosen(candidates, split) for name, candidates in curves.items()}


def development_split(shared: Path, count: int, seed: int) -> Iterator[tuple[EditPair, bool]]:
    """Synthetic edits with masks and instructions; pair N of a seed is always the same; odd ones are round-tripped.

    Raises:
        CorpusError: if `shared` holds no photographs or no autoencoder.
    """
    from sigmask.synthesis.edit import make_edit
    from sigmask.synthesis.perturbation import recompress
    from sigmask.synthesis.photos import PhotoLibrary
    from sigmask.synthesis.stage1_corpus import NATIVE_SIZES, load_round_trips

    library = PhotoLibrary.load(shared / "data" / "photos")
    (through, *_) = load_round_trips([shared / "weights"])
    sizes, shares = zip(*NATIVE_SIZES, strict=True)
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        edit = make_edit(library, rng, size=int(rng.choice(sizes, p=shares)))
        round_trip = index % 2 == 1
        edited = recompress(through(edit.edited, rng), rng) if round_trip else edit.edited
        instruction, family = edit.instruction, edit.family
        yield EditPair(f"{seed}-{index}", edit.original, edited, instruction, family, edit.mask), round_trip


def _candidates(baseline: Baseline) -> list[Baseline]:
    """The rival with every choice of its searched parameters, at its first threshold."""
    rival: Rival = baseline.rival
    choices = itertools.product(*rival.search.values())
    return [
        dataclasses.replace(
            baseline,
            threshold=rival.threshold,
            parameters={**rival.parameters, **dict(zip(rival.search, choice, strict=True))},
        )
        for choice in choices
    ]


def _chosen(candidates: list[Curves], split: dict[str, Any]) -> TunedRival:
    for each in candidates:
        print(f"{each.baseline.rival.name} {dict(each.baseline.parameters)}: mean F1 {each.mean()[each.best()]:.4f}")
    best = max(candidates, key=lambda each: float(each.mean()[each.best()]))
    index, baseline = best.best(), best.baseline
    probability = float(THRESHOLDS[index])
    return TunedRival(
        threshold=float(f"{baseline.threshold * probability / (1 - probability):.4g}"),
        parameters=dict(baseline.parameters),
        f1=round(float(best.mean()[index]), 4),
        f1_clean=round(float(best.mean(False)[index]), 4),
        f1_round_trip=round(float(best.mean(True)[index]), 4),
        **split,
        weights=baseline.weights(),
    )


def main(
    shared: Annotated[Path, typer.Option(help="folder with data/photos and weights")],
    rivals: Annotated[str, typer.Option(help="names, separated by commas; default: all that can be run here")] = "",
    model: Annotated[str, typer.Option(help="the model whose parts some rivals show")] = "tiny",
    count: Annotated[int, typer.Option(min=2)] = COUNT,
    seed: Annotated[int, typer.Option(min=0)] = SEED,
    output: Annotated[Path, typer.Option("--output", "-o")] = TUNED_FILE,
) -> None:
    """Tune the rivals and write their values; those that cannot be run here keep the values that they had."""
    names = [name.strip() for name in rivals.split(",") if name.strip()] or list(BASELINES)
    ready: dict[str, Baseline] = {}
    for name in names:
        baseline = create_baseline(name, model=model)
        reason = baseline.available()
        if reason is None:
            ready[name] = baseline
        else:
            print(f"{name}: not tuned: {reason}")
    if not ready:
        raise ConfigError(f"none of the rivals can be run here; {unknown_name('rival', rivals, BASELINES)}")
    found = tune(ready, development_split(shared, count, seed), seed=seed)
    kept = tuned_values(output).rivals if output.is_file() else {}
    merged = {**kept, **found}
    values = TunedValues(rivals={name: merged[name] for name in BASELINES if name in merged})
    command = f"python -m sigmask.evaluation.baselines.tuning --shared DIR --count {count} --seed {seed}"
    write_tuned_values(values, command, output)
    print(tuned_table(values, BASELINES))


if __name__ == "__main__":
    run_tool(main)
