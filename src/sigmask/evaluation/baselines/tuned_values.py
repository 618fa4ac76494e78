"""The rivals' tuned values: a data file in the package, written by `sigmask.evaluation.baselines.tuning`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import Field

from sigmask.config import StrictConfig, config_to_dict, load_config
from sigmask.evaluation.baselines.rival import Rival
from sigmask.whole_file import whole_file

TUNED_FILE = Path(__file__).with_name("tuned.yaml")
_HEADER = """\
# Thresholds and parameters of the rivals, chosen by mean F1 on a development split of synthetic edits.
# Made by: {command}
# and by the same with --rivals, for those whose pairs, seed or split differ.
# f1 is the mean F1 there, at these values; they were chosen on the same pairs, so it flatters.
"""


class TunedRival(StrictConfig):
    """One rival's values and how they did on the split of `pairs` pairs; `split` is a hash of its pixels."""

    threshold: float = Field(gt=0)
    parameters: dict[str, int | float] = Field(default_factory=dict)
    f1: float
    f1_clean: float
    f1_round_trip: float
    pairs: int
    seed: int
    split: str
    weights: str = ""


class TunedValues(StrictConfig):
    """The whole file: each rival's values by its name."""

    rivals: dict[str, TunedRival] = Field(default_factory=dict)


@functools.cache
def tuned_values(path: Path = TUNED_FILE) -> TunedValues:
    """The values of `path`.

    Raises:
        ConfigError: if the file is damaged.
    """
    return load_config(path, TunedValues)


def write_tuned_values(values: TunedValues, command: str, path: Path = TUNED_FILE) -> None:
    """Write the file whole, with the command that made it."""
    text = _HEADER.format(command=command) + yaml.safe_dump(config_to_dict(values), sort_keys=False, width=120)
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")
    tuned_values.cache_clear()


def tuned_table(values: TunedValues, rivals: Mapping[str, Rival]) -> str:
    """Markdown: every rival with its idea, its values and its F1 on the split, in %."""
    rows = [
        "| rival | idea | needs | threshold | parameters | F1 clean | F1 round trip |",
        "|---|---|---|---:|---|---:|---:|",
    ]
    for name, rival in rivals.items():
        tuned = values.rivals.get(name)
        threshold = "its own" if rival.self_thresholding else f"{tuned.threshold if tuned else rival.threshold:g}"
        parameters = tuned.parameters if tuned else rival.parameters
        shown = ", ".join(f"{key} {value:g}" for key, value in parameters.items()) or "–"
        scores = f"{100 * tuned.f1_clean:.1f} | {100 * tuned.f1_round_trip:.1f}" if tuned else "not tuned | not tuned"
        needs = ", ".join(rival.needs) or "the pair"
        rows.append(f"| `{name}` | {rival.idea} | {needs} | {threshold} | {shown} | {scores} |")
    return "\n".join(rows) + "\n"
