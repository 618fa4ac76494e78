from __future__ import annotations

import pytest

from sigmask.annotation.bad_row_limit import BadRowLimit, TooManyBadRowsError
from sigmask.errors import SigmaskError


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("5%", BadRowLimit(0.05, True)),
        ("2.5 %", BadRowLimit(0.025, True)),
        ("0%", BadRowLimit(0.0, True)),
        ("200", BadRowLimit(200, False)),
        ("0", BadRowLimit(0, False)),
    ],
)
def test_a_limit_is_a_share_or_a_number(text: str, limit: BadRowLimit) -> None:
    assert BadRowLimit.parse(text) == limit
    assert BadRowLimit.parse(str(limit)) == limit


@pytest.mark.parametrize("text", ["", "five", "-1", "0.05", "101%", "%"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SigmaskError, match="--max-bad is a percentage"):
        BadRowLimit.parse(text)


def test_a_share_counts_from_a_hundred_rows_on() -> None:
    limit = BadRowLimit.parse("5%")
    limit.check(99, 99)
    limit.check(100, 5)
    limit.check(10_000, 500)
    with pytest.raises(TooManyBadRowsError, match=r"6 of 100 rows are bad \(6.0 %\).*--max-bad 5% .*Stopped"):
        limit.check(100, 6)


def test_of_a_finished_run_a_share_counts_whatever_its_rows() -> None:
    BadRowLimit.parse("50%").check(4, 2, finished=True)
    BadRowLimit.parse("5%").check(0, 0, finished=True)
    with pytest.raises(TooManyBadRowsError, match="The run is finished"):
        BadRowLimit.parse("49%").check(4, 2, finished=True)


def test_a_number_counts_from_the_first_row_on() -> None:
    BadRowLimit.parse("2").check(2, 2)
    with pytest.raises(TooManyBadRowsError):
        BadRowLimit.parse("2").check(3, 3)
