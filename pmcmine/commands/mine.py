"""`pmcmine mine`: start a run and print its summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import click

from pmcmine.commands.declare import Option
from pmcmine.commands.dry_run import print_dry_run
from pmcmine.commands.options import given
from pmcmine.commands.output import Json, print_json
from pmcmine.commands.tables import show
from pmcmine.errors import EXIT_ABOVE_THRESHOLD, EXIT_DONE, PmcmineError
from pmcmine.text.redact import hide, redact


def pmcids_of(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return PMCIDs from `--pmcid`: comma-separated, or the path of a file with one per line."""
    if not values:
        return None
    from pmcmine.ids import bare_pmcid

    tokens: list[str] = []
    for value in values:
        path = Path(value)
        if _is_file(path):
            lines = path.read_text("utf-8-sig", "replace").splitlines()
            named = [t for line in lines for t in line.split("#")[0].replace(",", " ").split()]
        else:
            named = value.replace(",", " ").split()
        if not named:  # none at all would mean all of PMC
            raise PmcmineError("--pmcid: names no PMCID")
        tokens += named
    return tuple(dict.fromkeys(bare_pmcid(t) for t in tokens))


def _is_file(path: Path) -> bool:
    """Check whether a path is a file; a long list of PMCIDs is no name that a file system takes."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def keys_and_values(values: list[str] | None) -> dict[str, Any]:
    """Return the keys and values of `--set`."""
    flags: dict[str, Any] = {}
    for pair in values or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise PmcmineError("--set: give NAME=VALUE, as in shard_bytes=500000000")
        flags[key.strip().replace("-", "_")] = value.strip()
    return flags


def run_mine(config: Any, dry: bool, quiet: bool, as_json: bool = False) -> int:
    """Run the mine job, print its summary and return the exit code."""
    from pmcmine.commands.elsewhere import graphs_elsewhere
    from pmcmine.run import dry_run, slurm
    from pmcmine.run.progress import Progress

    if dry:

        def say(line: str) -> None:
            if not quiet:
                click.echo(f"pmcmine: {hide(line)}", err=True)

        plan = dry_run.dry_run(config, graphs_elsewhere, say)
        print_dry_run(plan, as_json)
        missing = plan["not_in_source"]
        if missing:
            from pmcmine.commands.summary import absent_line

            line = absent_line(missing, plan["snapshot"]["n_absent"], len(config.pmcid))
            click.echo(f"pmcmine: {line}", err=True)
        return EXIT_ABOVE_THRESHOLD if config.pmcid and len(missing) == len(config.pmcid) else EXIT_DONE
    if config.publish_to is not None:
        from pmcmine.run import needs

        needs.check(config)  # report missing parts before contacting the Hub
        from pmcmine.publish.live import check_hub

        check_hub(config, Progress(quiet=quiet).note)
    if config.runner == "slurm":
        from pmcmine.commands.submitted import print_submitted

        jobs = slurm.submit_run(config, graphs_elsewhere, Progress(quiet=quiet))
        if jobs is not None:
            return print_submitted(config, jobs, as_json)
    return make(config, quiet, as_json)


def make(config: Any, quiet: bool, as_json: bool = False) -> int:
    """Make the release here, publish it if that is asked for, print its summary and return the exit code."""
    from pipelines import job
    from pmcmine.run.progress import Progress

    code = print_summary(config, job.run(config, Progress(quiet=quiet)), as_json)
    if config.publish_to is not None:
        from pmcmine.publish.upload import publish

        private, adopt = not config.publish_public, config.publish_adopt
        for done in publish(config.out, config.publish_to, endpoint=config.endpoint, private=private, adopt=adopt):
            click.echo(f"published {done.repo}  {done.tag}  {'private' if private else 'public'}", err=as_json)
            if done.adopted:
                click.echo(f"{done.repo}: adopted; it held {done.adopted}", err=as_json)
    return code


def print_summary(config: Any, outcome: Any, as_json: bool = False) -> int:
    """Print a summary, or its numbers as JSON; return the exit code."""
    from pmcmine.commands import summary
    from pmcmine.io.folder import Folder

    release = outcome.release
    counts = release.counts
    if not outcome.fresh:
        click.echo(f"{redact(config.out)}: the release is already complete; nothing to do", err=as_json)
    if as_json:
        print_json(summary.numbers(redact(config.out), outcome))
    else:
        listed = release.snapshot.n_pmcids
        show(summary.totals(counts, listed), *summary.totals_drawn(counts, listed))
        click.echo(f"release  {redact(config.out)}\nreport   {outcome.report}")
        for line in filter(None, [*summary.what_next(redact(config.out), counts), summary.no_concepts(release)]):
            click.echo(line)
    for line in summary.internal_errors(release, Folder(config.out)):
        click.echo(f"pmcmine: {line}", err=True)
    excluded = summary.excluded_line(release, Folder(config.out))
    if excluded is not None:
        click.echo(f"pmcmine: {excluded}", err=True)
    why = summary.why_no_samples(release)
    if why is not None:
        click.echo(f"pmcmine: {why}", err=True)
    absent = release.snapshot.n_absent
    if absent:
        shown = summary.absent_pmcids(release, Folder(config.out))
        click.echo(f"pmcmine: {summary.absent_line(shown, absent, len(config.pmcid))}", err=True)
        if absent == len(config.pmcid):
            return EXIT_ABOVE_THRESHOLD
    if outcome.above_threshold:
        shares = ", ".join(f"{share:.1%} of {unit}s" for unit, share in counts.fault_share.items())
        click.echo(
            f"pmcmine: rejected because of faults: {shares}, above --max-reject-share {config.max_reject_share}; "
            "see tables/rejects and the report",
            err=True,
        )
        return EXIT_ABOVE_THRESHOLD
    return EXIT_DONE


def mine(
    ctx: click.Context,
    config: Annotated[str | None, Option(help="TOML file with any key of the configuration.")] = None,
    set_: Annotated[
        list[str] | None, Option("--set", help="NAME=VALUE of any key of the configuration; may be repeated.")
    ] = None,
    drop_benchmarks: Annotated[
        bool, Option("--drop-benchmarks", help="Short for --decontaminate-action drop.")
    ] = False,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Print the plan and its counts, write nothing; with --json as JSON.")
    ] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Hide progress.")] = False,
    as_json: Json = False,
) -> None:
    """Mine articles into a release folder: shards, tables, report. The same command resumes.

    Say which articles: --source, --pmcid, --limit, or --all for all of PMC.

    Flags override the TOML file (--config), which overrides the environment.
    """
    from pmcmine.config import NOTHING_CHOSEN, load_config

    flags = given(ctx)
    flags["pmcid"] = pmcids_of(flags["pmcid"])
    if drop_benchmarks:
        flags["decontaminate_action"] = "drop"
    chosen = load_config(flags | keys_and_values(set_), config)
    if not chosen.chooses:
        click.echo(ctx.get_help(), nl=False)
        raise PmcmineError(NOTHING_CHOSEN)
    raise click.exceptions.Exit(run_mine(chosen, dry_run, quiet, as_json))
