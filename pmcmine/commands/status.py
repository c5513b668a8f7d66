"""`pmcmine status`: how far a run is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import click

from pmcmine.commands.declare import Argument
from pmcmine.commands.output import Json, print_json
from pmcmine.errors import EXIT_DONE, EXIT_FAILED
from pmcmine.text.redact import hide, redact

if TYPE_CHECKING:
    from pmcmine.run.status import SlurmStatus, Status

_SHOWN = 5  # failed tasks


def status(release: Annotated[str, Argument(help="Release folder, any fsspec URL.")], as_json: Json = False) -> None:
    """Show how far a run is: blocks done and running, articles, rate, time left, and its jobs on SLURM.

    The exit code is 2 if a job of SLURM failed.
    """
    from pmcmine.io.folder import Folder
    from pmcmine.run.status import read_slurm_status, read_status

    out = Folder(release)
    slurm = read_slurm_status(out)
    now = read_status(out, slurm.running if slurm is not None else None)
    if as_json:
        failures = dict(slurm.failed) if slurm is not None and now.step != "complete" else {}
        print_json({"release": redact(release), **asdict(now), "seconds_left": now.seconds_left, "failed": failures})
    else:
        for line in lines(redact(release), now, slurm if now.step != "complete" else None):
            click.echo(hide(line))
    failed = slurm is not None and slurm.failed and now.step != "complete"
    raise click.exceptions.Exit(EXIT_FAILED if failed else EXIT_DONE)


def lines(release: str, now: Status, slurm: SlurmStatus | None) -> Iterator[str]:
    """Yield the lines that describe a run."""
    yield f"release   {release}: {now.step if now.step == 'complete' else f'not complete, at step {now.step}'}"
    if now.blocks:
        todo = now.blocks - now.done - now.running - now.interrupted
        again = f", {now.interrupted:,} interrupted" if now.interrupted else ""
        yield f"blocks    {now.done:,} of {now.blocks:,} done, {now.running:,} running{again}, {todo:,} to do"
        left = now.seconds_left
        rate = (
            f", {now.rate:.1f} articles/s, {left / 60:,.0f} min left" if left is not None and now.step == "mine" else ""
        )
        yield f"articles  {now.mined:,} of {now.articles:,} mined{rate}"
    if now.files:
        yield f"files     {min(now.assembled, now.files):,} of about {now.files:,}"
    if slurm is not None:
        yield from _jobs(slurm)


def _jobs(slurm: SlurmStatus) -> Iterator[str]:
    for name, job in (("mine", slurm.jobs.mine), ("finish", slurm.jobs.finish)):
        if job is None:
            continue
        if slurm.states is None:
            yield f"job       {job} {name}: state unknown, squeue can't be asked here"
            continue
        states = slurm.states[name]
        said = ", ".join(f"{n:,} {state}" for state, n in sorted(states.items()))
        yield f"job       {job} {name}: {said or 'not in the queue'}"
    for name, why in list(slurm.failed.items())[:_SHOWN]:
        yield f"failed    {name}: {why}"
    if slurm.failed:
        more = f"{len(slurm.failed):,} failed; " if len(slurm.failed) > _SHOWN else ""
        yield f"          {more}the same command submits what is missing"
