from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmask.errors import SigmaskError
from sigmask.export.expression import FilterError, parse_filter, selection_rule
from sigmask.export.facts import Facts


def facts(
    quality: float = 0.85,
    area: float = 0.1,
    action: str = "add",
    scope: str = "local",
    flags: tuple[str, ...] = ("aspect_mismatch", "cropped"),
) -> Facts:
    return Facts("a", "b", 0, area, quality, action, scope, None, None, flags, "tiny")


def keeps(text: str, row: Facts) -> bool:
    return all(rule.keeps(row) for rule in parse_filter(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quality >= .8 and 0.002 < area < .6", True),
        ("quality >= .8 and 0.002 < area < .1", False),
        ("quality > 0.85", False),
        ("not quality > 0.85", True),
        ("quality < 0.5 or area < 0.5", True),
        ("(quality < 0.5 or area < 0.5) and action == 'remove'", False),
        ('action in ("add", "remove")', True),
        ('action not in ["add"]', False),
        ("action in {'style'}", False),
        ('scope != "global"', True),
        ('"cropped" in flags', True),
        ('"padded" in flags', False),
        ('"padded" not in flags', True),
        ("area > -1", True),
        ("area < quality", True),
        ("0.1 == area", True),
        (' quality >= 0.8\t', True),
    ],
)  # fmt: skip
def test_what_a_filter_says(text: str, expected: bool) -> None:
    assert keeps(text, facts()) is expected


def test_each_part_of_an_and_is_a_rule_with_a_count_of_its_own() -> None:
    rules = parse_filter("quality >= .8 and (area < .1 or area > .5) and 'cropped' in flags")
    assert [rule.name for rule in rules] == ["quality >= 0.8", "area < 0.1 or area > 0.5", "'cropped' in flags"]
    assert [rule.keeps(facts()) for rule in rules] == [True, False, True]


OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@given(
    st.sampled_from(["quality", "area"]),
    st.sampled_from(list(OPERATORS)),
    st.floats(0, 1, width=32).map(lambda value: float(f"{value:.6f}")),
    st.floats(0, 1, width=32).map(lambda value: float(f"{value:.6f}")),
)
def test_comparisons_are_those_of_numbers(name: str, sign: str, value: float, bound: float) -> None:
    row = facts(quality=value, area=value)
    assert keeps(f"{name} {sign} {bound!r}", row) is OPERATORS[sign](value, bound)
    assert keeps(f"{bound!r} {sign} {name}", row) is OPERATORS[sign](bound, value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("qualty > 0.5", "Did you mean 'quality'"),
        ("action == add", "quote it"),
        ("action == 'remvoe'", "Did you mean 'remove'"),
        ("action in ('add', 'delte')", "unknown action 'delte'"),
        ("scope == 'locl'", "Did you mean 'local'"),
        ("quality > 'high'", "compares a number with a text"),
        ("flags == 'cropped'", '"cropped" in flags'),
        ("action > 'add'", "no meaning"),
        ("quality in (0.5, 0.6)", "expected quoted texts"),
        ("quality", "alone is no condition"),
        ("1 < 2", "says nothing of a pair"),
        ("quality >=", "cannot read"),
        ("", "cannot read"),
        ("quality > 0.5; area > 1", "cannot read"),
        ("x" * 3000, "at most 2,000 characters"),
        ("(" * 900 + "quality > 1" + ")" * 900, "cannot read"),
    ],
)
def test_mistakes_are_named(text: str, expected: str) -> None:
    with pytest.raises(FilterError) as error:
        parse_filter(text)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "quality.__class__ == 1",
        "quality + 1 > 1.5",
        "2 ** 999999999 > quality",
        "(lambda: 1)() < quality",
        "[x for x in flags]",
        "(q := quality) > 0.5",
        "f'{quality}' == action",
        "b'add' == action",
        "quality is None",
        "True",
        "quality > True",
        "quality > 1j",
        "flags[0] == 'cropped'",
        "'add' if quality > 1 else 'remove'",
        "'cropped' in [*flags]",
    ],
)
def test_nothing_but_the_listed_forms_is_read(text: str) -> None:
    with pytest.raises(FilterError):
        parse_filter(text)


def test_selections_name_their_values_and_the_nearest() -> None:
    rule = selection_rule("action", ["remove", "add", "add"])
    assert rule.name == "action in remove, add"
    assert rule.keeps(facts(action="add"))
    assert not rule.keeps(facts(action="style"))
    with pytest.raises(SigmaskError, match="Did you mean 'global'"):
        selection_rule("scope", ["globl"])


def test_a_float32_is_read_as_it_was_written() -> None:
    row = dict.fromkeys(("sample_id", "source_file", "row_index", "original_concept", "edited_concept"))
    stored = float.fromhex("0x1.6666660000000p-1")  # 0.7 in float32, which is less than 0.7
    read = Facts.of_row({**row, "area_fraction": 0.0, "quality": stored, "action": None, "scope": "none", "flags": [],
                         "model": "tiny"})  # fmt: skip
    assert stored < 0.7
    assert keeps("quality >= 0.7 and action == 'unknown'", read)
