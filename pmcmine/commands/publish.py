"""`pmcmine publish` and `pmcmine verify`: a release to the Hub, and read back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pmcmine.clean_text import for_terminal
from pmcmine.contact import FIRST_CONTACT_SECONDS, reach

Endpoint = Annotated[str | None, typer.Option(help="Address of the Hub; HF_ENDPOINT, or the public one, if not given.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def _say(quiet: bool, line: str) -> None:
    if not quiet:
        typer.echo(f"pmcmine: {line}", err=True)


def _reach(endpoint: str | None, quiet: bool) -> None:
    """Find out within seconds whether the Hub answers; its client tries for a minute without a word."""
    url = (endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    _say(quiet, f"asking {url} (up to {FIRST_CONTACT_SECONDS:g} s)")
    reach(url, FIRST_CONTACT_SECONDS, "Check the network, HF_ENDPOINT and --endpoint")


def publish(
    release: Annotated[Path, typer.Argument(help="Release folder.")],
    name: Annotated[str, typer.Argument(metavar="ORG/NAME", help="Dataset repo; the other parts get a suffix.")],
    endpoint: Endpoint = None,
    public: Annotated[bool, typer.Option("--public", help="Make new repos public.")] = False,
    quiet: Quiet = False,
) -> None:
    """Upload a release to the Hugging Face Hub, privately. The same command goes on after it was stopped."""
    if quiet:
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when the client is imported
    from pmcmine.publish.repos import read_release, repo_name
    from pmcmine.publish.upload import publish as upload
    from pmcmine.storage import Folder

    read_release(Folder(str(release)))  # what is wrong here is said before the Hub is asked
    repo_name(name, "shards")
    _reach(endpoint, quiet)
    done = upload(release, name, endpoint=endpoint, private=not public, say=lambda line: _say(quiet, line))
    for repo in done:
        typer.echo(
            f"{repo.repo}  {repo.sent} files sent, {repo.kept} there, {repo.removed} removed, "
            f"{repo.commits} commits, tag {repo.tag}"
        )


def verify(
    release: Annotated[str, typer.Argument(help="Release folder, or ORG/NAME on the Hub.")],
    endpoint: Endpoint = None,
    quiet: Quiet = False,
) -> None:
    """Read a release back, from a folder or the Hub, and check every SHA-256 and count."""
    from pmcmine.publish.repos import repo_name
    from pmcmine.publish.verify import verify_folder, verify_hub

    local = Path(release)
    if local.exists():
        found = verify_folder(local)
    else:
        repo_name(release, "shards")  # neither a folder nor a name: no need to ask the Hub
        _reach(endpoint, quiet)
        found = verify_hub(release, endpoint=endpoint, say=lambda line: _say(quiet, line))
    for problem in found.problems[:50]:
        typer.echo(for_terminal(problem))
    if len(found.problems) > 50:
        typer.echo(f"… and {len(found.problems) - 50} more")
    typer.echo(f"{release}: {found.files:,} files, {found.bytes:,} bytes, {found.rows:,} rows as release.json says")
    if found.problems:
        typer.echo(f"{len(found.problems)} problems")
        raise typer.Exit(1)
