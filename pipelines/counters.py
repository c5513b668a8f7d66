"""Beam's counters, which a runner shows while a job runs."""

from __future__ import annotations

from typing import Final

from apache_beam.metrics.metric import Metrics

_NAMESPACE: Final = "pmcmine"


class BeamCounters:
    """Counts for whoever watches a running job; implements `pmcmine.work.counters.Counters`."""

    def add(self, name: str, n: int) -> None:
        """Add to a counter."""
        Metrics.counter(_NAMESPACE, name).inc(n)

    def took(self, name: str, seconds: float) -> None:
        """Add a duration to a distribution of milliseconds."""
        Metrics.distribution(_NAMESPACE, f"{name}_milliseconds").update(round(1000 * seconds))
