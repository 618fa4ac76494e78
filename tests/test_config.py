from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sigmask.config import StrictConfig, build_config, config_to_dict, load_config
from sigmask.errors import ConfigError


class Schedule(StrEnum):
    COSINE = "cosine"
    CONSTANT = "constant"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Training:
    steps: int = 100
    learning_rate: float = 1e-3
    schedule: Schedule = Schedule.COSINE
    betas: tuple[float, float] = (0.9, 0.99)
    out: Path | None = None


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Loss:
    name: str
    weight: float = 1.0


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Experiment:
    training: Training = Training()
    losses: tuple[Loss, ...] = ()
    sizes: dict[str, int] = Field(default_factory=dict)
    mirrored: bool = False


class Model(StrictConfig):
    width: int = Field(default=32, ge=1)
    training: Training | None = None


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def message_of(path: Path, cls: type, overrides: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, cls, overrides)
    return str(caught.value)


def test_reads_nested_values_and_keeps_defaults(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "training: {steps: 7, learning_rate: 3e-4, schedule: constant, betas: [0.5, 1]}\n"
        "losses: [{name: dice, weight: 2}]\n",
    )
    config = load_config(path, Experiment)
    assert config.training == Training(7, 3e-4, Schedule.CONSTANT, (0.5, 1.0))
    assert config.losses == (Loss("dice", 2.0),)
    assert config.mirrored is False


def test_empty_file_means_defaults(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "# nothing yet\n"), Experiment) == Experiment()


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "training: {steps: 7}\n")
    config = load_config(path, Experiment, ["training.steps=10", "training.learning_rate=1e-2", "mirrored=true"])
    assert (config.training.steps, config.training.learning_rate, config.mirrored) == (10, 0.01, True)


def test_unknown_key_names_file_dotted_path_nearest_and_all_keys(tmp_path: Path) -> None:
    path = write(tmp_path, "training:\n  step: 7\n")
    assert message_of(path, Experiment) == (
        f"{path}: unknown key 'training.step'. Did you mean 'training.steps'? "
        "Valid keys of 'training': betas, learning_rate, out, schedule, steps."
    )


@pytest.mark.parametrize(
    ("text", "cls", "expected"),
    [
        ("trainning: {}\n", Experiment, "Did you mean 'training'? Valid keys of the top level: losses, mirrored"),
        ("losses: [{name: a}, {nome: b}]\n", Experiment, "unknown key 'losses.1.nome'. Did you mean 'losses.1.name'?"),
        ("training: {stepz: 1}\n", Model, "unknown key 'training.stepz'. Did you mean 'training.steps'?"),
        ("width: 0\n", Model, "'width': expected greater than or equal to 1, got 0 (int)"),
        ("training: {steps: ten}\n", Experiment, "'training.steps': expected a valid integer, got 'ten' (str)"),
        ('training: {steps: "10"}\n', Experiment, "'training.steps': expected a valid integer, got '10' (str)"),
        ("mirrored: 1\n", Experiment, "'mirrored': expected a valid boolean, got 1 (int)"),
        ("training: {schedule: linear}\n", Experiment, "expected 'cosine' or 'constant', got 'linear' (str)"),
        ("losses: [{weight: 2}]\n", Experiment, "'losses.0.name' is required"),
        ("- 1\n", Experiment, "expected a mapping of keys to values, got [1] (list)"),
        ("a: [\n", Experiment, "expected valid YAML"),
        ("mirrored: true\n? [a]\n: b\n", Experiment, "line 2: expected a word as a key, got a sequence"),
        ("sizes: {{a: 1}: 2}\n", Experiment, "line 1: expected a word as a key, got a mapping"),
        ("mirrored: true\nmirrored: false\n", Experiment, "line 2: the key 'mirrored' stands twice"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, cls: type, expected: str) -> None:
    path = write(tmp_path, text)
    message = message_of(path, cls)
    assert expected in message
    assert message.startswith(f"{path}: ")


def test_every_problem_is_named(tmp_path: Path) -> None:
    message = message_of(write(tmp_path, "training: {steps: ten, learning_rate: fast}\n"), Experiment)
    assert "training.steps" in message and "training.learning_rate" in message


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert "there is none at this path" in message_of(tmp_path / "absent.yaml", Experiment)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("training.steps", "expected dotted.key=value"),
        ("=3", "expected dotted.key=value"),
        ("mirrored.x=3", "'mirrored' is True (bool), which has no keys of its own"),
        ("training.stepz=3", "unknown key 'training.stepz'"),
    ],
)
def test_bad_overrides_are_refused(tmp_path: Path, override: str, expected: str) -> None:
    assert expected in message_of(write(tmp_path, "mirrored: true\n"), Experiment, (override,))


@given(
    steps=st.integers(-(10**9), 10**9),
    rate=st.floats(allow_nan=False, allow_infinity=False),
    name=st.text(min_size=1),
    sizes=st.dictionaries(st.text(), st.integers(-(10**6), 10**6), max_size=3),
)
def test_a_configuration_survives_yaml(
    tmp_path_factory: pytest.TempPathFactory, steps: int, rate: float, name: str, sizes: dict[str, int]
) -> None:
    config = Experiment(training=Training(steps=steps, learning_rate=rate), losses=(Loss(name),), sizes=sizes)
    plain = config_to_dict(config)
    assert build_config(plain, Experiment, source="memory") == config
    path = write(tmp_path_factory.mktemp("config"), yaml.safe_dump(plain, default_style='"'))
    assert load_config(path, Experiment) == config
