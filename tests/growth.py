"""Measure how the processor time of a function grows with its input: the least of several runs, again if that says anything bad."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

ENOUGH: Final = 0.004  # seconds, from which a measurement means something
NOTHING: Final = 0.06  # seconds, below which a busy machine may be the reason for anything
LIMIT: Final = 5.0  # seconds, at which a call is stopped
MOST: Final = 10.0  # times the time for four times the input: linear is 4, quadratic is 16
_RUNS: Final = 3


class TooSlow(Exception):
    """A call was stopped."""


@dataclass(frozen=True)
class Growth:
    """Time of a function for n and 4n, in seconds; stopped calls take forever."""

    n: int
    small: float
    large: float

    @property
    def is_linear(self) -> bool:
        """Return whether four times the input takes about four times as long, or no time at all."""
        return self.large < NOTHING or self.large <= MOST * self.small


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Stop the main thread after so much processor time; regular expressions stop as well."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def seconds_of(function: Callable[[str], object], text: str, runs: int = _RUNS) -> float:
    """Return the least time of several calls, infinity if one had to be stopped."""
    least = float("inf")
    for _ in range(runs):
        try:
            with _alarm(LIMIT):
                started = time.process_time()
                function(text)
                least = min(least, time.process_time() - started)
        except TooSlow:
            return float("inf")
        if least > 0.5:
            break
    return least


def growth(
    function: Callable[[str], object], make: Callable[[int], str], first: int = 500, last: int = 16_000
) -> Growth:
    """Find the size from which a function takes measurable time, and how long it takes for four times as much.

    Args:
        function: what is measured.
        make: an input of about so many characters.
        first: characters to begin with.
        last: characters to go up to.
    """
    function(make(8))  # what is built once
    n = first
    while (small := seconds_of(function, make(n), 1)) < ENOUGH and n < last:
        n *= 2
    if small == float("inf"):
        return Growth(n, 0.0, small)
    found = Growth(n, small, seconds_of(function, make(4 * n), 1))
    if found.is_linear:
        return found
    for _ in range(4):  # a busy machine is measured again
        found = Growth(n, seconds_of(function, make(n)), seconds_of(function, make(4 * n)))
        if found.is_linear:
            break
    return found


def pumped(prefix: str, unit: str, suffix: str = "") -> Callable[[int], str]:
    """Return a maker of texts that repeat a unit."""
    return lambda n: prefix + unit * max(1, n // len(unit)) + suffix
