"""Run a function over a stream in a few threads, in order, with a bounded number of results under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    executor: Executor,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    window: Callable[[], int],
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in the items' order.

    At most `window()` items are under way or wait to be taken; it is asked anew before each submission, so that the
    caller can shrink it while large pictures pass. Items are pulled from the iterable in the caller's thread.
    """
    pending: deque[Future[Result]] = deque()
    source = iter(items)
    exhausted = False
    try:
        while True:
            while not exhausted and len(pending) < max(1, window()):
                try:
                    pending.append(executor.submit(function, next(source)))
                except StopIteration:
                    exhausted = True
            if not pending:
                return
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()
