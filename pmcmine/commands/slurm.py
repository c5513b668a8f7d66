"""`--runner slurm`: what is printed on submission, and `pmcmine slurm-job`, which the batch scripts call."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pmcmine.errors import EXIT_DONE, PmcmineError
from pmcmine.text.redact import redact


def print_submitted(config: Any, jobs: Any) -> int:
    """Print the ids of submitted jobs; return the exit code."""
    from pmcmine.io.folder import Folder
    from pmcmine.release.layout import WORK
    from pmcmine.run.slurm import finish_log, read_slurm_plan
    from pmcmine.run.slurm_scripts import FOLDER

    out = Folder(config.out)
    plan = read_slurm_plan(out.child(WORK))
    if jobs.mine is not None and plan is not None:
        typer.echo(f"submitted {jobs.mine}  mine    {len(plan.blocks):,} blocks in {plan.tasks:,} tasks")
    typer.echo(f"submitted {jobs.finish}  finish  near duplicates, shards, tables, release")
    typer.echo(f"scripts and logs in {out.child(WORK).path()}/{FOLDER}; log of the last job: {finish_log(out)}")
    typer.echo(f"watch     pmcmine status {redact(config.out)}")
    return EXIT_DONE


def slurm_job(
    step: Annotated[str, typer.Argument(help="mine or finish.")],
    config: Annotated[str, typer.Argument(help="File that the submission wrote.")],
    task: Annotated[int | None, typer.Argument(help="Number of the task.")] = None,
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
            raise typer.Exit(make(loaded, quiet=False))
        outcome = job.update(loaded, plan.update.date, plan.update.compact, Progress())
        raise typer.Exit(print_update(loaded, outcome))
