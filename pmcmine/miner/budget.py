"""Limit the CPU time of one piece of work, inside its process.

A watching thread reads the CPU clock of the working thread and raises an exception in it, which Python delivers between
two of its instructions. Waiting for a server or for other threads costs nothing. A single call into C code is not
interrupted; such calls are limited by their input.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from pmcmine.io.watch import Watch

_WAITING: Final = 10  # multiple of the budget, for clocks that also run while a thread waits
_AGAIN: Final = 5.0  # seconds after which a thread is interrupted again: a finalizer may swallow the first interrupt
_T = TypeVar("_T")


class BudgetExceeded(Exception):
    """The work has used up its CPU time."""


class _Interrupt(BaseException):
    """Raised in the working thread; no `except Exception` stops it."""


class _Work:
    """A working thread, and the time at which its clock exceeds its budget."""

    def __init__(self, seconds: float) -> None:
        self.thread = threading.get_ident()
        # Only some systems let a thread read the clock of another. Elsewhere waiting counts, so the limit is higher.
        read = getattr(time, "pthread_getcpuclockid", None)
        self.clock: int = read(self.thread) if read is not None else time.CLOCK_MONOTONIC
        self.until = time.clock_gettime(self.clock) + seconds * (1 if read is not None else _WAITING)
        self.interrupted = False

    def is_over(self) -> bool:
        """Return whether the budget is used up; a thread that has ended uses no more."""
        try:
            return time.clock_gettime(self.clock) >= self.until
        except OSError:
            return False

    def enforce(self) -> None:
        """Raise `_Interrupt` in the working thread, repeatedly."""
        self.interrupted = True
        self.until += _AGAIN
        self._interrupt()

    def release(self) -> None:
        """Withdraw an interrupt that was not delivered yet; called by the working thread itself.

        Withdrawing one by NULL leaves CPython 3.11 and 3.12 with a mark that one is pending: all code is then slower,
        and a traced function never begins. So a last one is raised, which clears the mark, and caught.
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
    """Call a function with a limit on the CPU time of this thread.

    Args:
        seconds: CPU time that the call may take.
        function: the function; it must hold no lock or half-written file that only an `except Exception` would release.

    Raises:
        BudgetExceeded: if the function took longer and was interrupted.
    """
    work = _Work(seconds)
    try:
        _watch.add(work)
        try:
            return function()
        finally:
            _watch.remove(work)
    except _Interrupt:
        _watch.remove(work)  # again, as the interrupt may have hit the removal itself
        raise BudgetExceeded(f"more than {seconds:g} seconds of the processor") from None
