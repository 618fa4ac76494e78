from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmask.errors import BadReason, ConfigError, SigmaskWarning
from sigmask.evaluation.instruction_condition import (
    Sample,
    require_instructions,
    require_wrong_instructions,
    with_wrong_instructions,
    without_instructions,
)
from sigmask.types import BadSample, EditPair

IMAGE = np.zeros((2, 2, 3), np.uint8)
BAD = BadSample("bad", BadReason.TRUNCATED, "cut short")


def pairs(instructions: Sequence[str | None]) -> list[Sample]:
    return [EditPair(str(index), IMAGE, IMAGE, text) for index, text in enumerate(instructions)]


def told(samples: Sequence[Sample]) -> list[str | None]:
    return [sample.instruction for sample in samples if isinstance(sample, EditPair)]


def test_none_is_told_anything() -> None:
    samples = [*pairs(["a", "b"]), BAD]
    without = list(without_instructions(samples))
    assert told(without) == [None, None] and without[2] is BAD


def test_each_gets_the_last_different_one() -> None:
    assert told(list(with_wrong_instructions(pairs(["a", "a", "b", "c", "c", None, "a"])))) == [
        "b", "b", "a", "b", "b", "c", "c",
    ]  # fmt: skip


def test_what_asks_for_another_action_goes_before_other_words() -> None:
    orders = ["remove the dog", "take the cat away", "make the car red", "erase the hat", "remove the tie"]
    assert told(list(with_wrong_instructions(pairs(orders)))) == [
        "take the cat away", "remove the dog", "take the cat away", "make the car red", "make the car red",
    ]  # fmt: skip


def test_where_all_are_the_same_there_is_no_wrong_one() -> None:
    assert told(list(with_wrong_instructions(pairs(["a", "a"])))) == [None, None]


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=12), st.integers(0, 12))
def test_order_is_kept_and_none_keeps_its_own(instructions: list[str | None], position: int) -> None:
    samples = pairs(instructions)
    samples.insert(min(position, len(samples)), BAD)
    wrong = list(with_wrong_instructions(samples))
    assert [sample.sample_id for sample in wrong] == [sample.sample_id for sample in samples]
    distinct = set(instructions) - {None}
    for before, after in zip(instructions, told(wrong), strict=True):
        assert after != before or after is None
        assert (after is None) == (len(distinct) < 2)
    refused = nullcontext() if len(distinct) > 1 else pytest.raises(ConfigError, match="instructions in drawn, so")
    with refused:
        require_wrong_instructions({"drawn": samples})


def test_benchmarks_without_a_wrong_one_are_warned_of() -> None:
    benchmarks = {"mute": pairs([None, None]), "drawn": pairs(["a", "b"]), "same": pairs(["a", "a", None])}
    with pytest.warns(SigmaskWarning, match="no two different instructions in mute, same, so"):
        require_wrong_instructions(benchmarks)


def test_a_benchmark_that_says_nothing_is_refused() -> None:
    require_instructions({"drawn": [BAD, *pairs([None, "a"])]})
    with pytest.raises(ConfigError, match="got none in mute"):
        require_instructions({"drawn": pairs(["a"]), "mute": [BAD, *pairs([None, None])]})
