"""Count events for monitoring a run. The counts of a release come from committed manifests instead (`balance.py`)."""

from __future__ import annotations

from typing import Protocol


class Counters(Protocol):
    """Receive counts and times of a running job; retried work is counted twice."""

    def add(self, name: str, n: int) -> None:
        """Add to a counter."""

    def took(self, name: str, seconds: float) -> None:
        """Add a duration to a distribution."""


class NoCounters:
    """Counters of a run that nobody monitors."""

    def add(self, name: str, n: int) -> None:
        """Ignore a count."""

    def took(self, name: str, seconds: float) -> None:
        """Ignore a duration."""
