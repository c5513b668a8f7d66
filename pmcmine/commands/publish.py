"""`pmcmine publish` and `pmcmine verify`: a release to the Hub, and read back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pmcmine.io.contact import SECONDS
from pmcmine.text.clean import for_terminal

Endpoint = Annotated[str | None, typer.Option(help="Address of the Hub; HF_ENDPOINT, or the public one, if not given.")]
FirstContact = Annotated[float, typer.Option(help="Seconds within which the Hub must first answer.", min=0.1)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def _say(quiet: bool, line: str) -> None:
    if not quiet:
        typer.echo(f"pmcmine: {line}", err=True)


def publish(
    release: Annotated[Path, typer.Argument(help="Release folder.")],
    name: Annotated[str, typer.Argument(metavar="ORG/NAME", help="Dataset repo; the other parts get a suffix.")],
    endpoint: Endpoint = None,
    public: Annotated[
        bool, typer.Option("--public", help="Make new repos public; needed for repos that are public already.")
    ] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Publish into repos that hold another release or other files, too.")
    ] = False,
    first_contact_seconds: FirstContact = SECONDS,
    quiet: Quiet = False,
) -> None:
    """Upload a release to the Hugging Face Hub, privately. The same command goes on after it was stopped."""
    if quiet:
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when the client is imported
    from pmcmine.publish.upload import publish as upload

    done = upload(
        release,
        name,
        endpoint=endpoint,
        private=not public,
        adopt=adopt,
        first_contact_seconds=first_contact_seconds,
        say=lambda line: _say(quiet, line),
    )
    for repo in done:
        typer.echo(
            f"{repo.repo}  {repo.sent} files sent, {repo.kept} there, {repo.removed} removed, "
            f"{repo.commits} commits, tag {repo.tag}, {'private' if repo.private else 'public'}"
            + (f", adopted: it held {repo.adopted}" if repo.adopted else "")
        )


def verify(
    release: Annotated[str, typer.Argument(help="Release folder, or ORG/NAME on the Hub.")],
    endpoint: Endpoint = None,
    first_contact_seconds: FirstContact = SECONDS,
    quiet: Quiet = False,
) -> None:
    """Read a release back, from a folder or the Hub, and check every SHA-256 and count."""
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
    for problem in found.problems[:50]:
        typer.echo(for_terminal(problem))
    if len(found.problems) > 50:
        typer.echo(f"… and {len(found.problems) - 50} more")
    typer.echo(f"{release}: {found.files:,} files, {found.bytes:,} bytes, {found.rows:,} rows as release.json says")
    if found.problems:
        typer.echo(f"{len(found.problems)} problems")
        raise typer.Exit(1)
