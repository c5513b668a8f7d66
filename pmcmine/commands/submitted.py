"""What is printed once jobs are submitted to SLURM."""

from __future__ import annotations

from typing import Any

import click

from pmcmine.commands.output import print_json
from pmcmine.errors import EXIT_DONE
from pmcmine.text.redact import redact


def print_submitted(config: Any, jobs: Any, as_json: bool = False) -> int:
    """Print the ids of submitted jobs; return the exit code."""
    from pmcmine.io.folder import Folder
    from pmcmine.release.layout import WORK
    from pmcmine.run.slurm import finish_log, read_slurm_plan
    from pmcmine.run.slurm_scripts import FOLDER

    if as_json:
        print_json({"release": redact(config.out), "jobs": {"mine": jobs.mine, "finish": jobs.finish}})
        return EXIT_DONE
    out = Folder(config.out)
    plan = read_slurm_plan(out.child(WORK))
    if jobs.mine is not None and plan is not None:
        click.echo(f"submitted {jobs.mine}  mine    {len(plan.blocks):,} blocks in {plan.tasks:,} tasks")
    click.echo(f"submitted {jobs.finish}  finish  near duplicates, shards, tables, release")
    click.echo(f"scripts and logs in {out.child(WORK).path()}/{FOLDER}; log of the last job: {finish_log(out)}")
    click.echo(f"watch     pmcmine status {redact(config.out)}")
    return EXIT_DONE
