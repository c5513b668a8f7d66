"""Run something beside a block of code."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
