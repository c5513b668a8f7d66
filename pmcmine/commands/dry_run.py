"""What `mine --dry-run` and `update --dry-run` print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from pmcmine.commands.output import print_json
from pmcmine.text.redact import hide


def print_dry_run(plan: Mapping[str, Any], as_json: bool) -> None:
    """Print what a run would do.

    Args:
        plan: result of `pmcmine.run.dry_run.dry_run`.
        as_json: print it as JSON.
    """
    if as_json:
        print_json(plan)
        return
    for name, text in _lines(plan):
        click.echo(hide(f"{name:<9} {text}"))


def print_dry_update(found: Mapping[str, Any], as_json: bool) -> None:
    """Print what an update would read.

    Args:
        found: result of `pmcmine.run.dry_run.dry_update`.
        as_json: print it as JSON.
    """
    if as_json:
        print_json(found)
        return
    n, snapshot = found["articles"], found["snapshot"]
    lines = [
        ("source", f"{found['source']} ({found['kind']}): {snapshot['n_pmcids']:,} PMCIDs"),
        ("release", found["release"]),
        ("new", f"{n['new']:,} PMCIDs"),
        ("changed", f"{n['changed']:,}, in version or ETag, or named by a changed exclusion list"),
        ("retried", f"{n['retried']:,} that failed for a reason that may have passed"),
        ("gone", f"{n['gone']:,} that the source no longer lists"),
        ("update", f"reads {found['read']:,} PMCIDs, removes {n['gone']:,}" if any(n.values()) else "finds no change"),
    ]
    if found["all_files"]:
        lines.append(("compact", "writes all files anew, also without a change"))
    if found["unfinished"]:
        lines.append(("begun", "an update is not finished; the command goes on with the list that it began with"))
    for name, text in [*lines, ("nothing", "was written")]:
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
        at_once = "all" if jobs["at_once"] == jobs["tasks"] else f"{jobs['at_once']:,} of them"
        yield "jobs", f"mine: an array of at most {jobs['tasks']:,} tasks, {at_once} at once; then finish: one job"
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
