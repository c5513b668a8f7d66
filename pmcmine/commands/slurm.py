"""`pmcmine slurm-job`, which the batch scripts of `--runner slurm` call."""

from __future__ import annotations

from typing import Annotated

import click

from pmcmine.commands.declare import Argument
from pmcmine.errors import PmcmineError


def slurm_job(
    step: Annotated[str, Argument(help="mine or finish.")],
    config: Annotated[str, Argument(help="File that the submission wrote.")],
    task: Annotated[int | None, Argument(help="Number of the task.")] = None,
) -> None:
    """Do the work of one job of `--runner slurm`; its batch scripts call this."""
    from pipelines import job
    from pmcmine.commands.mine import make
    from pmcmine.commands.update import print_update
    from pmcmine.run.progress import Progress
    from pmcmine.run.slurm import job_config, note_failure, wait_for_launcher

    loaded, plan = job_config(config)
    with note_failure(loaded, "finish" if task is None else f"task {task}"):
        if step == "mine" and task is not None:
            job.mine_share(loaded, plan, task, Progress())
            return
        if step != "finish":
            raise PmcmineError(f"slurm-job {step}: batch scripts of --runner slurm call this")
        wait_for_launcher(loaded)
        if plan.update is None:
            raise click.exceptions.Exit(make(loaded, quiet=False))
        update = plan.update
        outcome = job.update(loaded, update.date, update.compact, Progress(), update.exclude_only)
        raise click.exceptions.Exit(print_update(loaded, outcome))
