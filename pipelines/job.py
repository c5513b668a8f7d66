"""`pmcmine mine` and `update` on Beam: the graphs of a run, handed to `pmcmine.run`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import apache_beam as beam

from pipelines import assemble as assemble_graph
from pipelines import mine as mine_graph
from pipelines import near_duplicates as near_duplicates_graph
from pipelines.runners import beam_options, make_runner, run_graph
from pmcmine.config import MineConfig
from pmcmine.io.folder import Folder
from pmcmine.miner import enrichers
from pmcmine.release.plan import Plan
from pmcmine.run import slurm, start
from pmcmine.run.job import Outcome
from pmcmine.run.progress import Progress
from pmcmine.run.runner_options import check_runner, in_node
from pmcmine.run.shares import fetch_keys
from pmcmine.run.slurm import SlurmPlan
from pmcmine.run.steps import blocks_to_mine
from schemas import Table


@dataclass(frozen=True)
class BeamGraphs:
    """The graphs of a run, each run to its end with the same options.

    Attributes:
        options: options for Beam.
    """

    options: Any

    @classmethod
    def of(cls, config: MineConfig) -> BeamGraphs:
        """Return the graphs for the runner and the options of a configuration.

        Raises:
            PmcmineError: for a runner or an option that Beam does not know.
        """
        check_runner(config)
        return cls(beam_options(in_node(config)))

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the version of Beam."""
        return {"apache_beam": beam.__version__}

    def mine(self, config: MineConfig, work: Folder, blocks: Sequence[int], shares: int) -> None:
        """Run the mine job."""
        self._run(config, work, lambda p: mine_graph.build(p, blocks, shares, config, work))

    def near_duplicates(self, config: MineConfig, work: Folder, n_blocks: int, buckets: int) -> None:
        """Run the job of near duplicates."""
        self._run(config, work, lambda p: near_duplicates_graph.build(p, n_blocks, buckets, work))

    def assemble(self, config: MineConfig, work: Folder, out: Folder, plan: Plan, tables: Mapping[str, Table]) -> None:
        """Run the assemble job."""
        build = partial(
            assemble_graph.build,
            plan=plan,
            work=work,
            out=out,
            keep_state=config.keep_state,
            tables=tables,
            samples_schema=enrichers.sample_schemas(config)["figures"] if config.parquet_images else None,
        )
        self._run(config, work, build)

    def _run(self, config: MineConfig, work: Folder, build: Callable[[beam.Pipeline], Any]) -> None:
        run_graph(in_node(config), self.options, work, build)


def run(config: MineConfig, progress: Progress) -> Outcome:
    """Make the release that a configuration describes, or resume making it; see `pmcmine.run.start.run`."""
    return start.run(config, BeamGraphs.of, progress)


def update(config: MineConfig, date: str, compact: bool, progress: Progress, exclude_only: bool = False) -> Outcome:
    """Update a release; see `pmcmine.run.start.update`."""
    return start.update(config, BeamGraphs.of, date, compact, progress, exclude_only)


def mine_share(config: MineConfig, plan: SlurmPlan, task: int, progress: Progress) -> None:
    """Do the work of one task of SLURM; see `pmcmine.run.slurm.mine_share`."""
    slurm.mine_share(config, plan, task, BeamGraphs.of, progress)


def submit_mine(config: MineConfig) -> Any:
    """Submit the mine graph alone and return its result without waiting; None if every block is committed.

    Raises:
        PmcmineError: one line for the user.
    """
    with start.begun(config, BeamGraphs.of, Progress(quiet=True)) as job:
        if job is None:
            return None
        n_blocks, blocks = blocks_to_mine(job)
        if not blocks:
            return None
        pipeline = beam.Pipeline(runner=make_runner(job.config), options=beam_options(job.config))
        shares = fetch_keys(job.config, job.source.remote, n_blocks)
        mine_graph.build(pipeline, blocks, shares, job.config, job.work)
        return pipeline.run()
