"""Define the parallel steps of a run as an interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pmcmine.config import MineConfig
from pmcmine.io.folder import Folder
from pmcmine.release.plan import Plan
from schemas import Table


class Graphs(Protocol):
    """Run the graphs of a job to their end; `pipelines.job.BeamGraphs` does so with Beam.

    Each method may be called again after a kill: work committed in the work folder is not repeated.
    """

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the versions of the packages that run the graphs, for `release.json`."""

    def mine(self, config: MineConfig, work: Folder, blocks: Sequence[int], shares: int) -> None:
        """Mine and commit blocks.

        Args:
            config: the configuration.
            work: the run's work folder.
            blocks: numbers of the blocks.
            shares: number of shares of the request budget; at most this many blocks are mined in parallel.
        """

    def near_duplicates(self, config: MineConfig, work: Folder, n_blocks: int, buckets: int) -> None:
        """Compare the signatures of all blocks, and write the edges between near duplicates in `buckets` buckets."""

    def assemble(self, config: MineConfig, work: Folder, out: Folder, plan: Plan, tables: Mapping[str, Table]) -> None:
        """Write shards, tables and the files of the state.

        Args:
            config: the configuration.
            work: the run's work folder.
            out: the folder for files of the release: the release folder, or the folder in which an update collects
                them.
            plan: the plan of files.
            tables: the tables by name, with the columns of enrichers.
        """


# Returns the graphs for a configuration; raises PmcmineError for an unknown runner or option.
GraphsFor = Callable[[MineConfig], Graphs]
