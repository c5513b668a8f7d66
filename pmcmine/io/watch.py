"""Enforce time limits from a thread: one for each kind of limit in a process, and a new one in a forked process."""

from __future__ import annotations

import os
import threading
from typing import Final, Protocol

TICK: Final = 0.25  # seconds by which a limit may be exceeded


class Watched(Protocol):
    """An object with a limit. Its methods are called one at a time, under the lock of its watch."""

    def is_over(self) -> bool:
        """Return whether the limit is exceeded."""

    def enforce(self) -> None:
        """Enforce the limit; called at each tick while `is_over` returns true."""

    def release(self) -> None:
        """Undo a started `enforce`, as the object ended by itself."""


class Watch:
    """Check open objects at each tick. Its thread starts with the first one."""

    def __init__(self, name: str) -> None:
        """Start with nothing to watch.

        Args:
            name: name of the thread.
        """
        self._name = name
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)  # a forked process has neither the thread nor the lock

    def _begin(self) -> None:
        self._wake = threading.Condition()
        self._open: set[Watched] = set()
        self._thread: threading.Thread | None = None

    def add(self, watched: Watched) -> None:
        """Watch an object."""
        with self._wake:
            self._open.add(watched)
            if len(self._open) == 1:
                self._wake.notify()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def remove(self, watched: Watched) -> None:
        """Stop watching an object; harmless if it is not watched."""
        with self._wake:
            self._open.discard(watched)
            watched.release()

    def _run(self) -> None:
        while True:
            with self._wake:
                for watched in self._open:
                    if watched.is_over():
                        watched.enforce()
                self._wake.wait(TICK if self._open else None)
