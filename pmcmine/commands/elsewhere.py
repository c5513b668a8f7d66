"""Graphs that a command only submits or describes: Beam, which takes seconds to load, only checks options."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from pmcmine.config import MineConfig
from pmcmine.run.graphs import Graphs
from pmcmine.run.runner_options import check_runner


class _Elsewhere:
    """Graphs that other processes run."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Return nothing: who runs them knows."""
        return {}

    def mine(self, *of: Any) -> None:
        """Refuse to run."""
        raise NotImplementedError("a command that submits runs no graph")

    near_duplicates = assemble = mine


def graphs_elsewhere(config: MineConfig) -> Graphs:
    """Check the runner and its options, as whoever runs the graphs will; return graphs that can't be run here.

    Raises:
        PmcmineError: for a runner or an option that Beam does not know.
        ModuleNotFoundError: without Beam.
    """
    if config.beam:
        from pipelines.job import BeamGraphs

        return BeamGraphs.of(config)
    if find_spec("apache_beam") is None:
        raise ModuleNotFoundError("No module named 'apache_beam'", name="apache_beam")
    check_runner(config)
    return _Elsewhere()
