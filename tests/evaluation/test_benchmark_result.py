from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.errors import BadReason
from sigmask.evaluation.benchmark_result import (
    BenchmarkResult,
    EditedScores,
    ImageLevelScores,
    PairScore,
    PrecisionRecallCurve,
    ResultError,
    UneditedScores,
)
from sigmask.evaluation.significance import Interval
from sigmask.types import BadSample

NUMBERS = st.floats(-1, 1)
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "float": NUMBERS,
    "float | None": st.none() | NUMBERS,
    "int": st.integers(0, 9),
    "str": st.text(max_size=3),
    "str | None": st.none() | st.text(max_size=3),
    "tuple[float, ...]": st.lists(NUMBERS, max_size=2).map(tuple),
    "BadReason": st.sampled_from(BadReason),
}


def drawn(result_type: type[Any]) -> st.SearchStrategy[Any]:
    """Any object of a result type, each field by its annotation; known to the annotations of the types after it."""
    fields = {field.name: BY_TYPE[str(field.type)] for field in dataclasses.fields(result_type)}
    strategy, name = st.builds(result_type, **fields), result_type.__name__
    BY_TYPE[name], BY_TYPE[f"{name} | None"] = strategy, st.none() | strategy
    BY_TYPE[f"dict[str, {name}]"] = st.dictionaries(st.text(max_size=3), strategy, max_size=1)
    BY_TYPE[f"tuple[{name}, ...]"] = st.lists(strategy, max_size=2).map(tuple)
    return strategy


for part in (Interval, PairScore, EditedScores, UneditedScores, ImageLevelScores, PrecisionRecallCurve, BadSample):
    drawn(part)
RESULTS = drawn(BenchmarkResult)


def minimal() -> BenchmarkResult:
    bad = BadSample("torn", BadReason.TRUNCATED, "cut short")
    return BenchmarkResult("bench", "method", 0.5, None, UneditedScores(1, 0.0, 1.0, 0.0), {}, 0.1, (), (bad,))


@settings(max_examples=40)
@given(result=RESULTS)
def test_any_result_goes_through_json_and_back(result: BenchmarkResult) -> None:
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert BenchmarkResult.from_dict(json.loads(text)) == result


def test_to_dict_holds_what_the_fields_say() -> None:
    plain = minimal().to_dict()
    assert set(plain) == {field.name for field in dataclasses.fields(BenchmarkResult)}
    assert plain["unedited"] == {"pairs": 1, "false_positive_share": 0.0, "specificity": 1.0, "marked_pairs": 0.0}
    assert plain["bad"][0]["reason"] == "truncated"


def test_a_result_of_another_version_is_refused() -> None:
    plain = minimal().to_dict()
    with pytest.raises(ResultError, match=r"at 'unedited.shape'.*Evaluate the method again"):
        BenchmarkResult.from_dict(plain | {"unedited": plain["unedited"] | {"shape": 1}})
    with pytest.raises(ResultError, match="at 'threshold'"):
        BenchmarkResult.from_dict({name: value for name, value in plain.items() if name != "threshold"})
    with pytest.raises(ResultError, match="at 'seconds_per_pair'"):
        BenchmarkResult.from_dict(plain | {"seconds_per_pair": float("nan")})
