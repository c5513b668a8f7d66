"""What `mine --dry-run` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from pmcmine.commands.output import print_json
from pmcmine.text.redact import hide


def print_dry_run(plan: Mapping[str, Any], as_json: bool) -> None:
    """Print what a run would do.

    Args:
        plan: result of `pmcmine.run.start.dry_run`.
        as_json: print it as JSON.
    """
    if as_json:
        print_json(plan)
        return
    for name, text in _lines(plan):
        click.echo(hide(f"{name:<9} {text}"))


def _lines(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    snapshot = plan["snapshot"]
    yield "source", f"{plan['source']} ({plan['kind']})"
    yield (
        "articles",
        "not counted: the source does not answer from here"
        if snapshot is None
        else f"{snapshot['n_pmcids']:,} PMCIDs in {snapshot['n_versions']:,} versions",
    )
    yield "groups", ", ".join(plan["groups"])
    yield "release", plan["out"]
    yield "runner", plan["runner"]
    jobs = plan.get("jobs")
    if jobs is not None:
        yield "jobs", f"mine: up to {jobs['tasks']:,} tasks, {jobs['at_once']:,} at once; then finish: one job"
        yield (
            "each job",
            ", ".join(
                (
                    f"partition {jobs['partition'] or 'of the site'}",
                    f"account {jobs['account'] or 'of the site'}",
                    f"time {jobs['time'] or 'of the partition'}",
                    f"memory {jobs['memory']}",
                    f"CPUs {jobs['cpus']}",
                )
            ),
        )
        for what, options in (("options", jobs["options"]), ("finish", jobs["finish_options"])):
            if options:
                yield what, " ".join(options)
    for step in plan["steps"]:
        yield "step", step
    yield "nothing", "was written or submitted"
