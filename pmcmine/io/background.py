"""Run something beside a block of code, and several things at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@contextmanager
def in_background(action: Callable[[threading.Event], None], name: str | None = None) -> Iterator[None]:
    """Run a function in a thread while the block runs, and wait for its end.

    Args:
        action: the function; it ends soon after the event that it is given is set.
        name: name of the thread.
    """
    done = threading.Event()
    thread = threading.Thread(target=action, args=(done,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def in_order(action: Callable[[_In], _Out], items: Iterable[_In], threads: int) -> Iterator[_Out]:
    """Yield what a function returns for each item, in their order, a few at once and a bounded number ahead.

    Args:
        action: the function; for one thread it runs in that of the caller.
        items: what it is called with.
        threads: calls at once.
    """
    if threads <= 1:
        yield from map(action, items)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="in-order") as pool:
        waiting: deque[Future[_Out]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(action, item))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
