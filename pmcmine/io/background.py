"""Run a function beside a block of code, or several calls in parallel."""

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
        action: the function; it must end soon after its event is set.
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
    """Yield the results of a function for each item in order, with a few parallel calls and a bounded look-ahead.

    Args:
        action: the function; with one thread it runs in the caller's.
        items: arguments of the calls.
        threads: parallel calls.
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
