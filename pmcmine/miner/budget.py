"""A bound on the processor time of one piece of work, inside of the process that does it.

A watching thread reads the processor clock of the working thread and raises an exception in it, which Python delivers
between two of its instructions. Waiting for a server or for other threads costs nothing. A single call into C code is
not interrupted; those calls are bounded by what they get.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from pmcmine.io.watch import Watch

_WAITING: Final = 10  # times the budget, for clocks that run while a thread waits
_AGAIN: Final = 5.0  # seconds after which a thread that goes on is interrupted again: a finalizer may swallow the first
_T = TypeVar("_T")


class BudgetExceeded(Exception):
    """The work has used up its processor time."""


class _Interrupt(BaseException):
    """Raised in the working thread; no `except Exception` on the way stops it."""


class _Work:
    """A thread at work, and when its clock has passed its budget."""

    def __init__(self, seconds: float) -> None:
        self.thread = threading.get_ident()
        # Only some systems let a thread read the clock of another. Elsewhere waiting counts, so that more is allowed.
        read = getattr(time, "pthread_getcpuclockid", None)
        self.clock: int = read(self.thread) if read is not None else time.CLOCK_MONOTONIC
        self.until = time.clock_gettime(self.clock) + seconds * (1 if read is not None else _WAITING)
        self.interrupted = False

    def is_over(self) -> bool:
        """Return whether the budget is used up; a thread that has ended has used nothing more."""
        try:
            return time.clock_gettime(self.clock) >= self.until
        except OSError:
            return False

    def enforce(self) -> None:
        """Raise `_Interrupt` in the working thread, now and again."""
        self.interrupted = True
        self.until += _AGAIN
        self._interrupt()

    def release(self) -> None:
        """Take back an interrupt that was not delivered yet; called by the working thread itself.

        One that is taken back by NULL leaves CPython 3.11 and 3.12 with a mark that one is pending: all code is then
        slower, and a traced function never begins. So a last one is raised, which clears the mark, and caught.
        """
        if not self.interrupted:
            return
        with suppress(_Interrupt):
            self._interrupt()
            while True:  # it arrives within a few steps
                time.sleep(0)

    def _interrupt(self) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), ctypes.py_object(_Interrupt))


_watch = Watch("budgets")


def within(seconds: float, function: Callable[[], _T]) -> _T:
    """Call a function with a bound on the processor time of this thread.

    Args:
        seconds: processor time that the call may take.
        function: what is called; it holds no lock or half-written file that only an `except Exception` would release.

    Raises:
        BudgetExceeded: the function took longer and was interrupted.
    """
    work = _Work(seconds)
    try:
        _watch.add(work)
        try:
            return function()
        finally:
            _watch.remove(work)
    except _Interrupt:
        _watch.remove(work)  # again, for the interrupt may have hit the removal itself
        raise BudgetExceeded(f"more than {seconds:g} seconds of the processor") from None
