from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from sigmask.annotation.ordered_threads import in_order


@given(items=st.lists(st.integers(), max_size=40), window=st.integers(1, 7), workers=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_the_order_is_kept_whatever_the_window(items: list[int], window: int, workers: int) -> None:
    with ThreadPoolExecutor(workers) as threads:
        assert list(in_order(threads, lambda item: item * 2, items, window=lambda: window)) == [i * 2 for i in items]


def test_a_slow_first_item_does_not_lose_its_place() -> None:
    def work(item: int) -> int:
        time.sleep(0.03 if item == 0 else 0.0)
        return item

    with ThreadPoolExecutor(3) as threads:
        assert list(in_order(threads, work, range(9), window=lambda: 4)) == list(range(9))


def test_no_more_than_the_window_is_pulled_ahead_of_what_was_taken() -> None:
    pulled = 0

    def source() -> Iterator[int]:
        nonlocal pulled
        for item in range(100):
            pulled += 1
            yield item

    with ThreadPoolExecutor(2) as threads:
        results = in_order(threads, lambda item: item, source(), window=lambda: 5)
        assert [next(results) for _ in range(10)] == list(range(10))
        assert pulled == 14  # ten taken, four of the window of five still under way
        results.close()  # type: ignore[attr-defined]


def test_work_runs_in_other_threads() -> None:
    with ThreadPoolExecutor(1) as threads:
        names = set(in_order(threads, lambda _: threading.current_thread().name, range(3), window=lambda: 2))
    assert threading.current_thread().name not in names
