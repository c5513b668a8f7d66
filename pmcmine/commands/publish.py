"""`pmcmine publish` and `pmcmine verify`: upload a release to the Hub, and check it."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import click

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import Json, print_json
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.io.contact import SECONDS
from pmcmine.text.clean import for_terminal

if TYPE_CHECKING:
    from pmcmine.publish.verify import Verified

_SHOWN: Final = 50  # problems
Endpoint = Annotated[str | None, Option(help="Address of the Hub; default: HF_ENDPOINT, else the public Hub.")]
FirstContact = Annotated[float, Option(help="Seconds to wait for the first answer of the Hub.", min=0.1)]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Hide progress.")]


def _say(quiet: bool, line: str) -> None:
    if not quiet:
        click.echo(f"pmcmine: {line}", err=True)


def publish(
    release: Annotated[Path, Argument(help="Release folder.")],
    name: Annotated[
        str, Argument(metavar="ORG/NAME", help="Dataset repo of the pairs; tables and panels get a suffix.")
    ],
    endpoint: Endpoint = None,
    public: Annotated[
        bool, Option("--public", help="Make new repos public; required if the repos are already public.")
    ] = False,
    adopt: Annotated[
        bool, Option("--adopt", help="Also publish into repos that hold another release or other files.")
    ] = False,
    squash_history: Annotated[
        bool,
        Option(
            "--squash-history",
            help="Remove all earlier revisions from the repos, so that nothing that was excluded can be had from them.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Check release and repos, and say what would be sent; write nothing.")
    ] = False,
    first_contact_seconds: FirstContact = SECONDS,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Upload a release to the Hugging Face Hub; new repos are private. To resume, repeat the command."""
    if quiet:
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when the client is imported
    if dry_run:
        _preview(release, name, endpoint, public, adopt, first_contact_seconds, quiet, as_json)
        return
    from pmcmine.publish.upload import publish as upload

    done = upload(
        release,
        name,
        endpoint=endpoint,
        private=not public,
        adopt=adopt,
        squash_history=squash_history,
        first_contact_seconds=first_contact_seconds,
        say=lambda line: _say(quiet, line),
    )
    if as_json:
        print_json({"release": str(release), "repos": [asdict(repo) for repo in done]})
        return
    for repo in done:
        click.echo(
            f"{repo.repo}  {repo.sent} files sent, {repo.kept} there, {repo.removed} removed, "
            f"{repo.commits} commits, tag {repo.tag}, {'private' if repo.private else 'public'}"
            + (f", {repo.forgotten} objects of earlier revisions removed" if repo.forgotten is not None else "")
            + (f", adopted: it held {repo.adopted}" if repo.adopted else "")
        )


def _preview(
    release: Path,
    name: str,
    endpoint: str | None,
    public: bool,
    adopt: bool,
    first_contact_seconds: float,
    quiet: bool,
    as_json: bool,
) -> None:
    from pmcmine.publish.preview import preview

    planned = preview(
        release,
        name,
        endpoint=endpoint,
        private=not public,
        adopt=adopt,
        first_contact_seconds=first_contact_seconds,
        say=lambda line: _say(quiet, line),
    )
    if as_json:
        print_json({"release": str(release), "repos": [asdict(repo) for repo in planned]})
        return
    for repo in planned:
        click.echo(
            f"{repo.repo}  {'exists' if repo.exists else 'would be created'}, "
            f"{'private' if repo.private else 'public'}: {repo.send:,} files to send ({repo.bytes:,} bytes), "
            f"{repo.kept:,} there, {repo.remove:,} to remove"
            + (f"; would be adopted: it holds {repo.adopted}" if repo.adopted else "")
        )


def verify(
    release: Annotated[str, Argument(help="Release folder, or ORG/NAME on the Hub.")],
    endpoint: Endpoint = None,
    first_contact_seconds: FirstContact = SECONDS,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Check every SHA-256 and count of a release, in a folder or on the Hub."""
    from pmcmine.publish.verify import verify_folder, verify_hub

    local = Path(release)
    found = (
        verify_folder(local)
        if local.exists()
        else verify_hub(
            release,
            endpoint=endpoint,
            first_contact_seconds=first_contact_seconds,
            say=lambda line: _say(quiet, line),
        )
    )
    if as_json:
        print_json({"release": release, "ok": not found.problems, **asdict(found)})
    else:
        _show(release, found)
    if found.problems:
        raise click.exceptions.Exit(1)


def _show(release: str, found: Verified) -> None:
    """Print the problems, and what was checked."""
    shown = [for_terminal(problem) for problem in found.problems[:_SHOWN]]
    more = [f"… and {len(found.problems) - _SHOWN} more"] if len(found.problems) > _SHOWN else []
    checked = f"{release}: {found.files:,} files, {found.bytes:,} bytes, {found.rows:,} rows as release.json says"
    end = [f"{len(found.problems)} problems"] if found.problems else []
    split = (line.partition(": ") for line in shown)  # most problems begin with the name of a file
    rows = [(file, problem) if colon else ("", file) for file, colon, problem in split]
    problems: list[TerminalTable | str] = [TerminalTable(("file", "problem"), rows), *more, ""] if rows else []
    sums = [f"{n:,}" for n in (found.files, found.bytes, found.rows, len(found.problems))]
    heads = ("release", "files", "bytes", "rows", "problems")
    total = TerminalTable(heads, [(for_terminal(release), *sums)], numbers=range(1, len(heads)))
    show([*shown, *more, checked, *end], *problems, total)
