"""`pmcmine update`."""

from __future__ import annotations

from typing import Annotated, Any

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.mine import keys_and_values, print_summary
from pmcmine.commands.options import given
from pmcmine.commands.output import Json, iso_day, print_damaged, print_json
from pmcmine.errors import EXIT_DONE, PmcmineError
from pmcmine.text.redact import redact


def update(
    ctx: click.Context,
    release: Annotated[str, Argument(help="Release folder, any fsspec URL.")],
    date: Annotated[str | None, Option(help="Day of the update, YYYY-MM-DD; today if not given.")] = None,
    compact: Annotated[bool, Option("--compact", help="Write a fresh, full layout.")] = False,
    exclude_only: Annotated[
        bool,
        Option(
            "--exclude-only", help="Keep to the release's snapshot: read no article but those that --exclude needs."
        ),
    ] = False,
    set_: Annotated[
        list[str] | None,
        Option("--set", help="NAME=VALUE of another key that does not change the content of the release; repeatable."),
    ] = None,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Count what is new, changed and gone, write nothing; with --json as JSON.")
    ] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Hide progress.")] = False,
    as_json: Json = False,
) -> None:
    """Update a release; reads only new, changed and removed articles. To resume, repeat the command."""
    from datetime import UTC, datetime

    from pmcmine.config import update_config
    from pmcmine.release.mark import UpdateMark
    from pmcmine.run.progress import Progress

    day = iso_day(date, "--date") if date is not None else datetime.now(UTC).date().isoformat()
    flags = given(ctx) | keys_and_values(set_)
    refuse_demo(release, flags)
    config = update_config(release, flags)
    asked = UpdateMark(day, compact=compact, exclude_only=exclude_only)
    if dry_run:
        from pmcmine.commands.dry_run import print_dry_update
        from pmcmine.run.dry_run import dry_update

        print_dry_update(dry_update(config, asked, Progress(quiet=quiet).note), as_json)
        raise click.exceptions.Exit(EXIT_DONE)
    if config.runner == "slurm":
        from pmcmine.commands.elsewhere import graphs_elsewhere
        from pmcmine.commands.submitted import print_submitted
        from pmcmine.run.slurm import Jobs, submit_update

        submitted = submit_update(config, graphs_elsewhere, asked, Progress(quiet=quiet))
        if isinstance(submitted, Jobs):
            raise click.exceptions.Exit(print_submitted(config, submitted, as_json))
        raise click.exceptions.Exit(print_update(config, submitted, as_json))
    from pipelines import job

    outcome = job.update(config, day, compact, Progress(quiet=quiet), exclude_only)
    raise click.exceptions.Exit(print_update(config, outcome, as_json))


def refuse_demo(release: str, flags: dict[str, Any]) -> None:
    """Raise one line for a demo whose source is not given: the one it was mined from went with the command."""
    from pmcmine.io.folder import Folder
    from pmcmine.release.record import load_release

    if load_release(Folder(release)).run.options.get("demo") and flags.get("source") is None:
        raise PmcmineError(
            f"{release}: is a demo, whose generated articles are not kept; to try an update, mine a folder of "
            "generated articles (docs/takedown.md shows how)"
        )


def print_update(config: Any, outcome: Any, as_json: bool = False) -> int:
    """Print what an update changed; return the exit code."""
    print_damaged(config.out)
    if not outcome.fresh:
        if as_json:
            print_json({"release": redact(config.out), "new": False})
        else:
            click.echo(f"{redact(config.out)}: nothing is new, changed or gone")
        return EXIT_DONE
    last = outcome.release.updates[-1]
    click.echo(
        f"{last.date}  "
        + "  ".join(f"{what} {n:,}" for what, n in (last.articles or {}).items())
        + f"  files rewritten {len(last.rewritten or ()):,}, added {len(last.added or ()):,}"
        + f"  samples removed {last.removed_samples or 0:,}",
        err=as_json,
    )
    return print_summary(config, outcome, as_json)
